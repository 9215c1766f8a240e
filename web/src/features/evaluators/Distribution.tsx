import type { Score, ScoreSummaryRow } from "../../api/types";
import { EstimateView } from "../../ui/EstimateView";
import { count } from "../../ui/format";
import ui from "../../ui/ui.module.css";
import { ClusteredBy } from "./ClusteredBy";
import css from "./Evaluators.module.css";
import { histogram } from "./histogram";

type Row = Pick<ScoreSummaryRow, "name" | "estimate" | "labels" | "clusters" | "cluster_by">;

/** How often each label or value was given, for each score the evaluator writes. */
export function Distribution({ rows, recent }: { rows: Row[]; recent: Score[] }) {
  if (!rows.length) return null;
  return (
    <section className={ui.section} aria-label="Distribution">
      <h2>Scores by label or value</h2>
      {rows.map((row) => (
        <div key={row.name} className={css.body}>
          <p style={{ margin: "0 0 10px" }}>
            {rows.length > 1 ? <b>{row.name} </b> : null}
            <EstimateView value={row.estimate} n /> <ClusteredBy row={row} />
          </p>
          <Bars {...binsOf(row, recent)} />
        </div>
      ))}
    </section>
  );
}

function binsOf(row: Row, recent: Score[]): { bins: [string, number][]; note: string } {
  const labels = Object.entries(row.labels).filter(([label]) => label);
  if (labels.length) return { bins: labels.sort((a, b) => b[1] - a[1]), note: "" };
  const values = recent.filter((s) => s.name === row.name && s.value !== null).map((s) => s.value as number);
  return { bins: histogram(values), note: values.length ? `of the newest ${count(values.length)} scores` : "" };
}

function Bars({ bins, note }: { bins: [string, number][]; note: string }) {
  const most = Math.max(1, ...bins.map(([, n]) => n));
  if (!bins.length) return <p className="faint">Nothing was scored yet.</p>;
  return (
    <>
      <dl className={css.distribution}>
        {bins.map(([label, n]) => (
          <Bar key={label} label={label} n={n} share={n / most} />
        ))}
      </dl>
      {note ? <p className="faint">{note}</p> : null}
    </>
  );
}

function Bar({ label, n, share }: { label: string; n: number; share: number }) {
  return (
    <>
      <dt className="cut">{label}</dt>
      <dd className={css.track} style={{ margin: 0 }} aria-hidden>
        <i style={{ width: `${share * 100}%` }} />
      </dd>
      <dd className="num" style={{ margin: 0 }}>
        {count(n)}
      </dd>
    </>
  );
}
