import { useHotkeys } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef, useState } from "react";
import css from "./DataTable.module.css";

export interface Column<T> {
  label: string;
  cell: (row: T) => ReactNode;
  width?: number;
  /** Share of the room that is left over, where `width` does not say how wide the column is. */
  grow?: number;
  right?: boolean;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T) => string;
  nameOf: (row: T) => string;
  onOpen?: (row: T) => void;
  more?: boolean;
  onMore?: () => void;
}

const ROW = 38;

/** A virtual table of one-line rows: J, K and Enter work, the next page loads by itself. */
export function DataTable<T>({ label, columns, rows, keyOf, nameOf, onOpen, more = false, onMore }: Props<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 15) onMore?.();
  }, [more, last, rows.length, onMore]);
  const move = (step: number) => {
    const next = Math.min(rows.length - 1, Math.max(0, active + step));
    setActive(next);
    virtual.scrollToIndex(next);
  };
  useHotkeys([
    ["J", () => move(1)],
    ["K", () => move(-1)],
    ["Enter", () => rows[active] && onOpen?.(rows[active])],
  ]);
  const layout = {
    "--tracks": columns.map((c) => (c.width ? `${c.width}px` : `minmax(140px, ${c.grow ?? 1}fr)`)).join(" "),
    minWidth: columns.reduce((sum, c) => sum + (c.width ?? 140), 0),
  } as React.CSSProperties;
  return (
    <div ref={scroller} className={css.scroller} role="region" aria-label={`${label} table`} tabIndex={0}>
      <div
        role="table"
        aria-label={label}
        aria-rowcount={more ? -1 : rows.length + 1}
        className={css.table}
        style={layout}
      >
        <div role="rowgroup" className={css.head}>
          <div role="row" className={css.row}>
            {columns.map((c) => (
              <div key={c.label} role="columnheader" className={css.cell} data-right={c.right || undefined}>
                {c.label}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className={css.body} style={{ height: virtual.getTotalSize() }}>
          {shown.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <div
                key={keyOf(row)}
                role="row"
                aria-rowindex={item.index + 2}
                aria-label={nameOf(row)}
                className={css.row}
                data-active={item.index === active || undefined}
                data-link={onOpen ? true : undefined}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={(event) => {
                  if (!(event.target as HTMLElement).closest("a, button, input")) onOpen?.(row);
                }}
              >
                {columns.map((c) => (
                  <div key={c.label} role="cell" className={css.cell} data-right={c.right || undefined}>
                    {c.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
