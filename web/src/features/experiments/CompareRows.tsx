import { Button } from "@mantine/core";
import type { Comparison, ComparisonRow } from "../../api/types";
import { EstimateView } from "../../ui/EstimateView";
import { oneLine } from "../../ui/format";
import ui from "../../ui/ui.module.css";
import type { Change } from "./ComparePage";
import { changeOf, hasData, rowsWhere } from "./domain";
import css from "./Experiments.module.css";

interface Props {
  comparison: Comparison;
  rows: ComparisonRow[];
  chosen: { metric: string; change: Change } | null;
  more: boolean;
  loading: boolean;
  onMore: () => void;
}

/** Items as rows, metrics as columns, baseline above candidate in each cell. */
export function CompareRows({ comparison, rows, chosen, more, loading, onMore }: Props) {
  const metrics = comparison.metrics.filter(hasData);
  const shown = rowsWhere(rows, metrics, chosen);
  return (
    <section className={`${ui.section} ${css.wide}`} aria-label="Items" tabIndex={0}>
      <h2>
        Items{" "}
        <span className="faint num">
          {chosen ? `${shown.length} ${chosen.change} in ${chosen.metric}` : `${shown.length}`}
        </span>
      </h2>
      <table className={ui.table}>
        <thead>
          <tr>
            <th>Item</th>
            {metrics.map((m) => (
              <th key={m.metric}>{m.metric}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.item_key}>
              <td className={css.item}>
                <code>{row.item_key}</code>
                <div className={`${ui.preview} dim`}>{oneLine(row.input)}</div>
              </td>
              {metrics.map((m) => (
                <td key={m.metric} className={css.cell} data-change={changeOf(m, row.item_key)}>
                  <div>
                    <span className={css.side}>base</span>
                    <EstimateView value={row.baseline[m.metric]} />
                  </div>
                  <div>
                    <span className={css.side}>cand</span>
                    <EstimateView value={row.candidate[m.metric]} />
                  </div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more ? (
        <p>
          <Button onClick={onMore} loading={loading}>
            Load more items
          </Button>
        </p>
      ) : null}
    </section>
  );
}
