import { Link } from "@tanstack/react-router";
import type { Denominators, ExperimentSummary } from "../../api/types";
import { EstimateView } from "../../ui/EstimateView";
import { count } from "../../ui/format";
import css from "./Experiments.module.css";

const SHOWN = 4;

/** The means of an experiment's scores, each with its interval, its n and what it does not speak of. */
export function Means({ of }: { of: ExperimentSummary }) {
  if (!of.metrics.length) {
    const judges = Object.keys(of.evaluators).join(", ");
    return <span className="faint">{judges ? `no score yet of ${judges}` : "no scores"}</span>;
  }
  const more = of.metrics.length - SHOWN;
  return (
    <dl className={css.means}>
      {of.metrics.slice(0, SHOWN).map((m) => (
        <div key={m.metric}>
          <dt className="cut" title={m.metric}>
            {m.metric}
          </dt>
          <dd>
            <EstimateView value={m.estimate} n />
            <Gone counts={m.estimate.denominators} />
          </dd>
        </div>
      ))}
      {more > 0 ? (
        <Link to="/experiments/$experiment" params={{ experiment: of.id }} className="link">
          {count(more)} more
        </Link>
      ) : null}
    </dl>
  );
}

/** Trials without a value: never silently missing. */
function Gone({ counts }: { counts: Denominators }) {
  const gone = (["skipped", "unseen", "errored"] as const).filter((name) => counts[name]);
  if (!gone.length) return null;
  return <span className="warn">{gone.map((name) => `${count(counts[name])} ${name}`).join(", ")}</span>;
}
