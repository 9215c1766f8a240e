import { useState } from "react";
import css from "./JsonTree.module.css";

const FIRST = 50;
const LONG = 400;

/** A JSON value as a tree. Long lists and texts open in steps, so that a 5 MB value is an ordinary one. */
export function JsonTree({ value, label }: { value: unknown; label: string }) {
  return (
    <div className={css.tree} role="group" aria-label={label} tabIndex={0}>
      <Value value={value} depth={0} />
    </div>
  );
}

const FLAT = 8;

/** A value as people read it: a flat object as its keys and values, anything deeper as a tree. */
export function Json({ value, label }: { value: unknown; label: string }) {
  const keys = value && typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : [];
  const flat = keys.length > 0 && keys.length <= FLAT && keys.every(([, v]) => v === null || typeof v !== "object");
  if (!flat) return <JsonTree value={value} label={label} />;
  return (
    <div className={css.flat} role="group" aria-label={label}>
      {keys.map(([key, each]) => (
        <div key={key}>
          <span className={css.key}>{key}</span> <Value value={each} depth={0} />
        </div>
      ))}
    </div>
  );
}

function Value({ value, depth }: { value: unknown; depth: number }) {
  if (value === null || value === undefined) return <span className={css.nothing}>null</span>;
  if (typeof value === "string") return <Text value={value} />;
  if (typeof value === "number") return <span className={css.number}>{String(value)}</span>;
  if (typeof value === "boolean") return <span className={css.number}>{String(value)}</span>;
  const list = Array.isArray(value);
  const entries: [string, unknown][] = list ? value.map((v, i) => [String(i), v]) : Object.entries(value as object);
  return <Branch entries={entries} list={list} depth={depth} />;
}

function Text({ value }: { value: string }) {
  const [open, setOpen] = useState(false);
  if (value.length <= LONG || open) return <span className={css.string}>{value}</span>;
  return (
    <span className={css.string}>
      {value.slice(0, LONG)}
      <button type="button" className={css.more} onClick={() => setOpen(true)}>
        show {(value.length - LONG).toLocaleString("en-US")} more characters
      </button>
    </span>
  );
}

function Branch({ entries, list, depth }: { entries: [string, unknown][]; list: boolean; depth: number }) {
  const [open, setOpen] = useState(depth < 2 || entries.length < 4);
  const [limit, setLimit] = useState(FIRST);
  const brackets = list ? "[]" : "{}";
  if (!entries.length) return <span className={css.nothing}>{brackets}</span>;
  const size = `${entries.length} ${list ? "items" : "keys"}`;
  return (
    <span className={css.branch}>
      <button type="button" className={css.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "▾" : "▸"}{" "}
        <span className={css.nothing}>{open ? brackets[0] : `${brackets[0]} ${size} ${brackets[1]}`}</span>
      </button>
      {open ? (
        <ul>
          {entries.slice(0, limit).map(([key, value]) => (
            <li key={key}>
              <span className={css.key}>{key}</span>
              <span className={css.nothing}>: </span>
              <Value value={value} depth={depth + 1} />
            </li>
          ))}
          {entries.length > limit ? (
            <li>
              <button type="button" className={css.more} onClick={() => setLimit(limit + 200)}>
                show more of {entries.length.toLocaleString("en-US")}
              </button>
            </li>
          ) : null}
        </ul>
      ) : null}
    </span>
  );
}
