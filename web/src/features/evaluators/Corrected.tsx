import type { Correction, Estimate } from "../../api/types";
import { EstimateView } from "../../ui/EstimateView";
import { count } from "../../ui/format";
import { Failure } from "../../ui/Notice";
import ui from "../../ui/ui.module.css";
import { useCorrected } from "./calibrationQueries";
import css from "./Evaluators.module.css";

const METHOD: Record<string, string> = {
  ppi_plus_plus: "PPI++",
  ppi_plus_plus_paired: "PPI++, paired by item",
  rogan_gladen: "Rogan-Gladen",
  labels: "people's own labels",
};

/** Its means as judged and as people would have judged, both with their interval, and how that is known. */
export function Corrected({ project, name }: { project: string; name: string }) {
  const summary = useCorrected(project, name);
  const rows = (summary.data?.items ?? []).filter((row) => row.correction && row.estimate.estimate !== null);
  if (summary.error) return <Failure error={summary.error} retry={() => summary.refetch()} />;
  if (!rows.length) return null;
  return (
    <section className={ui.section} aria-label="As people would have judged">
      <h2>
        As people would have judged <span className="faint">its mean, corrected for its known error</span>
      </h2>
      <div className={css.body}>
        {rows.map((row) => (
          <Mean key={row.name} name={rows.length > 1 ? row.name : ""} made={row.correction as Correction} />
        ))}
      </div>
    </section>
  );
}

function Mean({ name, made }: { name: string; made: Correction }) {
  const axis = axisOf([made.raw, made.corrected]);
  return (
    <div className={css.corrected}>
      {name ? <h3>{name}</h3> : null}
      <dl className={css.pairs}>
        <dt className="dim">as judged</dt>
        <dd>
          <EstimateView value={made.raw} domain={axis} /> <span className="faint num">n = {count(made.raw.n)}</span>
        </dd>
        <dt className="dim">corrected</dt>
        <dd>
          {made.corrected ? (
            <>
              <EstimateView value={made.corrected} domain={axis} />{" "}
              <span className="faint num">
                n = {count(made.corrected.n)}, {METHOD[made.method] ?? made.method} from {count(made.labels)} labels
              </span>
            </>
          ) : (
            <span className="warn">not known: {made.refused}</span>
          )}
        </dd>
      </dl>
      {made.corrected ? <p>Why so: {made.reason}.</p> : null}
      {made.warnings.length ? (
        <ul className={`warn ${css.warnings}`}>
          {made.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

/** One axis for both, so that their whiskers can be compared: a share's own, else as wide as the two need. */
export function axisOf(values: (Estimate | null)[]): [number, number] {
  const ends = values.flatMap((each) => (each ? [each.low, each.estimate, each.high] : []));
  const known = ends.filter((end): end is number => typeof end === "number");
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return known.length && low >= 0 && high <= 1 ? [0, 1] : [low, high];
}
