import { Link } from "@tanstack/react-router";
import type { JudgeComparison, JudgeStanding } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { EstimateView } from "../../ui/EstimateView";
import { plural } from "../../ui/format";
import { Failure, Loading } from "../../ui/Notice";
import ui from "../../ui/ui.module.css";
import { useJudgeComparison, useRivals } from "./calibrationQueries";
import css from "./Evaluators.module.css";
import { Pareto, standing } from "./Pareto";

const SAID: Record<string, string> = {
  agreement: "agreement",
  spearman: "rank correlation",
  cost: "cost",
  latency_ms: "time",
};

interface Props {
  project: string;
  name: string;
  /** What people's labels are called. */
  label: string;
}

/** Every judge that was held against the same labels, on the rows all of them judged: is there a better or cheaper one? */
export function Rivals({ project, name, label }: Props) {
  const cards = useRivals(project, label);
  const names = [...new Set([name, ...(cards.data?.items ?? []).map((card) => card.evaluator)])].slice(0, 12);
  const found = useJudgeComparison(project, names, label);
  if (cards.error) return <Failure error={cards.error} retry={() => cards.refetch()} />;
  if (names.length < 2) return null;
  return (
    <section className={ui.section} aria-label="Judges side by side">
      <h2>
        Judges side by side <span className="faint">against {label}</span>
      </h2>
      {found.isPending ? <Loading what="Comparing judges" /> : null}
      {found.error ? <Failure error={found.error} retry={() => found.refetch()} /> : null}
      {found.data ? <Shown of={found.data} name={name} /> : null}
    </section>
  );
}

function Shown({ of, name }: { of: JudgeComparison; name: string }) {
  const numbers = of.metrics.includes("spearman");
  const measures = of.metrics.map((each) => SAID[each] ?? each).join(", ");
  return (
    <>
      <p>
        {plural(of.common_rows, "row")} that people labelled and all of them judged. On the front: no other judge is
        better in every one of {measures}.
      </p>
      {of.warnings.map((warning) => (
        <p key={warning} className="warn">
          {warning}
        </p>
      ))}
      <Pareto judges={of.judges} metrics={of.metrics} />
      <div className={css.wide} tabIndex={0} role="region" aria-label="Table of judges">
        <table className={ui.table}>
          <thead>
            <tr>
              <th>Judge</th>
              <th>{numbers ? "Rank correlation" : "Agreement"}</th>
              {numbers ? null : <th>Kappa</th>}
              <th>Cost of a verdict</th>
              <th>Time of a verdict</th>
            </tr>
          </thead>
          <tbody>
            {of.judges.map((judge) => (
              <tr key={judge.evaluator}>
                <td>
                  <Who judge={judge} self={judge.evaluator === name} />
                </td>
                <td>
                  <EstimateView value={standing(judge)} domain={numbers ? [-1, 1] : [0, 1]} n />
                </td>
                {numbers ? null : (
                  <td>
                    <EstimateView value={judge.kappa} domain={[-1, 1]} />
                  </td>
                )}
                <td>
                  <EstimateView value={judge.cost} />
                </td>
                <td>
                  <EstimateView value={judge.latency_ms} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Who({ judge, self }: { judge: JudgeStanding; self: boolean }) {
  return (
    <>
      {self ? (
        <b>{judge.evaluator}</b>
      ) : (
        <Link className="link" to="/evaluators/$name" params={{ name: judge.evaluator }}>
          {judge.evaluator}
        </Link>
      )}{" "}
      <code className="faint">{judge.evaluator_version.slice(0, 8)}</code>{" "}
      {judge.on_front ? <Badge tone="ok">on the front</Badge> : null}
    </>
  );
}
