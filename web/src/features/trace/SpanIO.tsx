import { SegmentedControl } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { type ReactNode, useMemo } from "react";
import type { Document, Message, SpanContent, SpanDetail } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { CopyButton } from "../../ui/Copy";
import { plural } from "../../ui/format";
import { Json, JsonTree } from "../../ui/JsonTree";
import { MarkdownText } from "../../ui/MarkdownText";
import { RawText } from "../../ui/RawText";
import { MessageView } from "./MessageView";
import css from "./Trace.module.css";

type Form = "formatted" | "json" | "raw";

export function SpanIO({ span }: { span: SpanDetail }) {
  const [form, setForm] = useLocalStorage<Form>({ key: "evalwright-io-form", defaultValue: "formatted" });
  const content = span.content;
  return (
    <div className={css.io}>
      <SegmentedControl
        aria-label="Form"
        value={form}
        onChange={(next) => setForm(next as Form)}
        data={[
          { value: "formatted", label: "Formatted" },
          { value: "json", label: "JSON" },
          { value: "raw", label: "Raw" },
        ]}
      />
      <Block title="Input" text={span.input}>
        <Side form={form} text={span.input} messages={content?.input_messages} tool={content?.tool_arguments} folded />
        {form === "formatted" ? <Extras content={content} /> : null}
      </Block>
      <Block title="Output" text={span.output}>
        <Side form={form} text={span.output} messages={content?.output_messages} tool={content?.tool_result} />
        {form === "formatted" && content?.documents.length ? <Documents documents={content.documents} /> : null}
      </Block>
    </div>
  );
}

function Block({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section className={css.block} aria-label={title}>
      <header>
        <h3>{title}</h3>
        {text ? <CopyButton value={text} label={`Copy ${title.toLowerCase()}`} /> : null}
      </header>
      {children}
    </section>
  );
}

/** The JSON that a text holds; undefined for any other text. */
export function parsed(text: string): unknown {
  const first = text.trimStart()[0];
  if (first !== "{" && first !== "[") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface SideProps {
  form: Form;
  text: string;
  messages?: Message[];
  tool?: unknown;
  folded?: boolean;
}

function Side({ form, text, messages, tool, folded }: SideProps) {
  const json = useMemo(() => parsed(text), [text]);
  if (form === "raw") return text ? <RawText text={text} label="Raw value" /> : <Nothing />;
  if (form === "json") {
    const value = json ?? (messages?.length ? messages : (tool ?? text));
    return value ? <JsonTree value={value} label="As JSON" /> : <Nothing />;
  }
  if (messages?.length)
    return (
      <>
        {messages.map((message, i) => (
          <MessageView
            key={`${message.role} ${String(i)}`}
            message={message}
            folded={folded && message.role === "system"}
          />
        ))}
      </>
    );
  if (tool !== null && tool !== undefined && typeof tool !== "string") return <Json value={tool} label="Value" />;
  if (json !== undefined) return <Json value={json} label="Value" />;
  return text ? <MarkdownText text={text} /> : <Nothing />;
}

function Nothing() {
  return <p className="faint">The source recorded nothing here.</p>;
}

function Extras({ content }: { content?: SpanContent }) {
  if (!content) return null;
  const parameters = Object.keys(content.parameters).length;
  return (
    <>
      {content.query ? <p>Query: {content.query}</p> : null}
      {content.tools.length ? (
        <details className={css.message}>
          <summary>{plural(content.tools.length, "tool")} offered</summary>
          {content.tools.map((tool) => (
            <details key={tool.name} className={css.message}>
              <summary>
                <b>{tool.name}</b> <span className="faint cut">{tool.description}</span>
              </summary>
              <JsonTree value={tool.parameters} label={`Parameters of ${tool.name}`} />
            </details>
          ))}
        </details>
      ) : null}
      {parameters ? (
        <details className={css.message}>
          <summary>{plural(parameters, "model parameter")}</summary>
          <JsonTree value={content.parameters} label="Model parameters" />
        </details>
      ) : null}
      {content.prompt_template ? (
        <details className={css.message}>
          <summary>Prompt template</summary>
          <RawText text={content.prompt_template} label="Prompt template" />
          <JsonTree value={content.prompt_variables} label="Prompt variables" />
        </details>
      ) : null}
    </>
  );
}

function Documents({ documents }: { documents: Document[] }) {
  return (
    <>
      {documents.map((document, i) => (
        <details key={document.id || String(i)} className={css.message} open={i < 3}>
          <summary>
            <span className={css.role}>{document.id || `document ${i + 1}`}</span>
            {document.score !== null ? (
              <Badge title="The retriever's own score">{document.score.toPrecision(3)}</Badge>
            ) : null}
          </summary>
          <MarkdownText text={document.content} />
          {Object.keys(document.metadata).length ? <JsonTree value={document.metadata} label="Metadata" /> : null}
        </details>
      ))}
    </>
  );
}
