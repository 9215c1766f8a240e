import { IconBrain, IconTool } from "@tabler/icons-react";
import type { Message, Part } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { oneLine } from "../../ui/format";
import { Json } from "../../ui/JsonTree";
import { MarkdownText } from "../../ui/MarkdownText";
import css from "./Trace.module.css";

/** One chat message: its role, then its parts. */
export function MessageView({ message, folded = false }: { message: Message; folded?: boolean }) {
  const role = message.role || "message";
  if (folded)
    return (
      <details className={css.message} data-role={role}>
        <summary>
          <span className={css.role}>{role}</span>
          <span className="faint cut">{oneLine(message.parts.map((p) => p.text).join(" ")).slice(0, 160)}</span>
        </summary>
        <PartsView parts={message.parts} />
      </details>
    );
  return (
    <div className={css.message} data-role={role} role="group" aria-label={`${role} message`}>
      <header>
        <span className={css.role}>{role}</span>
        {message.name ? <span className="faint">{message.name}</span> : null}
        {message.finish_reason ? <Badge>{message.finish_reason}</Badge> : null}
      </header>
      <PartsView parts={message.parts} />
    </div>
  );
}

export function PartsView({ parts }: { parts: Part[] }) {
  if (!parts.length) return <p className="faint">Empty message.</p>;
  return (
    <div className={css.parts}>
      {parts.map((part, i) => (
        <PartView key={`${part.type} ${String(i)}`} part={part} />
      ))}
    </div>
  );
}

function PartView({ part }: { part: Part }) {
  switch (part.type) {
    case "text":
      return <MarkdownText text={part.text} />;
    case "reasoning":
      return (
        <details className={css.thinking}>
          <summary>
            <IconBrain size={13} aria-hidden /> Thinking
            <span className="faint cut">{oneLine(part.text).slice(0, 100)}</span>
          </summary>
          <MarkdownText text={part.text} />
        </details>
      );
    case "tool_call":
      return (
        <div className={css.call}>
          <header>
            <IconTool size={13} aria-hidden /> <b>{part.tool_name || "tool"}</b>
            {part.tool_call_id ? <code className="faint cut">{part.tool_call_id}</code> : null}
          </header>
          <Json value={part.arguments} label={`Arguments of ${part.tool_name}`} />
        </div>
      );
    case "tool_call_response":
      return (
        <div className={css.call}>
          <header>
            <IconTool size={13} aria-hidden /> <span className="faint">result</span>
            {part.tool_call_id ? <code className="faint cut">{part.tool_call_id}</code> : null}
          </header>
          {typeof part.result === "string" ? (
            <MarkdownText text={part.result} />
          ) : (
            <Json value={part.result} label="Result" />
          )}
        </div>
      );
    default:
      return (
        <p className="faint">
          {part.type} {part.mime} <span className="mono">{part.uri}</span>
          {part.data ? <Json value={part.data} label={part.type} /> : null}
        </p>
      );
  }
}
