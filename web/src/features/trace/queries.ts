import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import type { FieldMatch, Page, Score, SpanDetail, TraceTree } from "../../api/types";
import { batcher } from "./batch";

export function useTrace(project: string, traceId: string) {
  return useQuery({
    queryKey: ["trace", traceId, project],
    queryFn: ({ signal }) => get<TraceTree>(`/traces/${traceId}`, { project }, signal),
    staleTime: 60_000,
  });
}

const loaders = new Map<string, (id: string) => Promise<SpanDetail>>();

/** One batching loader per trace, so that all spans coming into sight are one request. */
function loaderOf(project: string, traceId: string) {
  const key = `${project} ${traceId}`;
  let loader = loaders.get(key);
  if (!loader) {
    loader = batcher(
      async (ids) =>
        (await get<{ items: SpanDetail[] }>(`/traces/${traceId}/spans`, { project, ids: ids.join(",") })).items,
      (span) => span.span_id,
    );
    loaders.clear();
    loaders.set(key, loader);
  }
  return loader;
}

export function useSpan(project: string, traceId: string, spanId: string, enabled = true) {
  return useQuery({
    queryKey: ["span", traceId, spanId],
    queryFn: () => loaderOf(project, traceId)(spanId),
    staleTime: 300_000,
    gcTime: 60_000,
    enabled: enabled && Boolean(spanId),
  });
}

export function useFind(project: string, traceId: string, pattern: string) {
  return useQuery({
    queryKey: ["find", traceId, pattern],
    queryFn: ({ signal }) =>
      get<{ items: FieldMatch[]; truncated: boolean }>(
        `/traces/${traceId}/search`,
        { project, pattern, limit: 500 },
        signal,
      ),
    enabled: pattern.length > 0,
    retry: false,
  });
}

export function useScores(project: string, traceId: string, spanId: string) {
  return useQuery({
    queryKey: ["scores", traceId, spanId],
    queryFn: ({ signal }) =>
      get<Page<Score>>("/scores", { project, trace_id: traceId, span_id: spanId, limit: 200 }, signal),
    enabled: Boolean(spanId),
  });
}

export function useTraceScores(project: string, traceId: string) {
  return useQuery({
    queryKey: ["scores", traceId, "trace"],
    queryFn: ({ signal }) =>
      get<Page<Score>>("/scores", { project, trace_id: traceId, target: "trace", limit: 200 }, signal),
  });
}

export interface NewVerdict {
  spanId: string;
  pass: boolean;
  note: string;
}

/** What stands where a reader's verdict was taken back and none was before. */
export const TAKEN_BACK = "taken back by its author";

/** The name of the score that P and F write. */
export const VERDICT = "verdict";

const READER = "evalwright-reader";

/** One id per reader and span: a second thought replaces the first, and two readers do not overwrite each other. */
function verdictId(traceId: string, spanId: string): string {
  const reader = localStorage.getItem(READER) ?? Math.random().toString(36).slice(2, 12);
  localStorage.setItem(READER, reader);
  return `sc_${reader}_${traceId}_${spanId}`;
}

/** Gives a verdict; the answer is the reader's own verdict before it, for `useTakeBack`. */
export function useAddVerdict(project: string, traceId: string) {
  const told = useTold(project, traceId);
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ spanId, pass, note }: NewVerdict): Promise<Score | null> => {
      const id = verdictId(traceId, spanId);
      const known = queries.getQueryData<Page<Score>>(["scores", traceId, spanId]);
      const scores = known ?? (await get<Page<Score>>("/scores", { project, trace_id: traceId, span_id: spanId }));
      const said = { value: pass ? 1 : 0, label: pass ? "PASS" : "FAIL", explanation: note };
      await post("/scores", { scores: [{ ...verdict(project, traceId, spanId), ...said, id }] });
      return scores.items.find((score) => score.id === id && score.status === "scored") ?? null;
    },
    onSuccess: (_before, { spanId, pass }) => told(spanId, pass),
  });
}

/** Puts back what stood before a verdict; where nothing did, the verdict is marked as taken back and counts no more. */
export function useTakeBack(project: string, traceId: string) {
  const told = useTold(project, traceId);
  return useMutation({
    mutationFn: ({ spanId, before }: { spanId: string; before: Score | null }) => {
      const said = before
        ? { value: before.value, label: before.label, explanation: before.explanation }
        : { status: "skipped", reason: TAKEN_BACK };
      const id = verdictId(traceId, spanId);
      return post("/scores", { scores: [{ ...verdict(project, traceId, spanId), ...said, id }] });
    },
    onSuccess: (_answer, { spanId, before }) => told(spanId, before ? before.value === 1 : null),
  });
}

function verdict(project: string, traceId: string, spanId: string) {
  const about = { project, target: "span", trace_id: traceId, span_id: spanId };
  return { ...about, name: VERDICT, type: "boolean", source: "human" };
}

/** Shows a changed verdict everywhere on the page. */
function useTold(project: string, traceId: string) {
  const queries = useQueryClient();
  return (spanId: string, pass: boolean | null) => {
    queries.invalidateQueries({ queryKey: ["scores", traceId, spanId] });
    queries.setQueryData<TraceTree>(["trace", traceId, project], (old) => old && marked(old, spanId, pass));
  };
}

/** The tree with the verdict on its node: fetching 30,000 nodes again for one badge would be waste. */
function marked(tree: TraceTree, spanId: string, pass: boolean | null): TraceTree {
  const badge = { name: VERDICT, count: 1, mean: pass ? 1 : 0, label: pass ? "PASS" : "FAIL", errored: 0 };
  const given = pass === null ? [] : [badge];
  const nodes = tree.nodes.map((node) =>
    node.span_id === spanId ? { ...node, scores: [...node.scores.filter((s) => s.name !== VERDICT), ...given] } : node,
  );
  return { ...tree, nodes };
}
