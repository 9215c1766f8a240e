import { Button, SegmentedControl, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { get, save } from "../../api/client";
import type { SpanDetail, TraceTree } from "../../api/types";
import { Failure, Loading } from "../../ui/Notice";
import { PageFrame, PageHeader } from "../../ui/Page";
import { Split } from "../../ui/Split";
import { useProject } from "../shell/project";
import { TraceContext, type TraceView } from "./context";
import { FindBox } from "./FindBox";
import { useFind, useTrace } from "./queries";
import { SpanPane } from "./SpanPane";
import { TimelinePane } from "./TimelinePane";
import css from "./Trace.module.css";
import { TraceBadges } from "./TraceBadges";
import { TranscriptPane } from "./TranscriptPane";
import { TreePane } from "./TreePane";
import { readsAsTranscript } from "./transcript";
import { forest } from "./tree";

export function TracePage() {
  const { traceId } = useParams({ from: "/traces/$traceId" });
  const { project: named } = useSearch({ strict: false }) as { project?: string };
  const trace = useTrace(named ?? "", traceId);
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

function TraceBody({ trace, queryProject }: { trace: TraceTree; queryProject: string }) {
  const { summary, nodes } = trace;
  const search = useSearch({ from: "/traces/$traceId" });
  const navigate = useNavigate({ from: "/traces/$traceId" });
  const current = useProject();
  const project = summary.project || queryProject || current;
  const traceId = summary.trace_id;
  const tree = useMemo(() => forest(nodes), [nodes]);
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
  const select = useCallback((span: string) => set({ span }), [set]);
  const selected = search.span && tree.index.has(search.span) ? search.span : (tree.roots[0]?.span_id ?? "");
  const view = search.view ?? (readsAsTranscript(nodes) ? "transcript" : "tree");
  useHotkeys(VIEWS.map((name, i) => [String(i + 1), () => set({ view: name })]));
  const shared = useMemo<TraceView>(
    () => ({ project, traceId, tree, selected, select, hits }),
    [project, traceId, tree, selected, select, hits],
  );

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
                <FindBox pattern={find} onFind={(next) => set({ find: next || undefined })} found={found} />
              </div>
              {view === "transcript" ? <TranscriptPane /> : view === "timeline" ? <TimelinePane /> : <TreePane />}
            </section>
          }
          right={<SpanPane key={selected} tab={search.tab ?? "io"} onTab={(tab) => set({ tab })} />}
        />
      </PageFrame>
    </TraceContext>
  );
}

const CHUNK = 50;

/** The whole trace as one JSON document, spans with all they carry, fetched in steps. */
async function exportTrace(project: string, trace: TraceTree): Promise<void> {
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

function ExportButton({ project, trace }: { project: string; trace: TraceTree }) {
  const run = useMutation({ mutationFn: () => exportTrace(project, trace) });
  return (
    <Tooltip label={run.error ? run.error.message : "The whole trace with every attribute, as JSON"}>
      <Button leftSection={<IconDownload size={14} />} loading={run.isPending} onClick={() => run.mutate()}>
        Export
      </Button>
    </Tooltip>
  );
}
