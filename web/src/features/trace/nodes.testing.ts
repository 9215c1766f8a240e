import type { TraceNode } from "./outline";

interface Options {
  kind?: TraceNode["kind"];
  status?: TraceNode["status"];
  at?: number;
  ms?: number;
  says?: string;
  orphan?: boolean;
}

/** A node for tests: its name is its id. */
export function node(id: string, parent = "", options: Options = {}): TraceNode {
  const { kind = "OTHER", status = "OK", at = 0, ms = 10, says = `${id} says`, orphan = false } = options;
  return {
    span_id: id,
    parent_span_id: parent,
    name: id,
    kind,
    start: Date.UTC(2026, 0, 1) + at,
    duration_ms: ms,
    status,
    model: "",
    agent_name: "",
    tool_name: "",
    input_tokens: null,
    output_tokens: null,
    cost: null,
    cost_source: "",
    usage_rollup: false,
    input_preview: kind === "AGENT" ? "What is asked?" : "",
    output_preview: says,
    flags: [],
    orphan,
    latency_share: 0,
    scores: [],
  };
}
