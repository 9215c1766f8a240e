import { Button, Menu, Tabs } from "@mantine/core";
import { useClipboard, useHotkeys } from "@mantine/hooks";
import { IconCheck, IconCopy, IconDatabasePlus, IconDots, IconThumbDown, IconThumbUp } from "@tabler/icons-react";
import { useRef, useState } from "react";
import type { FieldMatch, SpanDetail } from "../../api/types";
import { count } from "../../ui/format";
import { KindIcon } from "../../ui/Kind";
import { Failure, Loading } from "../../ui/Notice";
import { AddSpans } from "../datasets/AddSpans";
import { AttributesTab } from "./AttributesTab";
import { useTraceView } from "./context";
import { cut } from "./find";
import { type Judgement, useJudge, verdict } from "./judging";
import type { TraceNode } from "./outline";
import { itemsOf } from "./PickBar";
import { useSpan } from "./queries";
import { ScoresTab } from "./ScoresTab";
import { SpanBadges } from "./SpanBadges";
import { SpanIO } from "./SpanIO";
import css from "./Trace.module.css";
import { useShowMatch } from "./useMarks";
import { VerdictToast } from "./VerdictToast";

interface Props {
  tab: string;
  onTab: (tab: string) => void;
  find: string;
  /** The hit of the search that is looked at, when it lies in this span. */
  hit?: FieldMatch;
}

/** Everything about the selected span. */
export function SpanPane({ tab, onTab, find, hit }: Props) {
  const { project, traceId, tree, selected } = useTraceView();
  const node = tree.nodes[tree.index.get(selected) ?? -1];
  const span = useSpan(project, traceId, selected);
  const judge = useJudge(project, traceId);
  const note = useRef<HTMLTextAreaElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [writing, setWriting] = useState(0);
  useShowMatch(panel, find, hit && span.data ? `${hit.field} ${hit.offset} ${tab}` : "");
  const give = (said: Judgement) => {
    judge.mutate(said);
    if (note.current) note.current.value = "";
  };
  const quick = (pass: boolean) => give(verdict(selected, pass, note.current?.value ?? ""));
  useHotkeys([
    ["P", () => quick(true)],
    ["F", () => quick(false)],
    [
      "N",
      () => {
        onTab("scores");
        setWriting(writing + 1);
      },
    ],
    ["Enter", () => panel.current?.focus()],
  ]);
  if (!node) return <section className={css.right} aria-label="Span" />;
  const scores = node.scores.length;
  return (
    <section className={css.right} aria-label="Span">
      <SpanHead node={node} span={span.data} give={quick} />
      <Tabs value={tab} onChange={(next) => onTab(next ?? "io")} keepMounted={false} className={css.tabs}>
        <Tabs.List>
          <Tabs.Tab value="io">Input / Output</Tabs.Tab>
          <Tabs.Tab value="attributes">
            Attributes{span.data ? <Count of={Object.keys(span.data.attributes).length} /> : null}
          </Tabs.Tab>
          <Tabs.Tab value="scores">
            Scores
            {scores ? <Count of={scores} /> : null}
          </Tabs.Tab>
        </Tabs.List>
        <div className={css.panel} ref={panel} role="region" aria-label="Details" tabIndex={0}>
          {hit ? <Match hit={hit} pattern={find} /> : null}
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
      <VerdictToast judge={judge} project={project} traceId={traceId} />
    </section>
  );
}

function Count({ of }: { of: number }) {
  return <span className={`${css.tabCount} num`}>{count(of)}</span>;
}

/** Where the search led: the field, the place in it, and the words around, also where the form shown folds them. */
function Match({ hit, pattern }: { hit: FieldMatch; pattern: string }) {
  const { before, match, after } = cut(hit, pattern);
  return (
    <section className={css.match} aria-label="Match">
      <p>
        <code>{hit.field}</code> <span className="faint">at character {count(hit.offset)}</span>
      </p>
      <p className="mono">
        {before}
        <mark>{match}</mark>
        {after}
      </p>
    </section>
  );
}

function SpanHead({ node, span, give }: { node: TraceNode; span?: SpanDetail; give: (pass: boolean) => void }) {
  return (
    <header className={css.spanHead}>
      <div className={css.spanTitle}>
        <KindIcon kind={node.kind} />
        <h2 className="cut" title={node.name}>
          {node.name || "(no name)"}
        </h2>
        <span className={css.verdicts}>
          <button type="button" className={css.verdict} data-pass onClick={() => give(true)} title="PASS (P)">
            <IconThumbUp size={13} aria-hidden /> PASS
          </button>
          <button type="button" className={css.verdict} onClick={() => give(false)} title="FAIL (F)">
            <IconThumbDown size={13} aria-hidden /> FAIL
          </button>
          <SpanMenu span={span} node={node} />
        </span>
      </div>
      <SpanBadges node={node} span={span} />
      {span?.status_message || span?.error_type ? (
        <p className={css.error}>
          {span.error_type ? <b>{span.error_type}: </b> : null}
          {span.status_message}
        </p>
      ) : null}
    </header>
  );
}

function SpanMenu({ node, span }: { node: TraceNode; span?: SpanDetail }) {
  const { project, traceId, pick, picked } = useTraceView();
  const [adding, setAdding] = useState(false);
  const clipboard = useClipboard({ timeout: 1200 });
  const copied = clipboard.copied ? <IconCheck size={14} /> : <IconCopy size={14} />;
  return (
    <>
      <Menu closeOnItemClick={false}>
        <Menu.Target>
          <Button size="compact-xs" aria-label="More for this span">
            <IconDots size={14} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={copied}
            disabled={!span}
            onClick={() => clipboard.copy(JSON.stringify(span, null, 2))}
          >
            {clipboard.copied ? "Copied" : "Copy the whole span as JSON"}
          </Menu.Item>
          <Menu.Item leftSection={copied} onClick={() => clipboard.copy(linkTo(node.span_id))}>
            Copy a link to this span
          </Menu.Item>
          <Menu.Item leftSection={<IconDatabasePlus size={14} />} closeMenuOnClick onClick={() => setAdding(true)}>
            Add to dataset
          </Menu.Item>
          <Menu.Item leftSection={<IconCheck size={14} />} closeMenuOnClick onClick={() => pick(node.span_id)}>
            {picked.has(node.span_id) ? "Take out of the selection (X)" : "Select with others (X)"}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {adding ? (
        <AddSpans {...itemsOf(traceId, [node.span_id])} project={project} onClose={() => setAdding(false)} />
      ) : null}
    </>
  );
}

function linkTo(spanId: string): string {
  const link = new URL(location.href);
  link.searchParams.set("span", spanId);
  return link.href;
}
