import { Button } from "@mantine/core";
import { IconArrowsSplit2, IconChevronRight, IconUser } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { Badge } from "../../ui/Badge";
import { count, oneLine, plural } from "../../ui/format";
import { Json } from "../../ui/JsonTree";
import { KindIcon, kindColour } from "../../ui/Kind";
import { MarkdownText } from "../../ui/MarkdownText";
import { previewText } from "../../ui/preview";
import { useTraceView } from "./context";
import { Facts, Remarks } from "./Facts";
import { MessageView, PartsView } from "./MessageView";
import type { TraceNode } from "./outline";
import { useHead, useSpan } from "./queries";
import { parsed } from "./SpanIO";
import css from "./Trace.module.css";
import type { Entry } from "./transcript";

export function EntryView({ entry, toggle }: { entry: Entry; toggle: (key: string) => void }) {
  switch (entry.type) {
    case "ask":
      return <Ask node={entry.node} />;
    case "answer":
      return <Answer node={entry.node} />;
    case "model":
      return <Model node={entry.node} first={entry.first} asked={entry.asked} />;
    case "step":
      return entry.node.kind === "RETRIEVER" ? <Retrieval node={entry.node} /> : <Step node={entry.node} />;
    case "agent":
      return <Agent entry={entry} onToggle={() => toggle(entry.key)} />;
    case "parallel":
      return (
        <Fold open={entry.open} onToggle={() => toggle(entry.key)} node={null}>
          <IconArrowsSplit2 size={14} aria-hidden className={css.fixed} />
          <b className={css.fixed}>{entry.nodes.length} tools in parallel</b>
          <span className="faint cut">{entry.nodes.map((n) => n.tool_name || n.name).join(", ")}</span>
        </Fold>
      );
  }
}

function Agent({ entry, onToggle }: { entry: Entry & { type: "agent" }; onToggle: () => void }) {
  const { tree, totals } = useTraceView();
  const { node } = entry;
  const steps = (totals[tree.index.get(node.span_id) ?? -1]?.spans ?? 1) - 1;
  return (
    <Fold open={entry.open} onToggle={onToggle} node={node}>
      <KindIcon kind="AGENT" />
      <b className="cut">{node.agent_name || node.name}</b>
      <span className="faint cut">
        {entry.inner ? "sub-agent" : "agent"}, {plural(steps, "step")}
      </span>
    </Fold>
  );
}

interface FoldProps {
  open: boolean;
  onToggle: () => void;
  node: TraceNode | null;
  children: ReactNode;
}

function Fold({ open, onToggle, node, children }: FoldProps) {
  const { selected, select } = useTraceView();
  return (
    <div className={css.foldCard} data-active={(node && node.span_id === selected) || undefined}>
      <div className={css.foldRow}>
        <button type="button" className={css.foldHead} aria-expanded={open} onClick={onToggle}>
          <IconChevronRight size={14} className={css.chevron} data-open={open || undefined} aria-hidden />
          {children}
        </button>
        {node ? (
          <button type="button" className={css.facts} onClick={() => select(node.span_id)}>
            <Facts node={node} below />
            <span className="visually-hidden">show details of {node.name}</span>
          </button>
        ) : null}
      </div>
      {node ? <Remarks node={node} /> : null}
    </div>
  );
}

interface CardProps {
  node: TraceNode;
  title: ReactNode;
  icon: ReactNode;
  /** Turned off where two cards show one span: its verdicts are told once. */
  remarks?: boolean;
  children?: ReactNode;
}

function Card({ node, title, icon, remarks = true, children }: CardProps) {
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
      {remarks ? <Remarks node={node} /> : null}
    </div>
  );
}

function Ask({ node }: { node: TraceNode }) {
  const { project, traceId } = useTraceView();
  const { data } = useSpan(project, traceId, node.span_id);
  const users = data?.content?.input_messages.filter((m) => m.role === "user") ?? [];
  return (
    <Card node={node} icon={<IconUser size={16} aria-hidden />} title={<b>Input</b>} remarks={false}>
      {users.length ? (
        users.slice(-1).map((m, i) => <PartsView key={String(i)} parts={m.parts} />)
      ) : (
        <Said text={data?.input ?? node.input_preview ?? ""} loading={!data} />
      )}
    </Card>
  );
}

function Answer({ node }: { node: TraceNode }) {
  const { project, traceId } = useTraceView();
  const { data } = useSpan(project, traceId, node.span_id);
  return (
    <Card node={node} icon={<KindIcon kind={node.kind} />} title={<b>Output</b>}>
      {data?.status_message ? <p className="bad">{data.status_message}</p> : null}
      <Said text={data?.output ?? node.output_preview ?? ""} loading={!data} />
    </Card>
  );
}

const LONG = 4000;
const MORE = 20_000;

/** Text of unknown make: JSON as a tree, anything else as Markdown, cut where a transcript would become a wall. */
function Said({ text, loading = false }: { text: string; loading?: boolean }) {
  const [limit, setLimit] = useState(LONG);
  const said = previewText(text);
  const json = said === text && text.length < MORE ? parsed(text) : undefined;
  if (!text) return <p className="faint">{loading ? "…" : "Nothing was recorded here."}</p>;
  if (json !== undefined) return <Json value={json} label="Value" />;
  return (
    <>
      <MarkdownText text={said.slice(0, limit)} />
      {said.length > limit ? (
        <p className="faint">
          {count(said.length - limit)} more characters.{" "}
          {limit < MORE ? (
            <Button size="compact-xs" variant="subtle" onClick={() => setLimit(MORE)}>
              Show more
            </Button>
          ) : (
            "All of them are in the details."
          )}
        </p>
      ) : null}
    </>
  );
}

function Model({ node, first, asked }: { node: TraceNode; first: boolean; asked: boolean }) {
  const { project, traceId } = useTraceView();
  const { data } = useSpan(project, traceId, node.span_id);
  const prompt = data?.content?.input_messages ?? [];
  const answer = data?.content?.output_messages ?? [];
  const system = first ? prompt.filter((m) => m.role === "system") : [];
  // A question that stands in no entry above is shown with the first turn that answers it.
  const question = first && !asked ? prompt.filter((m) => m.role === "user").slice(-1) : [];
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
      {system.map((message, i) => (
        <MessageView key={String(i)} message={message} folded />
      ))}
      {question.map((message, i) => (
        <MessageView key={String(i)} message={message} folded={lengthOf(message.parts) > 400} />
      ))}
      {question.length ? <hr className={css.turn} /> : null}
      {data?.status_message ? <p className="bad">{data.status_message}</p> : null}
      {answer.length ? (
        answer.map((message, i) => <PartsView key={String(i)} parts={message.parts} />)
      ) : (
        <Said text={data?.output ?? node.output_preview ?? ""} loading={!data} />
      )}
    </Card>
  );
}

function lengthOf(parts: { text: string }[]): number {
  return parts.reduce((sum, part) => sum + part.text.length, 0);
}

const DOCUMENTS = 5;

function Retrieval({ node }: { node: TraceNode }) {
  const { project, traceId } = useTraceView();
  const { data } = useSpan(project, traceId, node.span_id);
  const { input } = useHead(project, traceId, node);
  const documents = data?.content?.documents ?? [];
  if (!documents.length) return <Step node={node} />;
  return (
    <Card
      node={node}
      icon={<KindIcon kind={node.kind} />}
      title={
        <>
          <b className="cut">{node.name}</b>
          <code className="faint cut">{oneLine(data?.content?.query || previewText(input))}</code>
        </>
      }
    >
      <ul className={css.documents}>
        {documents.slice(0, DOCUMENTS).map((document, i) => (
          <li key={document.id || String(i)}>
            <code className="cut">{document.id || `document ${i + 1}`}</code>
            {document.score !== null ? (
              <Badge title="The retriever's own score">{document.score.toPrecision(3)}</Badge>
            ) : null}
            <span className="faint cut">{oneLine(document.content)}</span>
          </li>
        ))}
        {documents.length > DOCUMENTS ? (
          <li className="faint">and {documents.length - DOCUMENTS} more in the details</li>
        ) : null}
      </ul>
    </Card>
  );
}

function Step({ node }: { node: TraceNode }) {
  const { project, traceId } = useTraceView();
  const { input, output } = useHead(project, traceId, node);
  const failed = useSpan(project, traceId, node.span_id, node.status === "ERROR").data;
  const why = [failed?.error_type, failed?.status_message].filter(Boolean).join(": ");
  return (
    <Card
      node={node}
      icon={<KindIcon kind={node.kind} />}
      title={
        <>
          <b className="cut">{node.tool_name || node.name}</b>
          <code className="faint cut">{oneLine(previewText(input))}</code>
        </>
      }
    >
      {why ? <p className={`${css.result} bad`}>{oneLine(why)}</p> : null}
      {output ? (
        <p className={css.result}>
          <span className="faint" aria-hidden>
            →
          </span>{" "}
          {oneLine(previewText(output))}
        </p>
      ) : null}
    </Card>
  );
}
