import { ActionIcon, TextInput } from "@mantine/core";
import { useDebouncedCallback, useHotkeys } from "@mantine/hooks";
import { IconChevronDown, IconChevronUp, IconSearch, IconX } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { FieldMatch } from "../../api/types";
import { count, plural } from "../../ui/format";
import { useTraceView } from "./context";
import { cut } from "./find";
import css from "./Trace.module.css";

interface Props {
  pattern: string;
  onFind: (pattern: string) => void;
  found: UseQueryResult<{ items: FieldMatch[]; truncated: boolean }>;
  /** The place in the list of the hit looked at, -1 before the first. */
  at: number;
  onGo: (hit: FieldMatch, at: number) => void;
}

/** Search over every field of the trace. Enter goes from hit to hit, the list shows all of them. */
export function FindBox({ pattern, onFind, found, at, onGo }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(pattern);
  const find = useDebouncedCallback(onFind, 250);
  useHotkeys([["/", () => input.current?.focus()]]);
  const change = (next: string) => {
    setText(next);
    find(next);
  };
  const items = found.data?.items ?? [];
  const go = (step: number) => {
    const next = (at + step + items.length) % items.length;
    const hit = items[at < 0 && step < 0 ? items.length - 1 : next];
    if (hit) onGo(hit, items.indexOf(hit));
  };
  return (
    <search className={css.find}>
      <TextInput
        ref={input}
        value={text}
        onChange={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") text ? change("") : input.current?.blur();
          if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
        }}
        placeholder="Search every field (regex)"
        aria-label="Search in this trace"
        leftSection={<IconSearch size={14} />}
        rightSectionWidth={pattern ? 148 : undefined}
        rightSection={
          text ? (
            <span className={css.findSteps}>
              <span className="faint num">{items.length ? `${at + 1} / ${count(items.length)}` : null}</span>
              <ActionIcon size="sm" aria-label="Previous hit" disabled={!items.length} onClick={() => go(-1)}>
                <IconChevronUp size={14} />
              </ActionIcon>
              <ActionIcon size="sm" aria-label="Next hit" disabled={!items.length} onClick={() => go(1)}>
                <IconChevronDown size={14} />
              </ActionIcon>
              <ActionIcon size="sm" aria-label="Clear search" onClick={() => change("")}>
                <IconX size={13} />
              </ActionIcon>
            </span>
          ) : null
        }
      />
      {pattern ? <Hits found={found} pattern={pattern} at={at} onGo={onGo} /> : null}
    </search>
  );
}

function Hits({ found, pattern, at, onGo }: Omit<Props, "onFind">) {
  const { tree } = useTraceView();
  const items = found.data?.items ?? [];
  return (
    <section className={css.hits} aria-label="Search results" tabIndex={0} data-bad={found.error ? true : undefined}>
      <p className={found.error ? "bad" : "faint"} role="status">
        {found.error
          ? found.error.message
          : found.isFetching
            ? "Searching…"
            : `${plural(items.length, "hit")}${found.data?.truncated ? ", more were cut" : ""}`}
      </p>
      {items.map((hit, i) => {
        const { before, match, after } = cut(hit, pattern);
        return (
          <button
            key={`${hit.span_id} ${hit.field} ${hit.offset}`}
            type="button"
            className={css.hit}
            data-active={i === at || undefined}
            onClick={() => onGo(hit, i)}
          >
            <b className="cut">{tree.nodes[tree.index.get(hit.span_id) ?? -1]?.name || hit.span_id}</b>
            <code className="faint cut">
              {hit.field} @ {count(hit.offset)}
            </code>
            <span className="cut dim">
              {before}
              <mark>{match}</mark>
              {after}
            </span>
          </button>
        );
      })}
    </section>
  );
}
