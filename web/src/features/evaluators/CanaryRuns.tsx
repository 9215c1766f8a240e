import { Link } from "@tanstack/react-router";
import { Badge } from "../../ui/Badge";
import { Snippet } from "../../ui/Copy";
import { EstimateView } from "../../ui/EstimateView";
import { ago, count } from "../../ui/format";
import { Failure } from "../../ui/Notice";
import ui from "../../ui/ui.module.css";
import { type CanaryRun, canaryRuns } from "./canary";
import css from "./Evaluators.module.css";
import { useBridge, useExperimentsOf } from "./probeQueries";
import { driftOf } from "./probes";

interface Props {
  project: string;
  name: string;
  isJudge: boolean;
  /** The dataset its rubric names; empty for none. */
  dataset: string;
}

const MOST = 6;

/** Whether today's judge is still yesterday's: its runs over recorded outputs, each beside the one before. */
export function CanaryRuns({ project, name, isJudge, dataset }: Props) {
  const experiments = useExperimentsOf(project);
  if (!experiments.data) return experiments.error ? <Failure error={experiments.error} /> : null;
  const runs = canaryRuns(experiments.data.items, name);
  if (!runs.length && !isJudge) return null;
  return (
    <section className={ui.section} aria-label="Canary runs">
      <h2>
        Canary runs{" "}
        {dataset ? <span className="faint">over {dataset}, whenever rubric, model or provider change</span> : null}
      </h2>
      {runs.length ? <Runs project={project} name={name} runs={runs} /> : <NoRuns name={name} dataset={dataset} />}
    </section>
  );
}

function NoRuns({ name, dataset }: { name: string; dataset: string }) {
  return (
    <div className={css.body}>
      <p className={css.lead}>
        None yet. A fixed set of recorded outputs, judged again whenever something about the judge changes, tells
        whether today's judge is still yesterday's
        {dataset ? "" : "; name it in the rubric (canary: DATASET) and it runs by itself"}.
      </p>
      <Snippet
        title="Run the canary set"
        code={`evalwright evaluators canary ${name}${dataset ? "" : " --dataset CANARY_SET"}`}
      />
    </div>
  );
}

function Runs({ project, name, runs }: { project: string; name: string; runs: CanaryRun[] }) {
  return (
    <div className={css.wide} tabIndex={0} role="region" aria-label="Table of canary runs">
      <table className={ui.table}>
        <thead>
          <tr>
            <th>Run</th>
            <th>Version</th>
            <th>Asked at</th>
            <th className={ui.right}>Items</th>
            <th>Moved since the run before</th>
            <th>Against people</th>
          </tr>
        </thead>
        <tbody>
          {runs.slice(0, MOST).map((each) => (
            <Run key={each.run.id} project={project} name={name} each={each} />
          ))}
        </tbody>
      </table>
      {runs.length > MOST ? <p className="faint">and {runs.length - MOST} earlier</p> : null}
    </div>
  );
}

function Run({ project, name, each }: { project: string; name: string; each: CanaryRun }) {
  const bridge = useBridge(project, name, each.before, each.run.id);
  const b = bridge.data;
  const rates = b ? driftOf(b) : [];
  return (
    <tr>
      <td>
        <Link className="link" to="/experiments/$experiment" params={{ experiment: each.run.id }}>
          {ago(each.run.created_time)}
        </Link>
      </td>
      <td>
        <code>{each.version.slice(0, 8)}</code>
      </td>
      <td className="dim">{each.provider || "–"}</td>
      <td className={`${ui.right} num`}>{count(each.run.completed)}</td>
      <td>
        {each.before ? null : <span className="faint">the first over these items</span>}
        {b?.shift ? <EstimateView value={b.shift} signed /> : null}
        {b?.criteria.map((part) => (
          <div key={part.criterion}>
            {part.criterion} {part.shift ? <EstimateView value={part.shift} signed /> : "no numbers to average"}
          </div>
        ))}
        {b && !b.targets ? <Badge tone="bad">no verdict in common</Badge> : null}
        {bridge.error ? <span className="bad">{bridge.error.message}</span> : null}
      </td>
      <td>
        {rates.map(({ name, rate }) => (
          <div key={name}>
            {name} <EstimateView value={rate.difference} signed direction="higher" />{" "}
            {rate.alarm ? <Badge tone="bad">drift</Badge> : null}
          </div>
        ))}
        {b?.targets && !rates.length ? <span className="faint">no item says what people think</span> : null}
      </td>
    </tr>
  );
}
