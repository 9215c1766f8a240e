import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { FieldMatch, Page, Score, SpanDetail, SpanRow } from "../../api/types";
import { batcher } from "./batch";
import { distinct } from "./find";
import type { TraceNode } from "./outline";

/** One batching loader per trace, so that all spans coming into sight are one request. */
function loaders<T extends { span_id: string }>(
  load: (project: string, traceId: string, ids: string[]) => Promise<T[]>,
) {
  let current = "";
  let loader: (id: string) => Promise<T>;
  return (project: string, traceId: string) => {
    const key = `${project} ${traceId}`;
    if (key !== current) {
      current = key;
      loader = batcher(
        (ids) => load(project, traceId, ids),
        (span) => span.span_id,
      );
    }
    return loader;
  };
}

const loaderOf = loaders<SpanDetail>(
  async (project, traceId, ids) =>
    (await get<{ items: SpanDetail[] }>(`/traces/${traceId}/spans`, { project, ids: ids.join(",") })).items,
);

const headLoaderOf = loaders<SpanRow>(async (project, traceId, ids) => {
  const list = ids.map((id) => JSON.stringify(id)).join(", ");
  const filter = `trace_id == ${JSON.stringify(traceId)} and span_id in [${list}]`;
  return (await get<Page<SpanRow>>("/spans", { project, filter, limit: ids.length })).items;
});

const HEAD = 300;

/** The first characters of what went in and came out: with the trace, or fetched once the span comes into sight. */
export function useHead(project: string, traceId: string, node: TraceNode): { input: string; output: string } {
  const known = node.input_preview !== null && node.output_preview !== null;
  const { data } = useQuery({
    queryKey: ["head", traceId, node.span_id],
    queryFn: async () => {
      const { input, output } = await headLoaderOf(project, traceId)(node.span_id);
      return { input: input.slice(0, HEAD), output: output.slice(0, HEAD) };
    },
    staleTime: 300_000,
    gcTime: 60_000,
    enabled: !known,
  });
  return { input: node.input_preview ?? data?.input ?? "", output: node.output_preview ?? data?.output ?? "" };
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
    select: (found) => ({ ...found, items: distinct(found.items) }),
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

/** What was said of the whole trace, also as the trial of an experiment. */
export function useTraceScores(project: string, traceId: string) {
  return useQuery({
    queryKey: ["scores", traceId, "trace"],
    queryFn: async ({ signal }): Promise<Page<Score>> => {
      const of = (target: string) =>
        get<Page<Score>>("/scores", { project, trace_id: traceId, target, limit: 200 }, signal);
      const [trace, trial] = await Promise.all([of("trace"), of("trial")]);
      return { items: [...trace.items, ...trial.items], next_cursor: trace.next_cursor || trial.next_cursor };
    },
  });
}

const REMARKS = 1000;

/** Everything that was said about the spans of a trace, newest first, up to a bound that the page tells. */
export function useRemarks(project: string, traceId: string, enabled: boolean) {
  return useQuery({
    queryKey: ["remarks", traceId],
    queryFn: ({ signal }) =>
      get<Page<Score>>("/scores", { project, trace_id: traceId, target: "span", limit: REMARKS }, signal),
    enabled,
  });
}
