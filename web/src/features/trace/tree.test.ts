import { describe, expect, it } from "vitest";
import { node } from "./nodes.testing";
import type { TraceNode } from "./outline";
import { firstShown, transcript } from "./transcript";
import { ancestors, forest, place, rows, totals } from "./tree";

const names = (list: { node: TraceNode }[]) => list.map((row) => row.node.name);

describe("forest", () => {
  it("keeps parents before children and siblings in order", () => {
    const tree = forest([node("a"), node("b", "a"), node("d", "b"), node("c", "a")]);
    expect(names(rows(tree, new Set()))).toEqual(["a", "b", "d", "c"]);
  });
  it("shows a span whose parent never arrived as a root", () => {
    const tree = forest([node("a"), node("lost", "gone", { orphan: true })]);
    expect(tree.roots.map((n) => n.name)).toEqual(["a", "lost"]);
  });
  it("cuts a cycle instead of hanging", () => {
    const tree = forest([node("a", "b"), node("b", "a")]);
    expect(rows(tree, new Set())).toHaveLength(2);
  });
  it("folds what is closed and says how many it hides", () => {
    const tree = forest([node("a"), node("b", "a"), node("c", "b")]);
    const shown = rows(tree, new Set(["b"]));
    expect(names(shown)).toEqual(["a", "b"]);
    expect(shown[1]).toMatchObject({ open: false, children: 1, depth: 1 });
  });
  it("walks a chain of 30,000 spans", () => {
    const chain = Array.from({ length: 30_000 }, (_, i) => node(`n${i}`, i ? `n${i - 1}` : ""));
    const tree = forest(chain);
    expect(rows(tree, new Set()).at(-1)?.depth).toBe(29_999);
    expect(ancestors(tree, "n29999")).toHaveLength(29_999);
  });
});

describe("place", () => {
  it("is in percent of the trace and never invisible", () => {
    const tree = forest([node("a", "", { at: 0, ms: 1000 }), node("b", "a", { at: 500, ms: 0 })]);
    const [a, b] = tree.nodes as [TraceNode, TraceNode];
    expect(place(tree, a.start, a.start + a.duration_ms)).toEqual({ left: 0, width: 100 });
    expect(place(tree, b.start, b.start + b.duration_ms)).toEqual({ left: 50, width: 0.2 });
  });
  it("is what of a span a zoomed window shows, and nothing outside of it", () => {
    expect(place({ start: 100, end: 200 }, 50, 150)).toEqual({ left: 0, width: 50 });
    expect(place({ start: 100, end: 200 }, 150, 900)).toEqual({ left: 50, width: 50 });
    expect(place({ start: 100, end: 200 }, 300, 400)).toBeNull();
  });
});

describe("totals", () => {
  it("adds up what stands below, counts no roll-up and keeps unpriced spans apart", () => {
    const used = (id: string, parent: string, cost: number | null, more: Partial<TraceNode> = {}): TraceNode => ({
      ...node(id, parent),
      cost,
      output_tokens: 10,
      ...more,
    });
    const tree = forest([
      used("root", "", 3, { usage_rollup: true }),
      used("a", "root", 1),
      used("b", "a", 2),
      used("c", "root", null, { cost_source: "unpriced" }),
    ]);
    expect(totals(tree)).toEqual([
      { spans: 4, tokens: 30, cost: 3, unpriced: 1 },
      { spans: 2, tokens: 20, cost: 3, unpriced: 0 },
      { spans: 1, tokens: 10, cost: 2, unpriced: 0 },
      { spans: 1, tokens: 10, cost: null, unpriced: 1 },
    ]);
  });
});

describe("transcript", () => {
  const types = (nodes: TraceNode[], toggled: string[] = [], all = false) =>
    transcript(forest(nodes), new Set(toggled), all).entries.map((e) => e.type);

  const agent = node("root", "", { kind: "AGENT", ms: 100 });

  it("reads a root agent as a question, turns and an answer", () => {
    expect(types([agent, node("m", "root", { kind: "LLM" }), node("t", "root", { kind: "TOOL" })])).toEqual([
      "ask",
      "model",
      "step",
      "answer",
    ]);
  });
  it("leaves the answer out when the last turn already said it", () => {
    expect(types([agent, node("m", "root", { kind: "LLM", says: agent.output_preview ?? "" })])).toEqual([
      "ask",
      "model",
    ]);
  });
  it("groups tools that overlap in time", () => {
    const tools = [
      node("x", "root", { kind: "TOOL", at: 0, ms: 50 }),
      node("y", "root", { kind: "TOOL", at: 10, ms: 10 }),
      node("z", "root", { kind: "TOOL", at: 60, ms: 10 }),
    ];
    expect(types([agent, ...tools])).toEqual(["ask", "parallel", "step", "step", "step", "answer"]);
    expect(types([agent, ...tools], ["parallel:x"])).toEqual(["ask", "parallel", "step", "answer"]);
  });
  it("shows the question with the first turn where no entry above has shown it", () => {
    const turns = (nodes: TraceNode[]) =>
      transcript(forest(nodes), new Set()).entries.flatMap((e) => (e.type === "model" ? [e.asked] : []));
    expect(turns([agent, node("m", "root", { kind: "LLM" })])).toEqual([true]);
    expect(turns([node("w", "", { kind: "CHAIN" }), node("m", "w", { kind: "LLM" })])).toEqual([false]);
    expect(turns([node("m", "", { kind: "LLM" })])).toEqual([false]);
    const sub = [agent, node("sub", "root", { kind: "AGENT" }), node("m", "sub", { kind: "LLM" })];
    expect(turns(sub)).toEqual([false]);
  });
  it("keeps question and answer of a trace whose previews are not here yet", () => {
    const bare = { ...node("root", "", { kind: "AGENT" }), input_preview: null, output_preview: null };
    expect(types([bare, node("m", "root", { kind: "LLM" })])).toEqual(["ask", "model", "answer"]);
  });
  it("begins with the first step that is shown, which need not be the root", () => {
    expect(firstShown(forest([node("w", "", { kind: "CHAIN", says: "" }), node("m", "w", { kind: "LLM" })]))).toBe("m");
  });
  it("folds a sub-agent", () => {
    const nodes = [agent, node("sub", "root", { kind: "AGENT" }), node("m", "sub", { kind: "LLM" })];
    expect(types(nodes)).toEqual(["ask", "agent", "model", "answer"]);
    expect(types(nodes, ["agent:sub"])).toEqual(["ask", "agent", "answer"]);
  });
  it("tells the agent of a wrapped run from the sub-agents within it", () => {
    const nodes = [
      node("w", "", { kind: "CHAIN" }),
      node("a", "w", { kind: "AGENT" }),
      node("b", "a", { kind: "AGENT" }),
    ];
    const agents = transcript(forest(nodes), new Set()).entries.filter((e) => e.type === "agent");
    expect(agents.map((e) => e.inner)).toEqual([false, true]);
  });
  it("counts the plumbing it leaves out, but never leaves out a failure", () => {
    const nodes = [agent, node("c", "root", { kind: "CHAIN" }), node("e", "root", { kind: "CHAIN", status: "ERROR" })];
    expect(transcript(forest(nodes), new Set())).toMatchObject({ hidden: 1 });
    expect(types(nodes)).toEqual(["ask", "step", "answer"]);
    expect(types(nodes, [], true)).toEqual(["ask", "step", "step", "answer"]);
  });
});
