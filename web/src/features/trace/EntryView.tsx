import { IconArrowsSplit2, IconChevronRight, IconUser } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { SpanNode } from "../../api/types";
import { Badge, ScoreBadge } from "../../ui/Badge";
import { count, duration, oneLine, plural } from "../../ui/format";
import { KindIcon, kindColour } from "../../ui/Kind";
import { MarkdownText } from "../../ui/MarkdownText";
import { previewText } from "../../ui/preview";
import { useTraceView } from "./context";
import { MessageView, PartsView } from "./MessageView";
import { useSpan } from "./queries";
import css from "./Trace.module.css";
import type { Entry } from "./transcript";

export function EntryView({ entry, toggle }: { entry: Entry; toggle: (key: string) => void }) {
  switch (entry.type) {
    case "ask":
      return <Ask node={entry.node} />;
    case "answer":
      return <Answer node={entry.node} />;
    case "model":
      return <Model node={entry.node} first={entry.first} inner={entry.depth > 0} />;
    case "step":
      return entry.node.kind === "RETRIEVER" ? <Retrieval node={entry.node} /> : <Step node={entry.node} />;
    case "agent":
      return (
        <Fold open={entry.open} onToggle={() => toggle(entry.key)} node={entry.node}>
          <KindIcon kind="AGENT" />
          <b className="cut">{entry.node.agent_name || entry.node.name}</b>
          <span className="faint">
            {entry.inner ? "sub-agent" : "agent"}, {plural(entry.spans, "step")}
          </span>
        </Fold>
      );
    case "parallel":
      return (
        <Fold open={entry.open} onToggle={() => toggle(entry.key)} node={null}>
          <IconArrowsSplit2 size={14} aria-hidden />
          <b>{entry.nodes.length} tools in parallel</b>
          <span className="faint cut">{entry.nodes.map((n) => n.tool_name || n.name).join(", ")}</span>
        </Fold>
      );
  }
}

interface FoldProps {
  open: boolean;
  onToggle: () => void;
  node: SpanNode | null;
  children: ReactNode;
}

function Fold({ open, onToggle, node, children }: FoldProps) {
  const { selected, select } = useTraceView();
  return (
    <div className={css.foldCard} data-active={(node && node.span_id === selected) || undefined}>
      <button type="button" className={css.foldHead} aria-expanded={open} onClick={onToggle}>
        <IconChevronRight size={14} className={css.chevron} data-open={open || undefined} aria-hidden />
        {children}
      </button>
      {node ? (
        <button type="button" className={css.facts} onClick={() => select(node.span_id)}>
          <Facts node={node} />
          <span className="visually-hidden">show details of {node.name}</span>
        </button>
      ) : null}
    </div>
  );
}

function Facts({ node }: { node: SpanNode }) {
  const { hits } = useTraceView();
  return (
    <>
      {hits.has(node.span_id) ? <Badge tone="accent">{plural(hits.get(node.span_id) ?? 0, "hit")}</Badge> : null}
      {node.scores.slice(0, 3).map((score) => (
        <ScoreBadge key={score.name} score={score} />
      ))}
      {node.status === "ERROR" ? <Badge tone="bad">failed</Badge> : null}
      {node.orphan ? <Badge tone="warn">orphan</Badge> : null}
      {node.output_tokens !== null && !node.usage_rollup ? (
        <span className="faint num">{count(node.output_tokens)} tok</span>
      ) : null}
      <span className="num dim">{duration(node.duration_ms)}</span>
    </>
  );
}

interface CardProps {
  node: SpanNode;
  title: ReactNode;
  icon: ReactNode;
  children?: ReactNode;
}

function Card({ node, title, icon, children }: CardProps) {
  const { selected, select } = useTraceView();
  return (
    <div
      className={css.card}
      data-active={node.span_id === selected || undefined}
      data-error={node.status === "ERROR" || undefined}
      style={{ "--kind": kindColour(node.kind) } as React.CSSProperties}
    >
      <button type="button" className={css.cardHead} onClick={() => select(node.span_id)}>
        {icon}
        <span className={css.cardTitle}>{title}</span>
        <span className={css.facts}>
          <Facts node={node} />
        </span>
      </button>
      {children ? <div className={css.cardBody}>{children}</div> : null}
    </div>
  );
}

function Ask({ node }: { node: SpanNode }) {
  const { project, traceId } = useTraceView();
  const { data } = useSpan(project, traceId, node.span_id);
  const messages = data?.content?.input_messages ?? [];
  const users = messages.filter((m) => m.role === "user");
  return (
    <Card node={node} icon={<IconUser size={16} aria-hidden />} title={<b>Input</b>}>
      {users.length ? (
        users.slice(-1).map((m, i) => <PartsView key={String(i)} parts={m.parts} />)
      ) : (
        <Said text={previewText(data?.input ?? node.input_preview)} />
      )}
    </Card>
  );
}

function Answer({ node }: { node: SpanNode }) {
  const { project, traceId } = useTraceView();
  const { data } = useSpan(project, traceId, node.span_id);
  return (
    <Card node={node} icon={<KindIcon kind={node.kind} />} title={<b>Output</b>}>
      {data?.status_message ? <p className="bad">{data.status_message}</p> : null}
      <Said text={previewText(data?.output ?? node.output_preview)} />
    </Card>
  );
}

const LONG = 4000;

/** Text of unknown make: Markdown, cut where a transcript would become a wall. */
function Said({ text }: { text: string }) {
  if (!text) return <p className="faint">Nothing was recorded here.</p>;
  return (
    <>
      <MarkdownText text={text.slice(0, LONG)} />
      {text.length > LONG ? <p className="faint">{count(text.length - LONG)} more characters in the details.</p> : null}
    </>
  );
}

function Model({ node, first, inner }: { node: SpanNode; first: boolean; inner: boolean }) {
  const { project, traceId } = useTraceView();
  const { data } = useSpan(project, traceId, node.span_id);
  const prompt = data?.content?.input_messages ?? [];
  const answer = data?.content?.output_messages ?? [];
  // The question at the top stands in the first entry already; that of an inner agent stands nowhere else.
  const asked = inner ? prompt.filter((m) => m.role === "user").slice(-1) : [];
  const opening = first ? [...prompt.filter((m) => m.role === "system"), ...asked] : [];
  return (
    <Card
      node={node}
      icon={<KindIcon kind="LLM" />}
      title={
        <>
          <b className="cut">{node.agent_name || node.name}</b>
          {node.name.includes(node.model) && !node.agent_name ? null : <span className="faint cut">{node.model}</span>}
        </>
      }
    >
      {opening.map((message, i) => (
        <MessageView key={String(i)} message={message} folded />
      ))}
      {data?.status_message ? <p className="bad">{data.status_message}</p> : null}
      {answer.length ? (
        answer.map((message, i) => <PartsView key={String(i)} parts={message.parts} />)
      ) : (
        <Said text={previewText(data?.output ?? node.output_preview)} />
      )}
    </Card>
  );
}

function Retrieval({ node }: { node: SpanNode }) {
  const { project, traceId } = useTraceView();
  const { data } = useSpan(project, traceId, node.span_id);
  const documents = data?.content?.documents ?? [];
  if (!documents.length) return <Step node={node} />;
  return (
    <Card
      node={node}
      icon={<KindIcon kind={node.kind} />}
      title={
        <>
          <b className="cut">{node.name}</b>
          <code className="faint cut">{oneLine(previewText(node.input_preview))}</code>
        </>
      }
    >
      <ul className={css.documents}>
        {documents.slice(0, 5).map((document, i) => (
          <li key={document.id || String(i)}>
            <code>{document.id || `document ${i + 1}`}</code>
            <span className="faint cut">{oneLine(document.content)}</span>
          </li>
        ))}
        {documents.length > 5 ? <li className="faint">and {documents.length - 5} more</li> : null}
      </ul>
    </Card>
  );
}

function Step({ node }: { node: SpanNode }) {
  return (
    <Card
      node={node}
      icon={<KindIcon kind={node.kind} />}
      title={
        <>
          <b className="cut">{node.tool_name || node.name}</b>
          <code className="faint cut">{oneLine(previewText(node.input_preview))}</code>
        </>
      }
    >
      {node.output_preview ? (
        <p className={css.result}>
          <span className="faint" aria-hidden>
            →
          </span>{" "}
          {oneLine(previewText(node.output_preview))}
        </p>
      ) : null}
    </Card>
  );
}
