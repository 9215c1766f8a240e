import { Button, SegmentedControl, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconDownload } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { get, save } from "../../api/client";
import type { FieldMatch, Score, SpanDetail } from "../../api/types";
import { Failure, Loading } from "../../ui/Notice";
import { PageFrame, PageHeader } from "../../ui/Page";
import { Split } from "../../ui/Split";
import { useProject } from "../shell/project";
import { TraceContext, type TraceView } from "./context";
import { FindBox } from "./FindBox";
import { tabOf } from "./find";
import { load } from "./load";
import type { Trace } from "./outline";
import { PickBar } from "./PickBar";
import { useFind, useRemarks } from "./queries";
import { SpanPane } from "./SpanPane";
import { TimelinePane } from "./TimelinePane";
import css from "./Trace.module.css";
import { TraceBadges } from "./TraceBadges";
import { TranscriptPane } from "./TranscriptPane";
import { TreePane } from "./TreePane";
import { firstShown, readsAsTranscript } from "./transcript";
import { forest, totals } from "./tree";
import { useMarks } from "./useMarks";

export function TracePage() {
  const { traceId } = useParams({ from: "/traces/$traceId" });
  const { project: named } = useSearch({ strict: false }) as { project?: string };
  const trace = useQuery(load(named ?? "", traceId));
  const crumb = <Link to="/traces">Traces</Link>;
  if (trace.isPending)
    return (
      <PageFrame header={<PageHeader crumb={crumb} title={`Trace ${traceId.slice(0, 8)}`} />}>
        <Loading what="Opening the trace" />
      </PageFrame>
    );
  if (trace.error)
    return (
      <PageFrame header={<PageHeader crumb={crumb} title={`Trace ${traceId.slice(0, 8)}`} />}>
        <Failure error={trace.error} retry={() => trace.refetch()} />
      </PageFrame>
    );
  return <TraceBody trace={trace.data} queryProject={named ?? ""} />;
}

const VIEWS = ["transcript", "tree", "timeline"];
const NOBODY: ReadonlySet<string> = new Set();

function TraceBody({ trace, queryProject }: { trace: Trace; queryProject: string }) {
  const { summary, nodes } = trace;
  const search = useSearch({ from: "/traces/$traceId" });
  const navigate = useNavigate({ from: "/traces/$traceId" });
  const current = useProject();
  const project = summary.project || queryProject || current;
  const traceId = summary.trace_id;
  const body = useRef<HTMLDivElement>(null);
  const [picked, setPicked] = useState(NOBODY);
  const tree = useMemo(() => forest(nodes), [nodes]);
  const used = useMemo(() => totals(tree), [tree]);
  const remarks = useGrouped(project, trace);
  const find = search.find ?? "";
  const found = useFind(project, traceId, find);
  const hits = useMemo(() => {
    const counts = new Map<string, number>();
    for (const hit of found.data?.items ?? []) counts.set(hit.span_id, (counts.get(hit.span_id) ?? 0) + 1);
    return counts;
  }, [found.data]);
  const set = useCallback(
    (next: Partial<typeof search>) => navigate({ search: (old) => ({ ...old, ...next }), replace: true }),
    [navigate],
  );
  const view = search.view ?? (readsAsTranscript(nodes) ? "transcript" : "tree");
  const first = useMemo(() => (view === "transcript" ? firstShown(tree) : tree.roots[0]?.span_id), [tree, view]);
  const selected = search.span && tree.index.has(search.span) ? search.span : (first ?? "");
  const select = useCallback((span: string) => set({ span, hit: undefined }), [set]);
  const pick = useCallback(
    (span: string) =>
      setPicked((old) => {
        const next = new Set(old);
        if (!next.delete(span)) next.add(span);
        return next;
      }),
    [],
  );
  const go = (hit: FieldMatch, at: number) => set({ span: hit.span_id, tab: tabOf(hit.field), hit: String(at) });
  const at = search.hit && find ? Number(search.hit) : -1;
  const hit = found.data?.items[at];
  useMarks(body, find);
  useHotkeys([
    ...VIEWS.map((name, i): [string, () => void] => [String(i + 1), () => set({ view: name })]),
    ["X", () => pick(selected)],
  ]);
  const shared = useMemo<TraceView>(
    () => ({ project, traceId, summary, tree, totals: used, selected, select, hits, remarks, picked, pick }),
    [project, traceId, summary, tree, used, selected, select, hits, remarks, picked, pick],
  );
  const zoom = search.zoom && tree.index.has(search.zoom) ? search.zoom : "";

  return (
    <TraceContext value={shared}>
      <PageFrame
        header={
          <PageHeader
            crumb={<Link to="/traces">Traces</Link>}
            title={summary.name || "(no name)"}
            below={<TraceBadges summary={summary} nodes={nodes} />}
            actions={<ExportButton project={project} trace={trace} />}
          />
        }
      >
        <div ref={body} className={css.body}>
          <Split
            label="Width of the steps"
            storageKey="evalwright-trace-split"
            left={
              <section className={css.left} aria-label="Steps">
                <div className={css.leftBar}>
                  <SegmentedControl
                    aria-label="View"
                    value={view}
                    onChange={(next) => set({ view: next })}
                    data={VIEWS.map((value) => ({ value, label: value[0]?.toUpperCase() + value.slice(1) }))}
                  />
                  <FindBox
                    pattern={find}
                    onFind={(next) => set({ find: next || undefined, hit: undefined })}
                    found={found}
                    at={at}
                    onGo={go}
                  />
                </div>
                {view === "transcript" ? (
                  <TranscriptPane />
                ) : view === "timeline" ? (
                  <TimelinePane zoom={zoom} onZoom={(span) => set({ zoom: span || undefined })} />
                ) : (
                  <TreePane />
                )}
                {picked.size ? (
                  <PickBar project={project} traceId={traceId} picked={picked} onClear={() => setPicked(NOBODY)} />
                ) : null}
              </section>
            }
            right={
              <SpanPane
                key={selected}
                tab={search.tab ?? "io"}
                onTab={(tab) => set({ tab })}
                find={find}
                hit={hit?.span_id === selected ? hit : undefined}
              />
            }
          />
        </div>
      </PageFrame>
    </TraceContext>
  );
}

/** What was said of single spans, by span; asked for only where somebody said something. */
function useGrouped(project: string, { summary, nodes }: Trace): ReadonlyMap<string, Score[]> {
  const judged = useMemo(() => nodes.some((node) => node.scores.length > 0), [nodes]);
  const { data } = useRemarks(project, summary.trace_id, judged);
  return useMemo(() => {
    const groups = new Map<string, Score[]>();
    for (const score of data?.items ?? []) {
      const group = groups.get(score.span_id);
      if (group) group.push(score);
      else groups.set(score.span_id, [score]);
    }
    return groups;
  }, [data]);
}

const CHUNK = 50;

/** The whole trace as one JSON document, spans with all they carry, fetched in steps. */
async function exportTrace(project: string, trace: Trace): Promise<void> {
  const spans: SpanDetail[] = [];
  for (let i = 0; i < trace.nodes.length; i += CHUNK) {
    const ids = trace.nodes.slice(i, i + CHUNK).map((node) => node.span_id);
    const answer = await get<{ items: SpanDetail[] }>(`/traces/${trace.summary.trace_id}/spans`, {
      project,
      ids: ids.join(","),
    });
    spans.push(...answer.items);
  }
  const text = JSON.stringify({ summary: trace.summary, spans }, null, 2);
  save(new Blob([text], { type: "application/json" }), `trace-${trace.summary.trace_id}.json`);
}

function ExportButton({ project, trace }: { project: string; trace: Trace }) {
  const run = useMutation({ mutationFn: () => exportTrace(project, trace) });
  return (
    <Tooltip label={run.error ? run.error.message : "The whole trace with every attribute, as JSON"}>
      <Button leftSection={<IconDownload size={14} />} loading={run.isPending} onClick={() => run.mutate()}>
        Export
      </Button>
    </Tooltip>
  );
}
