import { useHotkeys } from "@mantine/hooks";
import { IconChevronRight } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { Badge, ScoreBadge } from "../../ui/Badge";
import { cost, count, duration } from "../../ui/format";
import { KindIcon } from "../../ui/Kind";
import { useTraceView } from "./context";
import css from "./Trace.module.css";
import { ancestors, type Row, rows } from "./tree";

const HEIGHT = 30;

/** Fold state, windowing and keys shared by the tree and the timeline. */
export function useRows() {
  const { tree, selected, select } = useTraceView();
  const scroller = useRef<HTMLDivElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => rows(tree, closed), [tree, closed]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 16,
  });
  const at = shown.findIndex((row) => row.node.span_id === selected);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection opens and scrolls
  useEffect(() => {
    const hidden = ancestors(tree, selected).filter((id) => closed.has(id));
    if (hidden.length) setClosed(new Set([...closed].filter((id) => !hidden.includes(id))));
    else if (at >= 0) virtual.scrollToIndex(at, { align: "auto" });
  }, [selected, closed]);

  const fold = (id: string, shut: boolean) => {
    const next = new Set(closed);
    shut ? next.add(id) : next.delete(id);
    setClosed(next);
  };
  const move = (step: number) => {
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + step))];
    if (next) select(next.node.span_id);
  };
  useHotkeys([
    ["J", () => move(1)],
    ["K", () => move(-1)],
    ["ArrowDown", () => move(1)],
    ["ArrowUp", () => move(-1)],
    ["ArrowLeft", () => fold(selected, true)],
    ["ArrowRight", () => fold(selected, false)],
  ]);
  return { scroller, shown, virtual, fold };
}

export function TreePane() {
  const { scroller, shown, virtual, fold } = useRows();
  return (
    <div ref={scroller} className={css.scroller} role="tree" aria-label="Span tree" tabIndex={0}>
      <div className={css.rows} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = shown[item.index];
          return row ? <TreeRow key={row.node.span_id} row={row} top={item.start} fold={fold} /> : null;
        })}
      </div>
    </div>
  );
}

interface RowProps {
  row: Row;
  top: number;
  fold: (id: string, shut: boolean) => void;
}

export function RowName({ row, fold }: Omit<RowProps, "top">) {
  const { hits } = useTraceView();
  const { node, children, open, depth } = row;
  return (
    <span className={css.rowName} style={{ paddingLeft: Math.min(depth, 24) * 14 }}>
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
      {node.orphan ? (
        <Badge tone="warn" title="Its parent never arrived">
          orphan
        </Badge>
      ) : null}
      {node.flags.length ? (
        <Badge tone="warn" title={`Repaired on arrival: ${node.flags.join(", ")}`}>
          !
        </Badge>
      ) : null}
      {hits.has(node.span_id) ? <Badge tone="accent">{hits.get(node.span_id)}</Badge> : null}
      {!open ? <span className="faint num">{count(children)} below</span> : null}
    </span>
  );
}

function TreeRow({ row, top, fold }: RowProps) {
  const { selected, select } = useTraceView();
  const { node } = row;
  const share = node.latency_share * 100;
  return (
    <div
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
        {node.cost !== null && !node.usage_rollup ? <span className="faint num">{cost(node.cost)}</span> : null}
        <span className="num dim">{duration(node.duration_ms)}</span>
        <span
          className={css.share}
          title={`${share.toFixed(share < 10 ? 1 : 0)}% of the trace's time is this span's own`}
        >
          <span style={{ width: `${Math.min(100, share)}%` }} />
        </span>
      </span>
    </div>
  );
}
