import { duration } from "../../ui/format";
import { kindColour } from "../../ui/Kind";
import { useTraceView } from "./context";
import css from "./Trace.module.css";
import { RowName, useRows } from "./TreePane";
import { place } from "./tree";

const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** The waterfall: when each span ran, on the trace's own clock. */
export function TimelinePane() {
  const { tree, selected, select } = useTraceView();
  const { scroller, shown, virtual, fold } = useRows();
  return (
    <div ref={scroller} className={css.scroller} role="tree" aria-label="Timeline" tabIndex={0}>
      <div className={css.axis} aria-hidden>
        <span />
        <span className={css.ticks}>
          {TICKS.map((t) => (
            <span key={t} style={{ left: `${t * 100}%` }}>
              {duration((tree.end - tree.start) * t)}
            </span>
          ))}
        </span>
      </div>
      <div className={css.rows} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = shown[item.index];
          if (!row) return null;
          const { node } = row;
          const { left, width } = place(tree, node);
          return (
            <div
              key={node.span_id}
              role="treeitem"
              aria-level={row.depth + 1}
              aria-selected={node.span_id === selected}
              aria-label={`${node.name}, ${duration(node.duration_ms)}`}
              className={`${css.treeRow} ${css.timeRow}`}
              style={{ transform: `translateY(${item.start}px)` }}
              onClick={() => select(node.span_id)}
            >
              <RowName row={row} fold={fold} />
              <span className={css.lane}>
                <span
                  className={css.barOf}
                  data-error={node.status === "ERROR" || undefined}
                  style={
                    { left: `${left}%`, width: `${width}%`, "--kind": kindColour(node.kind) } as React.CSSProperties
                  }
                />
                <span
                  className={css.barText}
                  style={left + width > 78 ? { right: `${100 - left}%` } : { left: `${left + width}%` }}
                >
                  {duration(node.duration_ms)}
                </span>
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
