import { useMutation, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import type { Page, Score, ScoreSummary } from "../../api/types";
import type { Trace } from "./outline";

/** What a reader says of a span, or of the whole trace where `spanId` is empty. */
export interface Judgement {
  spanId: string;
  name: string;
  type: "boolean" | "numeric" | "categorical";
  value: number | null;
  label: string;
  note: string;
}

/** What stands where a reader's judgement was taken back and none was before. */
export const TAKEN_BACK = "taken back by its author";

/** The name of the score that P and F write. */
export const VERDICT = "verdict";

const READER = "evalwright-reader";

export function verdict(spanId: string, pass: boolean, note: string): Judgement {
  return { spanId, name: VERDICT, type: "boolean", value: pass ? 1 : 0, label: pass ? "PASS" : "FAIL", note };
}

/** One id per reader, place and name: a second thought replaces the first, and two readers do not overwrite each other. */
function scoreId(traceId: string, { spanId, name }: Judgement): string {
  const reader = localStorage.getItem(READER) ?? Math.random().toString(36).slice(2, 12);
  localStorage.setItem(READER, reader);
  const what = name === VERDICT ? "" : `_${encodeURIComponent(name)}`;
  return `sc_${reader}_${traceId}_${spanId || "trace"}${what}`;
}

/** Stores a judgement; the answer is the reader's own before it, for `useTakeBack`. */
export function useJudge(project: string, traceId: string) {
  const told = useTold(project, traceId);
  return useMutation({
    mutationFn: async (said: Judgement): Promise<Score | null> => {
      const id = scoreId(traceId, said);
      const about = said.spanId ? { span_id: said.spanId } : { target: "trace" };
      const scores = await get<Page<Score>>("/scores", {
        project,
        trace_id: traceId,
        name: said.name,
        limit: 200,
        ...about,
      });
      const { value, label, note } = said;
      await post("/scores", { scores: [{ ...place(project, traceId, said), value, label, explanation: note, id }] });
      return scores.items.find((score) => score.id === id && score.status === "scored") ?? null;
    },
    onSuccess: (_before, said) => told(said, said),
  });
}

/** Puts back what stood before; where nothing did, the judgement is marked as taken back and counts no more. */
export function useTakeBack(project: string, traceId: string) {
  const told = useTold(project, traceId);
  return useMutation({
    mutationFn: ({ said, before }: { said: Judgement; before: Score | null }) => {
      const again = before
        ? { value: before.value, label: before.label, explanation: before.explanation }
        : { status: "skipped", reason: TAKEN_BACK };
      return post("/scores", { scores: [{ ...place(project, traceId, said), ...again, id: scoreId(traceId, said) }] });
    },
    onSuccess: (_answer, { said, before }) => told(said, before),
  });
}

function place(project: string, traceId: string, { spanId, name, type }: Judgement) {
  const about = spanId ? { target: "span", span_id: spanId } : { target: "trace" };
  return { project, trace_id: traceId, ...about, name, type, source: "human" };
}

/** Shows a changed judgement everywhere on the page. */
function useTold(project: string, traceId: string) {
  const queries = useQueryClient();
  return (said: Judgement, now: Pick<Score, "value" | "label"> | null) => {
    queries.invalidateQueries({ queryKey: ["scores", traceId, said.spanId || "trace"] });
    queries.invalidateQueries({ queryKey: ["remarks", traceId] });
    for (const key of [project, ""])
      queries.setQueryData<Trace>(["trace", traceId, key], (old) => old && marked(old, said, now));
  };
}

/** The trace with the badge in its place: fetching 30,000 nodes again for one badge would be waste. */
export function marked(trace: Trace, said: Judgement, now: Pick<Score, "value" | "label"> | null): Trace {
  const badge = now && { name: said.name, count: 1, mean: now.value, label: now.label, errored: 0, type: said.type };
  const others = (scores: ScoreSummary[]) => [...scores.filter((s) => s.name !== said.name), ...(badge ? [badge] : [])];
  if (!said.spanId) return { ...trace, summary: { ...trace.summary, scores: others(trace.summary.scores) } };
  const nodes = trace.nodes.map((node) =>
    node.span_id === said.spanId ? { ...node, scores: others(node.scores) } : node,
  );
  return { ...trace, nodes };
}
