import { Badge } from "../../ui/Badge";
import { Snippet } from "../../ui/Copy";
import { EstimateView } from "../../ui/EstimateView";
import { count, plural, pValue } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import ui from "../../ui/ui.module.css";
import css from "./Evaluators.module.css";
import { PlaceLink } from "./PlaceLink";
import { useBridge } from "./probeQueries";
import { type Bridge, driftOf, trendSentence } from "./probes";

interface Props {
  project: string;
  name: string;
  before: string;
  after: string;
}

/** Two versions on the same things: how far the mean moves, what flips, whether error rates drifted. */
export function BridgePanel({ project, name, before, after }: Props) {
  const bridge = useBridge(project, name, before, after);
  if (before === after) return null;
  const b = bridge.data;
  return (
    <section className={ui.section} aria-label="Bridge between versions">
      <h2>What the change does to the numbers {b ? <Head bridge={b} /> : null}</h2>
      {bridge.isPending ? <Loading what="Comparing what both versions judged" /> : null}
      {bridge.error ? <Failure error={bridge.error} retry={() => bridge.refetch()} /> : null}
      {b && !b.targets ? <NothingInCommon name={name} /> : null}
      {b?.targets ? <Shown bridge={b} /> : null}
    </section>
  );
}

function Head({ bridge }: { bridge: Bridge }) {
  if (!bridge.targets) return <Badge>nothing in common</Badge>;
  const moved = bridge.warnings.length > 0;
  return <Badge tone={moved ? "warn" : "ok"}>{moved ? "the trend moves" : "no step seen"}</Badge>;
}

function NothingInCommon({ name }: { name: string }) {
  return (
    <div className={css.body}>
      <p className={css.lead}>
        The two versions have judged nothing in common, so nobody can tell how far a trend over both would step. Judge a
        fixed set of recorded outputs with each version:
      </p>
      <Snippet title="Run the canary set" code={`evalwright evaluators canary ${name} --dataset CANARY_SET`} />
    </div>
  );
}

function Shown({ bridge }: { bridge: Bridge }) {
  return (
    <>
      <div className={css.body}>
        <dl className={css.pairs} style={{ margin: 0 }}>
          <dt className="dim">shift, paired</dt>
          <dd>
            {bridge.criteria.length ? "by criterion, below" : null}
            {bridge.shift ? <EstimateView value={bridge.shift} signed /> : null}
            {bridge.shift || bridge.criteria.length ? null : "no numbers to average"}{" "}
            {bridge.p_value === null ? null : <span className="faint">· p {pValue(bridge.p_value)}</span>}
          </dd>
          {bridge.mean_before ? (
            <>
              <dt className="dim">mean before</dt>
              <dd>
                <EstimateView value={bridge.mean_before} />
              </dd>
            </>
          ) : null}
          {bridge.mean_after ? (
            <>
              <dt className="dim">mean after</dt>
              <dd>
                <EstimateView value={bridge.mean_after} />
              </dd>
            </>
          ) : null}
          {bridge.kappa ? (
            <>
              <dt className="dim">kappa between them</dt>
              <dd>
                <EstimateView value={bridge.kappa} />
              </dd>
            </>
          ) : null}
          <dt className="dim">in common</dt>
          <dd>
            {plural(bridge.targets, "target")}{" "}
            <span className="faint">
              · {count(bridge.only_before)} only in the earlier, {count(bridge.only_after)} only in the later version
            </span>
          </dd>
        </dl>
        <p className={css.lead} style={{ marginTop: 10 }}>
          {trendSentence(bridge)}
        </p>
      </div>
      {bridge.criteria.length ? <Criteria bridge={bridge} /> : <Flips flips={bridge.flips} />}
      <Drift drift={driftOf(bridge)} basis={bridge.drift_from} />
    </>
  );
}

/** Each criterion is a judge of its own: none of its numbers is blended with another's. */
function Criteria({ bridge }: { bridge: Bridge }) {
  return (
    <>
      <h3 className={css.subhead}>By criterion; alarms adjusted over {bridge.family}</h3>
      <div className={css.wide} tabIndex={0} role="region" aria-label="Table of criteria">
        <table className={ui.table} aria-label="Shift of each criterion">
          <thead>
            <tr>
              <th>Criterion</th>
              <th>Mean before</th>
              <th>Mean after</th>
              <th>Shift, paired</th>
              <th className={ui.right}>p, adjusted</th>
              <th className={ui.right}>Flips</th>
            </tr>
          </thead>
          <tbody>
            {bridge.criteria.map((part) => (
              <tr key={part.criterion}>
                <td>{part.criterion}</td>
                <td>{part.mean_before ? <EstimateView value={part.mean_before} /> : "–"}</td>
                <td>{part.mean_after ? <EstimateView value={part.mean_after} /> : "–"}</td>
                <td>{part.shift ? <EstimateView value={part.shift} signed /> : "–"}</td>
                <td className={`${ui.right} num`}>{part.p_adjusted === null ? "–" : pValue(part.p_adjusted)}</td>
                <td className={`${ui.right} num`}>{count(part.flips.reduce((sum, flip) => sum + flip.count, 0))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Flips({ flips }: { flips: Bridge["flips"] }) {
  if (!flips.length) return <p>No verdict flips.</p>;
  return (
    <table className={ui.table} aria-label="Verdicts that flip">
      <thead>
        <tr>
          <th>Before</th>
          <th>After</th>
          <th className={ui.right}>Targets</th>
          <th>Such as</th>
        </tr>
      </thead>
      <tbody>
        {flips.map((flip) => (
          <tr key={`${flip.before} ${flip.after}`}>
            <td>{flip.before}</td>
            <td>{flip.after}</td>
            <td className={`${ui.right} num`}>{count(flip.count)}</td>
            <td>
              {flip.keys.slice(0, 3).map((key) => (
                <span key={key} className={css.such}>
                  <Target target={key} />
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A target as the bridge names it: its kind, then its id. */
function Target({ target }: { target: string }) {
  const [kind = "", id = ""] = target.split(/:(.*)/s);
  const nowhere = { trace_id: "", span_id: "", session_id: "", experiment_id: "", item_id: "" };
  if (kind === "trace") return <PlaceLink place={{ ...nowhere, trace_id: id }} />;
  if (kind === "session") return <PlaceLink place={{ ...nowhere, session_id: id }} />;
  return (
    <span title={target}>
      {kind} <code>{id.split(" ")[0]?.slice(-8)}</code>
    </span>
  );
}

function Drift({ drift, basis }: { drift: ReturnType<typeof driftOf>; basis: string }) {
  if (!drift.length) return null;
  return (
    <>
      <h3 className={css.subhead}>Drift, read from {basis}</h3>
      <table className={ui.table} aria-label="Drift of error rates">
        <thead>
          <tr>
            <th>Against people</th>
            <th>Before</th>
            <th>After</th>
            <th>Moved by</th>
          </tr>
        </thead>
        <tbody>
          {drift.map(({ name, rate: each }) => (
            <tr key={name}>
              <td>
                {name} {each.alarm ? <Badge tone="bad">drift</Badge> : null}
              </td>
              <td>
                <EstimateView value={each.before} />
              </td>
              <td>
                <EstimateView value={each.after} />
              </td>
              <td>
                <EstimateView value={each.difference} signed direction="higher" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
