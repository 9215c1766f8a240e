import { Tabs } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconThumbDown, IconThumbUp } from "@tabler/icons-react";
import { useRef, useState } from "react";
import type { SpanDetail, SpanNode } from "../../api/types";
import { Badge } from "../../ui/Badge";
import { CopyId } from "../../ui/Copy";
import { cost, count, duration, fullTime, when } from "../../ui/format";
import { KindIcon } from "../../ui/Kind";
import { Failure, Loading } from "../../ui/Notice";
import { AttributesTab } from "./AttributesTab";
import { useTraceView } from "./context";
import { useAddVerdict, useSpan } from "./queries";
import { ScoresTab } from "./ScoresTab";
import { SpanIO } from "./SpanIO";
import css from "./Trace.module.css";
import { VerdictToast } from "./VerdictToast";

/** Everything about the selected span. */
export function SpanPane({ tab, onTab }: { tab: string; onTab: (tab: string) => void }) {
  const { project, traceId, tree, selected } = useTraceView();
  const node = tree.nodes[tree.index.get(selected) ?? -1];
  const span = useSpan(project, traceId, selected);
  const verdict = useAddVerdict(project, traceId);
  const note = useRef<HTMLTextAreaElement>(null);
  const give = (pass: boolean) => {
    verdict.mutate({ spanId: selected, pass, note: note.current?.value ?? "" });
    if (note.current) note.current.value = "";
  };
  const [writing, setWriting] = useState(0);
  const write = () => {
    onTab("scores");
    setWriting(writing + 1);
  };
  useHotkeys([
    ["P", () => give(true)],
    ["F", () => give(false)],
    ["N", write],
  ]);
  if (!node) return <section className={css.right} aria-label="Span" />;
  return (
    <section className={css.right} aria-label="Span">
      <SpanHead node={node} span={span.data} give={give} />
      <Tabs value={tab} onChange={(next) => onTab(next ?? "io")} keepMounted={false} className={css.tabs}>
        <Tabs.List>
          <Tabs.Tab value="io">Input / Output</Tabs.Tab>
          <Tabs.Tab value="attributes">Attributes</Tabs.Tab>
          <Tabs.Tab value="scores">Scores</Tabs.Tab>
        </Tabs.List>
        <div className={css.panel} role="region" aria-label="Details" tabIndex={0}>
          {span.error ? (
            <Failure error={span.error} retry={() => span.refetch()} />
          ) : span.isPending ? (
            <Loading />
          ) : (
            <>
              <Tabs.Panel value="io">
                <SpanIO span={span.data} />
              </Tabs.Panel>
              <Tabs.Panel value="attributes">
                <AttributesTab span={span.data} />
              </Tabs.Panel>
              <Tabs.Panel value="scores">
                <ScoresTab noteRef={note} writing={writing} give={give} />
              </Tabs.Panel>
            </>
          )}
        </div>
      </Tabs>
      <VerdictToast verdict={verdict} project={project} traceId={traceId} />
    </section>
  );
}

function SpanHead({ node, span, give }: { node: SpanNode; span?: SpanDetail; give: (pass: boolean) => void }) {
  const share = node.latency_share * 100;
  return (
    <header className={css.spanHead}>
      <div className={css.spanTitle}>
        <KindIcon kind={node.kind} />
        <h2 className="cut">{node.name || "(no name)"}</h2>
        <span className={css.verdicts}>
          <button type="button" className={css.verdict} data-pass onClick={() => give(true)} title="PASS (P)">
            <IconThumbUp size={13} aria-hidden /> PASS
          </button>
          <button type="button" className={css.verdict} onClick={() => give(false)} title="FAIL (F)">
            <IconThumbDown size={13} aria-hidden /> FAIL
          </button>
        </span>
      </div>
      <div className={css.badges}>
        <CopyId value={node.span_id} label="span id" />
        <Badge tone={node.status === "ERROR" ? "bad" : "plain"}>{node.status === "ERROR" ? "ERROR" : node.kind}</Badge>
        <Badge title={`${share.toFixed(share < 10 ? 1 : 0)}% of the trace's time is this span's own`}>
          {duration(node.duration_ms)}
        </Badge>
        {node.model ? <Badge>{node.model}</Badge> : null}
        {node.input_tokens !== null || node.output_tokens !== null ? (
          <Badge title={usageText(node, span)}>
            {count(node.input_tokens)} → {count(node.output_tokens)} tokens{node.usage_rollup ? " (roll-up)" : ""}
          </Badge>
        ) : null}
        {node.cost_source === "unpriced" ? (
          <Badge tone="warn" title="Tokens are known, but this model has no known price">
            unpriced
          </Badge>
        ) : node.cost !== null ? (
          <Badge
            title={node.cost_source === "reported" ? "As the sender reported it" : "From tokens and the price list"}
          >
            {cost(node.cost)}
          </Badge>
        ) : null}
        {span?.ttft_ms ? <Badge title="Time to the first token">first token {duration(span.ttft_ms)}</Badge> : null}
        <Badge title={fullTime(node.start_time)}>{when(node.start_time)}</Badge>
      </div>
      {span?.status_message || span?.error_type ? (
        <p className={css.error}>
          {span.error_type ? <b>{span.error_type}: </b> : null}
          {span.status_message}
        </p>
      ) : null}
    </header>
  );
}

function usageText(node: SpanNode, span?: SpanDetail): string {
  const extras = span
    ? [
        ["cache reads", span.cache_read_tokens],
        ["cache writes", span.cache_write_tokens],
        ["reasoning", span.reasoning_tokens],
      ]
        .filter(([, n]) => n !== null && n !== undefined)
        .map(([label, n]) => `${count(n as number)} ${label}`)
    : [];
  const rollup = node.usage_rollup ? ["repeats what the steps below used, not added to the total"] : [];
  return [`${count(node.input_tokens)} in, ${count(node.output_tokens)} out`, ...extras, ...rollup].join(", ");
}
