import { describe, expect, it } from "vitest";
import type { TraceOutline } from "../../api/types";
import { traceOf } from "./outline";

const outline: TraceOutline = {
  summary: {} as TraceOutline["summary"],
  start_time: "2026-01-01T00:00:00.000000000Z",
  texts: ["root", "AGENT", "OK", "", "step", "LLM", "ERROR", "m-1"],
  span_ids: ["a", "b", "c"],
  parents: [-1, 0, -1],
  names: [0, 4, 4],
  kinds: [1, 5, 5],
  statuses: [2, 6, 2],
  models: [3, 7, 7],
  agents: [3, 3, 3],
  tools: [3, 3, 3],
  start_ms: [0, 1.5, 2],
  length_ms: [10, 2, 3],
  latency_shares: [0.5, 0.2, 0.3],
  input_tokens: [null, 5, 6],
  output_tokens: [null, 7, 8],
  costs: [null, 0.25, null],
  rollups: [1],
  absent_parents: { c: "gone" },
  cost_sources: { c: "unpriced" },
  flags: { c: ["truncated"] },
  scores: {},
  input_previews: ["hi", "", ""],
  output_previews: ["ho", "", ""],
};

describe("traceOf", () => {
  it("gives every span what its columns say", () => {
    const [root, step] = traceOf(outline).nodes;
    expect(root).toMatchObject({ name: "root", kind: "AGENT", parent_span_id: "", cost: null, cost_source: "" });
    expect(root?.start).toBe(Date.UTC(2026, 0, 1));
    expect(step).toMatchObject({ parent_span_id: "a", status: "ERROR", model: "m-1", duration_ms: 2, cost: 0.25 });
    expect(step).toMatchObject({ cost_source: "computed", usage_rollup: true, start: Date.UTC(2026, 0, 1) + 1.5 });
  });
  it("keeps an orphan's parent, what was repaired, and that a cost is unknown", () => {
    const lost = traceOf(outline).nodes[2];
    expect(lost).toMatchObject({ orphan: true, parent_span_id: "gone", flags: ["truncated"], cost: null });
    expect(lost?.cost_source).toBe("unpriced");
  });
  it("knows when previews did not come along", () => {
    const long = traceOf({ ...outline, input_previews: [], output_previews: [] });
    expect(long.nodes[0]).toMatchObject({ input_preview: null, output_preview: null });
  });
});
