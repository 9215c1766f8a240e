import type { ScoreSummary, TraceOutline, TraceSummary } from "../../api/types";
import { instant } from "../../ui/format";

/** One span of a trace as the page draws it. Times are milliseconds since the epoch. */
export interface TraceNode {
  span_id: string;
  parent_span_id: string;
  name: string;
  kind: string;
  status: string;
  start: number;
  duration_ms: number;
  model: string;
  agent_name: string;
  tool_name: string;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
  cost_source: string;
  usage_rollup: boolean;
  /** Null where the trace is too long to carry them: those in sight are fetched. */
  input_preview: string | null;
  output_preview: string | null;
  flags: string[];
  orphan: boolean;
  latency_share: number;
  scores: ScoreSummary[];
}

export interface Trace {
  summary: TraceSummary;
  nodes: TraceNode[];
}

const NO_FLAGS: string[] = [];
const NO_SCORES: ScoreSummary[] = [];

/** The nodes of a trace from its columns. */
export function traceOf(outline: TraceOutline): Trace {
  const { texts, span_ids, parents, absent_parents, cost_sources, flags, scores } = outline;
  const start = instant(outline.start_time);
  const rollups = new Set(outline.rollups);
  const previews = outline.input_previews.length === span_ids.length;
  const text = (column: number[], i: number) => texts[column[i] ?? -1] ?? "";
  const nodes = span_ids.map((id, i): TraceNode => {
    const cost = outline.costs[i] ?? null;
    const absent = absent_parents[id];
    return {
      span_id: id,
      parent_span_id: absent ?? span_ids[parents[i] ?? -1] ?? "",
      name: text(outline.names, i),
      kind: text(outline.kinds, i),
      status: text(outline.statuses, i),
      start: start + (outline.start_ms[i] ?? 0),
      duration_ms: outline.length_ms[i] ?? 0,
      model: text(outline.models, i),
      agent_name: text(outline.agents, i),
      tool_name: text(outline.tools, i),
      input_tokens: outline.input_tokens[i] ?? null,
      output_tokens: outline.output_tokens[i] ?? null,
      cost,
      cost_source: cost_sources[id] ?? (cost === null ? "" : "computed"),
      usage_rollup: rollups.has(i),
      input_preview: previews ? (outline.input_previews[i] ?? "") : null,
      output_preview: previews ? (outline.output_previews[i] ?? "") : null,
      flags: flags[id] ?? NO_FLAGS,
      orphan: absent !== undefined,
      latency_share: outline.latency_shares[i] ?? 0,
      scores: scores[id] ?? NO_SCORES,
    };
  });
  return { summary: outline.summary, nodes };
}
