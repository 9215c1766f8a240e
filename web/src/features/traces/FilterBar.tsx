import { ActionIcon } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconFilter, IconX } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { Problem } from "../../api/types";
import { FIELDS } from "./fields";
import { complete, type Suggestion } from "./filter";
import { useAggregate, useNames } from "./queries";
import css from "./Traces.module.css";

interface Props {
  value: string;
  problem: Problem | null;
  project: string;
  onChange: (value: string) => void;
}

/** The filter language with completion; Enter applies, an error is shown under the place it is at. */
export function FilterBar({ value, problem, project, onChange }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  useEffect(() => setText(value), [value]);
  useHotkeys([["/", () => input.current?.focus()]]);

  const first = complete(text, caret, FIELDS);
  const needsValues =
    open && first.kind === "value" && FIELDS.some((f) => f.name === first.field && f.type === "string" && !f.values);
  const known = useAggregate(
    { project, group_by: [first.field || "kind"], metrics: ["count"], filter: "", limit: 20 },
    { enabled: needsValues },
  );
  const named = open && first.kind === "name";
  const names = useNames(project, first.field, named);
  const rows = (named ? names.data : known.data)?.rows ?? [];
  const values = rows.map((row) => String(row[0] ?? "")).filter(Boolean);
  const completion = needsValues || named ? complete(text, caret, FIELDS, () => values) : first;
  const shown = open ? completion.suggestions.slice(0, 40) : [];

  const pick = (suggestion: Suggestion) => {
    const next = text.slice(0, completion.start) + suggestion.insert + text.slice(completion.end);
    const at = completion.start + suggestion.insert.length;
    setText(next);
    setCaret(at);
    setActive(-1);
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
  };
  const apply = (next: string) => {
    setOpen(false);
    onChange(next.trim());
  };
  const onKey = (event: React.KeyboardEvent) => {
    const picked = shown[active];
    if (event.key === "ArrowDown") setActive(Math.min(shown.length - 1, active + 1));
    else if (event.key === "ArrowUp") setActive(Math.max(-1, active - 1));
    else if (event.key === "Tab" && shown.length && open && text) pick(shown[Math.max(0, active)] as Suggestion);
    else if (event.key === "Enter") picked ? pick(picked) : apply(text);
    else if (event.key === "Escape") open ? setOpen(false) : input.current?.blur();
    else return;
    event.preventDefault();
  };
  const stale = problem && text === value;

  return (
    <div className={css.filter} data-bad={stale || undefined}>
      <IconFilter size={14} aria-hidden className="faint" />
      <input
        ref={input}
        value={text}
        spellCheck={false}
        autoComplete="off"
        placeholder='Filter, e.g. kind == "LLM" and latency_ms > 3000'
        role="combobox"
        aria-label="Filter"
        aria-expanded={shown.length > 0}
        aria-controls="filter-options"
        aria-invalid={Boolean(stale)}
        aria-activedescendant={active >= 0 ? `filter-option-${active}` : undefined}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setCaret(event.currentTarget.selectionStart ?? 0);
          setOpen(true);
          setActive(-1);
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKey}
      />
      {text ? (
        <ActionIcon size="sm" aria-label="Clear filter" onClick={() => apply("")}>
          <IconX size={13} />
        </ActionIcon>
      ) : null}
      <div id="filter-options" role="listbox" aria-label="Completions" className={css.options} hidden={!shown.length}>
        {shown.map((suggestion, i) => (
          <div
            key={suggestion.label}
            id={`filter-option-${i}`}
            role="option"
            aria-selected={i === active}
            tabIndex={-1}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => pick(suggestion)}
          >
            <code className="cut">{suggestion.label}</code>
            <span className="faint">{suggestion.detail}</span>
          </div>
        ))}
      </div>
      {stale ? <FilterProblem text={value} problem={problem} /> : null}
    </div>
  );
}

function FilterProblem({ text, problem }: { text: string; problem: Problem }) {
  const at = problem.position ?? 0;
  const length = Math.max(1, problem.length ?? 1);
  return (
    <div className={css.problem} role="alert">
      <code>
        {text.slice(0, at)}
        <span className={css.wrong}>{text.slice(at, at + length) || "\u00a0"}</span>
        {text.slice(at + length)}
      </code>
      <p>
        {problem.detail}
        {problem.hint ? ` – ${problem.hint}` : ""}
      </p>
    </div>
  );
}
