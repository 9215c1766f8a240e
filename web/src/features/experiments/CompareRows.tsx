import { Button, Tooltip } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { Fragment } from "react";
import type { Comparison, ComparisonRow, Estimate, MetricComparison } from "../../api/types";
import { estimateSentence, estimateText } from "../../ui/estimate";
import { oneLine, plural } from "../../ui/format";
import ui from "../../ui/ui.module.css";
import type { Change } from "./ComparePage";
import { changeOf, hasData, regressionsFirst, rowsWhere } from "./domain";
import css from "./Experiments.module.css";
import { ItemDiff } from "./ItemDiff";

interface Props {
  project: string;
  comparison: Comparison;
  rows: ComparisonRow[];
  chosen: { metric: string; change: Change } | null;
  /** The item whose outputs are shown. */
  open: string;
  onOpen: (itemKey: string) => void;
  more: boolean;
  loading: boolean;
  onMore: () => void;
}

/** Items as rows, the worst first, metrics as columns; a row opens on what both sides answered. */
export function CompareRows({ project, comparison, rows, chosen, open, onOpen, more, loading, onMore }: Props) {
  const metrics = comparison.metrics.filter(hasData);
  const shown = regressionsFirst(rowsWhere(rows, metrics, chosen), chosen ? [] : metrics);
  const count = chosen ? `${shown.length} ${chosen.change} in ${chosen.metric}` : `${shown.length}, regressions first`;
  return (
    <section className={`${ui.section} ${css.wide}`} aria-label="Items" tabIndex={0}>
      <h2>
        Items <span className="faint num">{count}</span>
      </h2>
      <table className={ui.table}>
        <thead>
          <tr>
            <th className={css.item}>Item</th>
            {metrics.map((m) => (
              <th key={m.metric}>{m.metric}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Fragment key={row.item_key}>
              <tr data-link onClick={() => onOpen(open === row.item_key ? "" : row.item_key)}>
                <td className={css.item}>
                  <button
                    type="button"
                    className={css.itemButton}
                    aria-expanded={open === row.item_key}
                    onClick={(event) => {
                      event.stopPropagation();
                      onOpen(open === row.item_key ? "" : row.item_key);
                    }}
                  >
                    <IconChevronRight
                      size={14}
                      aria-hidden
                      className={css.chevron}
                      data-open={open === row.item_key || undefined}
                    />
                    <code className="cut">{row.item_key}</code>
                  </button>
                  <div className={`${ui.preview} dim`}>{oneLine(row.input)}</div>
                </td>
                {metrics.map((m) => (
                  <ChangeCell key={m.metric} metric={m} row={row} />
                ))}
              </tr>
              {open === row.item_key ? (
                <tr className={css.opened}>
                  <td colSpan={metrics.length + 1}>
                    <ItemDiff project={project} comparison={comparison} itemKey={row.item_key} />
                  </td>
                </tr>
              ) : null}
            </Fragment>
          ))}
        </tbody>
      </table>
      {more ? (
        <p>
          {plural(rows.length, "item")} loaded; the order is among these.{" "}
          <Button onClick={onMore} loading={loading}>
            Load more items
          </Button>
        </p>
      ) : null}
    </section>
  );
}

function ChangeCell({ metric, row }: { metric: MetricComparison; row: ComparisonRow }) {
  const before = row.baseline[metric.metric];
  const after = row.candidate[metric.metric];
  return (
    <td className={css.cell} data-change={changeOf(metric, row.item_key)}>
      <Side label="baseline" value={before} /> <span className="faint">→</span> <Side label="candidate" value={after} />
      <div className={css.ranges}>
        {interval(before)} <span aria-hidden>·</span> {interval(after)}
      </div>
    </td>
  );
}

function Side({ label, value }: { label: string; value: Estimate | undefined }) {
  if (!value) return <span className="faint">–</span>;
  const told = `${label}: ${estimateSentence(value)}`;
  return (
    <Tooltip label={told} maw={320}>
      <span role="img" aria-label={told} tabIndex={0}>
        {estimateText(value).value}
      </span>
    </Tooltip>
  );
}

function interval(value: Estimate | undefined): string {
  return (value && estimateText(value).interval) || `n=${value?.n ?? 0}`;
}
