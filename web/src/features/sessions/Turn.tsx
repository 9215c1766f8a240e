import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Message, TraceSummary } from "../../api/types";
import { Badge, ScoreBadge } from "../../ui/Badge";
import { count, duration, fullTime, plural, when } from "../../ui/format";
import { MarkdownText } from "../../ui/MarkdownText";
import { gist, previewText } from "../../ui/preview";
import { useSpan } from "../trace/queries";
import { Cost } from "../traces/columns";
import css from "./Session.module.css";

const LONG = 1200;

/** One exchange of a conversation: what was asked and answered in full, read from the trace's root span. */
export function Turn({ trace, number }: { trace: TraceSummary; number: number }) {
  const root = useSpan(trace.project, trace.trace_id, trace.root_missing ? "" : trace.root_span_id).data;
  const asked = said(root?.content?.input_messages, "user") || root?.input || trace.input_preview;
  const answered = said(root?.content?.output_messages, "assistant") || root?.output || trace.output_preview;
  return (
    <section className={css.turn} aria-label={`Turn ${number}`}>
      <TurnHead trace={trace} number={number} />
      <div className={css.said} data-who="user">
        <span className={css.who}>{trace.user_id || "Input"}</span>
        <Words text={asked} />
      </div>
      <div className={css.said}>
        <span className={css.who}>{trace.agent_name || "Output"}</span>
        {root?.status_message ? <p className="bad">{root.status_message}</p> : null}
        <Words text={answered} />
      </div>
    </section>
  );
}

function TurnHead({ trace, number }: { trace: TraceSummary; number: number }) {
  const unknown = trace.input_tokens === null && trace.output_tokens === null;
  return (
    <header className={css.head}>
      <span className="faint num">{number}</span>
      <Link
        to="/traces/$traceId"
        params={{ traceId: trace.trace_id }}
        search={{ project: trace.project }}
        className="link cut"
      >
        {trace.name || "(no name)"}
      </Link>
      <span className="faint" title={fullTime(trace.start_time)}>
        {when(trace.start_time)}
      </span>
      {trace.error_count ? <Badge tone="bad">{plural(trace.error_count, "error")}</Badge> : null}
      {trace.root_missing ? (
        <Badge tone="warn" title="The root span of this trace has not arrived">
          no root
        </Badge>
      ) : null}
      <span className={css.facts}>
        <span>{plural(trace.span_count, "span")}</span>
        <span>{unknown ? "– tok" : `${count((trace.input_tokens ?? 0) + (trace.output_tokens ?? 0))} tok`}</span>
        <Cost of={trace} />
        <span>{duration(trace.duration_ms)}</span>
      </span>
      {trace.scores.length ? (
        <span className={css.scores}>
          {trace.scores.map((score) => (
            <ScoreBadge key={score.name} score={score} />
          ))}
        </span>
      ) : null}
    </header>
  );
}

/** The last words of a role in a list of messages; "" where it said nothing in words. */
function said(messages: Message[] | undefined, role: string): string {
  const last = messages?.findLast((message) => message.role === role && message.parts.some((part) => part.text));
  return (last?.parts ?? [])
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");
}

function Words({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  const words = gist(previewText(text));
  if (!words) return <p className="faint">Nothing was recorded.</p>;
  const shown = all ? words : words.slice(0, LONG);
  return (
    <div>
      <MarkdownText text={shown} />
      {words.length > LONG ? (
        <Button size="compact-xs" variant="subtle" onClick={() => setAll(!all)}>
          {all ? "Show less" : `Show ${count(words.length - LONG)} more characters`}
        </Button>
      ) : null}
    </div>
  );
}
