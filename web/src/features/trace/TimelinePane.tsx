import { Button } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useMemo } from "react";
import { duration, percent } from "../../ui/format";
import { kindColour } from "../../ui/Kind";
import { useTraceView } from "./context";
import { criticalPath, drawn, waited } from "./critical";
import css from "./Trace.module.css";
import { RowName } from "./TreePane";
import { place, type Row, type Span } from "./tree";
import { rowId, useRows } from "./useRows";

const TICKS = [0, 0.25, 0.5, 0.75, 1];

interface Props {
  /** The span whose time fills the width; empty for the whole trace. */
  zoom: string;
  onZoom: (span: string) => void;
}

/** The waterfall: when each span ran, on the trace's own clock, and what the trace waited for. */
export function TimelinePane({ zoom, onZoom }: Props) {
  const { tree, selected } = useTraceView();
  const { scroller, shown, virtual, fold } = useRows();
  const path = useMemo(() => criticalPath(tree), [tree]);
  const zoomed = tree.nodes[tree.index.get(zoom) ?? -1];
  const window = useMemo<Span>(
    () => (zoomed ? { start: zoomed.start, end: zoomed.start + Math.max(zoomed.duration_ms, 0.001) } : tree),
    [zoomed, tree],
  );
  useHotkeys([["Z", () => onZoom(zoom === selected ? "" : selected)]]);
  const length = window.end - window.start;
  return (
    <>
      <div className={css.legend}>
        <span className={css.pathKey} aria-hidden />
        <span className="faint cut">critical path: what the trace waited for</span>
        <span className={css.zoom}>
          {zoomed ? (
            <>
              <span className="faint cut">{zoomed.name}</span>
              <Button size="compact-xs" onClick={() => onZoom("")}>
                Whole trace
              </Button>
            </>
          ) : (
            <Button size="compact-xs" variant="subtle" title="Z" onClick={() => onZoom(selected)}>
              Zoom to the selected span
            </Button>
          )}
        </span>
      </div>
      <div
        ref={scroller}
        className={css.scroller}
        role="tree"
        aria-label="Timeline"
        aria-activedescendant={rowId(selected)}
        tabIndex={0}
      >
        <div className={css.axis} aria-hidden>
          <span />
          <span className={css.ticks}>
            {TICKS.map((t) => (
              <span key={t} style={{ left: `${t * 100}%` }}>
                {duration(window.start - tree.start + length * t)}
              </span>
            ))}
          </span>
        </div>
        <div className={css.rows} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = shown[item.index];
            return row ? (
              <TimeRow
                key={row.node.span_id}
                row={row}
                top={item.start}
                fold={fold}
                window={window}
                path={path.get(row.node.span_id)}
              />
            ) : null;
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
  window: Span;
  path: Span[] | undefined;
}

function TimeRow({ row, top, fold, window, path }: RowProps) {
  const { tree, selected, select } = useTraceView();
  const { node } = row;
  const bar = place(window, node.start, node.start + node.duration_ms);
  const wait = waited(path);
  const told = wait ? `, ${duration(wait)} on the critical path (${percent(wait / (tree.end - tree.start))})` : "";
  return (
    <div
      id={rowId(node.span_id)}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-expanded={row.children ? row.open : undefined}
      aria-selected={node.span_id === selected}
      aria-label={`${node.name}, ${duration(node.duration_ms)}${told}`}
      title={`${duration(node.duration_ms)} from ${duration(node.start - tree.start)}${told}`}
      className={`${css.treeRow} ${css.timeRow}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => select(node.span_id)}
    >
      <RowName row={row} fold={fold} />
      <span className={css.lane}>
        {bar ? (
          <>
            <span
              className={css.barOf}
              data-error={node.status === "ERROR" || undefined}
              style={
                {
                  left: `${bar.left}%`,
                  width: `${bar.width}%`,
                  "--kind": kindColour(node.kind),
                } as React.CSSProperties
              }
            />
            {drawn(path ?? [], window).map((part) => {
              const at = place(window, part.start, part.end);
              // The moments between two children would only pepper a long bar.
              return at && (at.width > 0.4 || bar.width < 2) ? (
                <span
                  key={part.start}
                  className={css.pathPart}
                  style={{ left: `${at.left}%`, width: `${at.width}%` }}
                />
              ) : null;
            })}
            <span className={css.barText} style={{ left: `${bar.left + bar.width}%` }}>
              {duration(node.duration_ms)}
            </span>
          </>
        ) : null}
      </span>
    </div>
  );
}
