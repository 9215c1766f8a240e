import { Checkbox } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { flexRender, getCoreRowModel, useReactTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import type { TraceSummary } from "../../api/types";
import { COLUMNS, type Meta, visibleColumns } from "./columns";
import css from "./Traces.module.css";

interface Props {
  items: TraceSummary[];
  columns?: string;
  sort: string;
  onSort: (sort: string) => void;
  selected: ReadonlySet<string>;
  onSelect: (next: ReadonlySet<string>) => void;
  more: boolean;
  loadingMore: boolean;
  onMore: () => void;
}

const ROW = 34;
const NO_SCORES: Meta = { width: 60 };

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** The virtual table: only the rows in sight exist, the next page loads before the end is reached. */
export function TracesTable(props: Props) {
  const { items, sort, onSort, selected, onSelect, more, loadingMore, onMore } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const [active, setActive] = useState(-1);
  const visible = useMemo(() => visibleColumns(props.columns), [props.columns]);
  const columnVisibility = useMemo(
    () => Object.fromEntries(COLUMNS.map((c) => [c.id, c.id === "name" || visible.has(c.id)])),
    [visible],
  );
  const table = useReactTable({
    data: items,
    columns: COLUMNS,
    state: { columnVisibility },
    getCoreRowModel: getCoreRowModel(),
    getRowId: (trace) => trace.trace_id,
  });
  const rows = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;

  useEffect(() => {
    if (more && !loadingMore && lastShown >= rows.length - 20) onMore();
  }, [more, loadingMore, lastShown, rows.length, onMore]);

  const move = (step: number) => {
    const next = Math.min(rows.length - 1, Math.max(0, active + step));
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const current = items[active];
  const open = (trace: TraceSummary) =>
    navigate({ to: "/traces/$traceId", params: { traceId: trace.trace_id }, search: { project: trace.project } });
  useHotkeys([
    ["J", () => move(1)],
    ["K", () => move(-1)],
    ["X", () => current && onSelect(toggled(selected, current.trace_id))],
    ["Enter", () => current && open(current)],
  ]);

  // Without a score in sight their column only needs room for its title.
  const scored = items.some((trace) => trace.scores.length > 0);
  const metas = table
    .getVisibleLeafColumns()
    .map((c) => (c.id === "scores" && !scored ? NO_SCORES : (c.columnDef.meta as Meta)));
  const layout = {
    "--tracks": `34px ${metas.map((m) => (m.grow ? `minmax(${m.width}px, ${m.grow}fr)` : `${m.width}px`)).join(" ")}`,
    minWidth: metas.reduce((sum, m) => sum + m.width, 34),
  } as React.CSSProperties;

  return (
    <div ref={scroller} className={css.scroller} role="region" aria-label="Traces table" tabIndex={0}>
      <div
        role="table"
        aria-label="Traces"
        aria-rowcount={more ? -1 : rows.length}
        style={layout}
        className={css.table}
      >
        <div role="rowgroup" className={css.head}>
          <div role="row" className={css.row}>
            <div role="columnheader" className={css.cell}>
              <Checkbox
                aria-label="Select all loaded traces"
                checked={selected.size > 0 && selected.size === items.length}
                indeterminate={selected.size > 0 && selected.size < items.length}
                onChange={(e) => onSelect(new Set(e.currentTarget.checked ? items.map((t) => t.trace_id) : []))}
              />
            </div>
            {table.getLeafHeaders().map((header) => {
              const meta = header.column.columnDef.meta as Meta;
              return (
                <HeaderCell
                  key={header.id}
                  label={String(header.column.columnDef.header)}
                  right={meta.right}
                  field={meta.sort}
                  sort={sort}
                  onSort={onSort}
                />
              );
            })}
          </div>
        </div>
        <div role="rowgroup" className={css.rows} style={{ height: virtual.getTotalSize() }}>
          {shown.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            const id = row.original.trace_id;
            return (
              <div
                key={id}
                role="row"
                aria-rowindex={item.index + 2}
                className={css.row}
                data-active={item.index === active || undefined}
                data-selected={selected.has(id) || undefined}
                data-error={row.original.error_count > 0 || undefined}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={(event) => {
                  if ((event.target as HTMLElement).closest("a, input, button")) return;
                  open(row.original);
                }}
              >
                <div role="cell" className={css.cell}>
                  <Checkbox
                    aria-label={`Select ${row.original.name || id}`}
                    checked={selected.has(id)}
                    onChange={() => onSelect(toggled(selected, id))}
                  />
                </div>
                {row.getVisibleCells().map((cell) => (
                  <div
                    key={cell.id}
                    role="cell"
                    className={css.cell}
                    data-right={(cell.column.columnDef.meta as Meta).right || undefined}
                  >
                    {flexRender(cell.column.columnDef.cell, cell.getContext())}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      <p className={css.footnote} role="status">
        {loadingMore ? "Loading more…" : more ? "" : `${rows.length.toLocaleString("en-US")} traces, all loaded`}
      </p>
    </div>
  );
}

interface HeaderProps {
  label: string;
  right?: boolean;
  field?: string;
  sort: string;
  onSort: (sort: string) => void;
}

function HeaderCell({ label, right, field, sort, onSort }: HeaderProps) {
  const direction = field && sort === field ? "ascending" : field && sort === `-${field}` ? "descending" : undefined;
  return (
    <div
      role="columnheader"
      className={css.cell}
      data-right={right || undefined}
      aria-sort={field ? (direction ?? "none") : undefined}
    >
      {field ? (
        <button
          type="button"
          className={css.sort}
          onClick={() => onSort(direction === "descending" ? field : `-${field}`)}
        >
          {label}
          <span aria-hidden>{direction === "ascending" ? "↑" : direction === "descending" ? "↓" : ""}</span>
        </button>
      ) : (
        label
      )}
    </div>
  );
}
