import { IconChevronRight } from "@tabler/icons-react";
import { Badge, ScoreBadge } from "../../ui/Badge";
import { cost, count, duration, percent } from "../../ui/format";
import { KindIcon } from "../../ui/Kind";
import { useTraceView } from "./context";
import { Marks } from "./Facts";
import css from "./Trace.module.css";
import type { Row } from "./tree";
import { rowId, useRows } from "./useRows";

export function TreePane() {
  const { selected } = useTraceView();
  const { scroller, shown, virtual, fold } = useRows();
  return (
    <>
      <div className={css.columns} aria-hidden>
        <span>Span</span>
        <span className={css.costCell}>Cost</span>
        <span className={css.timeCell}>Time</span>
        <span className={css.shareCell}>Own time</span>
      </div>
      <div
        ref={scroller}
        className={css.scroller}
        role="tree"
        aria-label="Span tree"
        aria-activedescendant={rowId(selected)}
        tabIndex={0}
      >
        <div className={css.rows} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = shown[item.index];
            return row ? <TreeRow key={row.node.span_id} row={row} top={item.start} fold={fold} /> : null;
          })}
        </div>
      </div>
    </>
  );
}

interface RowProps {
  row: Row;
  top: number;
  fold: (id: string, shut: boolean) => void;
}

export function RowName({ row, fold }: Omit<RowProps, "top">) {
  const { hits, picked } = useTraceView();
  const { node, children, open, depth } = row;
  return (
    <span className={css.rowName} style={{ paddingLeft: Math.min(depth, 24) * 12 }}>
      {children ? (
        <button
          type="button"
          tabIndex={-1}
          className={css.fold}
          data-open={open || undefined}
          aria-label={open ? "Fold" : "Unfold"}
          onClick={(event) => {
            event.stopPropagation();
            fold(node.span_id, open);
          }}
        >
          <IconChevronRight size={13} />
        </button>
      ) : (
        <span className={css.noFold} />
      )}
      <KindIcon kind={node.kind} />
      <span className={`cut ${node.status === "ERROR" ? "bad" : ""}`}>{node.name || "(no name)"}</span>
      {depth > 24 ? <span className="faint num">depth {depth}</span> : null}
      {picked.has(node.span_id) ? <Badge tone="accent">selected</Badge> : null}
      <Marks node={node} />
      {hits.has(node.span_id) ? <Badge tone="accent">{hits.get(node.span_id)}</Badge> : null}
      {!open ? <span className="faint num">{count(children)} below</span> : null}
    </span>
  );
}

function TreeRow({ row, top, fold }: RowProps) {
  const { selected, select } = useTraceView();
  const { node } = row;
  const share = node.latency_share;
  return (
    <div
      id={rowId(node.span_id)}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-expanded={row.children ? row.open : undefined}
      aria-selected={node.span_id === selected}
      className={css.treeRow}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => select(node.span_id)}
    >
      <RowName row={row} fold={fold} />
      <span className={css.rowFacts}>
        {node.scores.slice(0, 2).map((score) => (
          <ScoreBadge key={score.name} score={score} />
        ))}
        {node.scores.length > 2 ? <span className="faint num">+{node.scores.length - 2}</span> : null}
        <span className={`${css.costCell} faint num`}>
          {node.usage_rollup ? null : node.cost_source === "unpriced" ? (
            <span className="warn">unpriced</span>
          ) : node.cost !== null ? (
            cost(node.cost)
          ) : null}
        </span>
        <span className={`${css.timeCell} num dim`}>{duration(node.duration_ms)}</span>
        <span className={css.share} title={`${percent(share)} of the trace's time is this span's own`}>
          <span style={{ width: `${Math.min(100, share * 100)}%` }} />
        </span>
      </span>
    </div>
  );
}
