import type { Agreement, ConfusionCounts } from "../../api/types";
import { EstimateView } from "../../ui/EstimateView";
import { count } from "../../ui/format";
import ui from "../../ui/ui.module.css";
import css from "./Evaluators.module.css";

interface Props {
  of: ConfusionCounts;
  labels: Agreement["labels"];
  cell: string;
  onCell: (cell: string) => void;
}

export function cellOf(human: string, judge: string): string {
  return JSON.stringify([human, judge]);
}

/** The cell a URL means; both empty for all of them. */
export function readCell(cell: string): [human: string, judge: string] {
  try {
    const read = JSON.parse(cell);
    if (Array.isArray(read) && read.length === 2) return [String(read[0]), String(read[1])];
  } catch {
    // A hand-written URL may hold anything; then every disagreement is shown.
  }
  return ["", ""];
}

/** What people said against what the judge said. A cell off the diagonal opens the rows behind it. */
export function Confusion({ of, labels, cell, onCell }: Props) {
  const sums = of.counts.map((row) => row.reduce((a, b) => a + b, 0));
  return (
    <section className={ui.section} aria-label="Confusion">
      <h2>
        Confusion <span className="faint">rows: people, columns: judge</span>
      </h2>
      <div className={`${css.body} ${css.wide}`} tabIndex={0} role="region" aria-label="Confusion matrix">
        <table className={css.matrix}>
          <thead>
            <tr>
              <th>
                <span className="visually-hidden">people said</span>
              </th>
              {of.labels.map((label) => (
                <th key={label} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {of.labels.map((human, i) => (
              <tr key={human}>
                <th scope="row">{human}</th>
                {of.labels.map((judge, j) => (
                  <Cell
                    key={judge}
                    n={of.counts[i]?.[j] ?? 0}
                    sum={sums[i] ?? 0}
                    same={i === j}
                    human={human}
                    judge={judge}
                    on={cell === cellOf(human, judge)}
                    onCell={onCell}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={css.wide} tabIndex={0} role="region" aria-label="Measures of each label">
        <table className={ui.table}>
          <thead>
            <tr>
              <th>Label</th>
              <th>Precision</th>
              <th>Recall</th>
              <th>F1</th>
              <th className={ui.right} title="How often people gave it">
                People
              </th>
            </tr>
          </thead>
          <tbody>
            {labels.map((each) => (
              <tr key={each.label}>
                <td>{each.label}</td>
                <td>
                  <EstimateView value={each.precision} />
                </td>
                <td>
                  <EstimateView value={each.recall} />
                </td>
                <td>
                  <EstimateView value={each.f1} />
                </td>
                <td className={`${ui.right} num`}>{count(each.support)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface CellProps {
  n: number;
  sum: number;
  same: boolean;
  human: string;
  judge: string;
  on: boolean;
  onCell: (cell: string) => void;
}

function Cell({ n, sum, same, human, judge, on, onCell }: CellProps) {
  const tint = {
    "--share": sum ? n / sum : 0,
    "--tint": same ? "var(--ok)" : "var(--bad-fill)",
  } as React.CSSProperties;
  const inside = (
    <>
      <b>{count(n)}</b>
      <small>{sum ? `${Math.round((100 * n) / sum)}% of ${count(sum)}` : "–"}</small>
    </>
  );
  return (
    <td>
      {same || !n ? (
        <div className={css.cell} style={tint}>
          {inside}
        </div>
      ) : (
        <button
          type="button"
          className={css.cell}
          style={tint}
          aria-pressed={on}
          aria-label={`${n} where people said ${human} and the judge ${judge}`}
          onClick={() => onCell(on ? "" : cellOf(human, judge))}
        >
          {inside}
        </button>
      )}
    </td>
  );
}
