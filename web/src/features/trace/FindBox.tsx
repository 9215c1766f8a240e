import { ActionIcon, TextInput } from "@mantine/core";
import { useDebouncedCallback, useHotkeys } from "@mantine/hooks";
import { IconSearch, IconX } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { FieldMatch } from "../../api/types";
import { plural } from "../../ui/format";
import { useTraceView } from "./context";
import css from "./Trace.module.css";

interface Props {
  pattern: string;
  onFind: (pattern: string) => void;
  found: UseQueryResult<{ items: FieldMatch[]; truncated: boolean }>;
}

/** Search over every field of the trace; a hit selects its span. */
export function FindBox({ pattern, onFind, found }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(pattern);
  const find = useDebouncedCallback(onFind, 250);
  useHotkeys([["/", () => input.current?.focus()]]);
  const change = (next: string) => {
    setText(next);
    find(next);
  };
  return (
    <search className={css.find}>
      <TextInput
        ref={input}
        value={text}
        onChange={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && input.current?.blur()}
        placeholder="Search every field (regex)"
        aria-label="Search in this trace"
        leftSection={<IconSearch size={14} />}
        rightSection={
          text ? (
            <ActionIcon size="sm" aria-label="Clear search" onClick={() => change("")}>
              <IconX size={13} />
            </ActionIcon>
          ) : null
        }
      />
      {pattern ? <Hits found={found} /> : null}
    </search>
  );
}

function Hits({ found }: { found: Props["found"] }) {
  const { tree, selected, select } = useTraceView();
  const items = found.data?.items ?? [];
  return (
    <section className={css.hits} aria-label="Search results" tabIndex={0}>
      <p className="faint" role="status">
        {found.error
          ? found.error.message
          : found.isFetching
            ? "Searching…"
            : `${plural(items.length, "hit")}${found.data?.truncated ? ", more were cut" : ""}`}
      </p>
      {items.map((hit) => (
        <button
          key={`${hit.span_id} ${hit.field} ${hit.offset}`}
          type="button"
          className={css.hit}
          data-active={hit.span_id === selected || undefined}
          onClick={() => select(hit.span_id)}
        >
          <b className="cut">{tree.nodes[tree.index.get(hit.span_id) ?? -1]?.name || hit.span_id}</b>
          <code className="faint cut">{hit.field}</code>
          <span className="cut dim">{hit.excerpt}</span>
        </button>
      ))}
    </section>
  );
}
