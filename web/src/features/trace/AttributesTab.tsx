import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import type { SpanDetail } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { CopyButton } from "../../ui/Copy";
import { fullTime, oneLine } from "../../ui/format";
import { JsonTree } from "../../ui/JsonTree";
import { FLAGS } from "./flags";
import css from "./Trace.module.css";

/** Every raw attribute as received, the resource, events and links, and what had to be repaired. */
export function AttributesTab({ span }: { span: SpanDetail }) {
  const [find, setFind] = useState("");
  const dropped = span.dropped_attributes + span.dropped_events + span.dropped_links;
  return (
    <div className={css.io}>
      <TextInput
        value={find}
        onChange={(event) => setFind(event.currentTarget.value)}
        placeholder="Find in keys and values"
        aria-label="Find in attributes"
        leftSection={<IconSearch size={14} />}
      />
      {span.flags.length ? (
        <section className={css.block} aria-label="Repairs">
          <h3>Repaired on arrival</h3>
          {span.flags.map((flag) => (
            <p key={flag}>
              <Badge tone="warn">{flag}</Badge> {FLAGS[flag] ?? "a repair this page does not know"}
            </p>
          ))}
        </section>
      ) : null}
      {dropped ? (
        <p className="warn">
          The sending SDK dropped {span.dropped_attributes} attributes, {span.dropped_events} events,{" "}
          {span.dropped_links} links.
        </p>
      ) : null}
      <Pairs title="Attributes" values={span.attributes} find={find} />
      <Events span={span} find={find} />
      <Pairs title="Resource" values={span.resource} find={find} />
      <Pairs title="Origin" values={origin(span)} find={find} />
      {span.links.length ? (
        <section className={css.block} aria-label="Links">
          <h3>Links</h3>
          <JsonTree value={span.links} label="Links" />
        </section>
      ) : null}
    </div>
  );
}

function origin(span: SpanDetail): Record<string, unknown> {
  const all = {
    convention: span.convention,
    scope: [span.scope_name, span.scope_version].filter(Boolean).join(" "),
    provider: span.provider,
    model_requested: span.model_requested,
    prompt: [span.prompt_name, span.prompt_version].filter(Boolean).join(" "),
    tool_call_id: span.tool_call_id,
    parent_span_id: span.parent_span_id,
    start: fullTime(span.start_time),
    end: fullTime(span.end_time),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value));
}

function Pairs({ title, values, find }: { title: string; values: Record<string, unknown>; find: string }) {
  const wanted = find.toLowerCase();
  const all = Object.entries(values).sort(([a], [b]) => a.localeCompare(b));
  const shown = wanted ? all.filter(([k, v]) => `${k} ${oneLine(v)}`.toLowerCase().includes(wanted)) : all;
  if (!all.length) return null;
  return (
    <section className={css.block} aria-label={title}>
      <header>
        <h3>
          {title} <span className="faint num">{wanted ? `${shown.length} of ${all.length}` : all.length}</span>
        </h3>
        <CopyButton value={JSON.stringify(values, null, 2)} label={`Copy ${title.toLowerCase()}`} />
      </header>
      <dl className={css.pairs}>
        {shown.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>
              <JsonTree value={value} label={key} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Events({ span, find }: { span: SpanDetail; find: string }) {
  const wanted = find.toLowerCase();
  const shown = span.events.filter((event) => !wanted || JSON.stringify(event).toLowerCase().includes(wanted));
  if (!shown.length) return null;
  return (
    <section className={css.block} aria-label="Events">
      <h3>
        Events <span className="faint num">{shown.length}</span>
      </h3>
      {shown.map((event, i) => (
        <details key={`${event.name} ${String(i)}`} className={css.message} open={event.name === "exception"}>
          <summary>
            <b>{event.name}</b> <span className="faint">{fullTime(event.time)}</span>
          </summary>
          <JsonTree value={event.attributes} label={event.name} />
        </details>
      ))}
    </section>
  );
}
