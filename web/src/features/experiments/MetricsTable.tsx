import { Tooltip } from "@mantine/core";
import type { MetricComparison } from "../../api/types";
import { EstimateView } from "../../ui/EstimateView";
import { pValue } from "../../ui/format";
import ui from "../../ui/ui.module.css";
import type { Change } from "./ComparePage";
import { axis, differenceAxis, hasData } from "./domain";
import css from "./Experiments.module.css";

type Chosen = { metric: string; change: Change } | null;

interface Props {
  metrics: MetricComparison[];
  chosen: Chosen;
  onChoose: (next: Chosen) => void;
}

const SIGN: Record<Change, string> = { improved: "▲", regressed: "▼", unchanged: "=" };
const CHANGES: Change[] = ["improved", "regressed", "unchanged"];

export function MetricsTable({ metrics: all, chosen, onChoose }: Props) {
  const metrics = all.filter(hasData);
  const empty = all.filter((m) => !hasData(m)).map((m) => m.metric);
  return (
    <section className={`${ui.section} ${css.wide}`} aria-label="Metrics" tabIndex={0}>
      <table className={`${ui.table} ${css.compact}`}>
        <thead>
          <tr>
            <th>Metric</th>
            <th>Baseline</th>
            <th>Candidate</th>
            <th>Difference</th>
            <th className={ui.right}>
              <Tooltip label="Adjusted for the number of metrics (Benjamini-Hochberg)">
                <span>p, adjusted</span>
              </Tooltip>
            </th>
            <th>Items</th>
          </tr>
        </thead>
        <tbody>
          {metrics.map((m) => (
            <tr key={m.metric}>
              <td>
                <b>{m.metric}</b>
                {m.direction === "lower" ? (
                  <span className="faint" title="lower is better">
                    {" "}
                    ↓<span className="visually-hidden">lower is better</span>
                  </span>
                ) : null}
              </td>
              <td>
                <EstimateView stacked n value={m.baseline} domain={axis([m.baseline, m.candidate])} />
              </td>
              <td>
                <EstimateView stacked n value={m.candidate} domain={axis([m.baseline, m.candidate])} />
              </td>
              <td>
                <EstimateView
                  stacked
                  value={m.difference}
                  signed
                  direction={m.direction}
                  domain={differenceAxis(m.difference)}
                />
              </td>
              <td className={`${ui.right} num`}>
                <Tooltip label={`${m.test.replaceAll("_", " ")}; unadjusted p ${pValue(m.p_value)}`}>
                  <span>{pValue(m.p_adjusted ?? m.p_value)}</span>
                </Tooltip>
              </td>
              <td>
                <span className={css.changes}>
                  {CHANGES.map((change) => {
                    const on = chosen?.metric === m.metric && chosen.change === change;
                    return (
                      <button
                        key={change}
                        type="button"
                        className={css.change}
                        data-change={change}
                        aria-pressed={on}
                        title={`${m[change].length} items ${change}; show them`}
                        onClick={() => onChoose(on ? null : { metric: m.metric, change })}
                      >
                        <span aria-hidden>{SIGN[change]}</span> {m[change].length}
                        <span className="visually-hidden"> {change}</span>
                      </button>
                    );
                  })}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {empty.length ? <p className="faint">Nothing was recorded for {empty.join(", ")}.</p> : null}
    </section>
  );
}
