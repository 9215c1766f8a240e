import type { TraceNode } from "./outline";
import type { Forest } from "./tree";

/** One entry of a transcript: a conversation reading of the tree, with framework plumbing left out but counted. */
export type Entry =
  | { type: "ask"; key: string; node: TraceNode; depth: number }
  | { type: "answer"; key: string; node: TraceNode; depth: number }
  | { type: "model"; key: string; node: TraceNode; depth: number; first: boolean; asked: boolean }
  | { type: "step"; key: string; node: TraceNode; depth: number }
  | { type: "parallel"; key: string; nodes: TraceNode[]; depth: number; open: boolean }
  | { type: "agent"; key: string; node: TraceNode; depth: number; open: boolean; inner: boolean };

const STEPS = new Set(["TOOL", "RETRIEVER", "RERANKER", "GUARDRAIL", "MEMORY", "EVALUATOR", "WAIT", "HOOK"]);
const PLUMBING = new Set(["CHAIN", "WORKFLOW", "OTHER", "PROMPT", "EVENT", "EMBEDDING"]);

/** Inputs that say nothing: frameworks record them for wrappers without arguments. */
const EMPTY = new Set(["", "{}", "[]", "null", "<null>"]);

/** True when a preview is known to say nothing; that of a long trace is not known yet. */
function silent(preview: string | null): boolean {
  return preview !== null && EMPTY.has(preview.trim());
}

/** What a run of steps shares: whether the question was shown already, and by whom it is worked on. */
interface Scope {
  models: number;
  asked: boolean;
  inAgent: boolean;
}

interface Frame {
  nodes: TraceNode[];
  at: number;
  depth: number;
  scope: Scope;
  closing?: Entry;
}

/** The run of tool siblings from `at` of which each starts before an earlier one has ended. */
function run(nodes: TraceNode[], at: number): TraceNode[] {
  const group: TraceNode[] = [];
  let end = Number.POSITIVE_INFINITY;
  for (let i = at; i < nodes.length; i += 1) {
    const node = nodes[i];
    if (node?.kind !== "TOOL") break;
    if (node.start >= end) break;
    const ends = node.start + node.duration_ms;
    end = group.length ? Math.max(end, ends) : ends;
    group.push(node);
  }
  return group;
}

/** True when the last model turn already says what the answer would repeat. */
function said(entries: Entry[], closing: Entry): boolean {
  const last = entries.findLast((entry) => entry.type === "model");
  return (
    last?.type === "model" &&
    closing.type === "answer" &&
    closing.node.output_preview !== null &&
    last.node.output_preview === closing.node.output_preview
  );
}

export interface Reading {
  entries: Entry[];
  hidden: number;
}

/** Reads the tree as a transcript. `toggled` holds keys whose default fold is reversed; `all` shows plumbing too, `most` stops early. */
export function transcript(
  tree: Forest,
  toggled: ReadonlySet<string>,
  all = false,
  most = Number.POSITIVE_INFINITY,
): Reading {
  const entries: Entry[] = [];
  let hidden = 0;
  const stack: Frame[] = [{ nodes: tree.roots, at: 0, depth: 0, scope: { models: 0, asked: false, inAgent: false } }];
  const enter = (node: TraceNode, depth: number, scope: Scope, closing?: Entry) =>
    stack.push({ nodes: tree.children.get(node.span_id) ?? [], at: 0, depth, scope, closing });

  while (stack.length && entries.length < most) {
    const frame = stack[stack.length - 1] as Frame;
    const node = frame.nodes[frame.at];
    if (!node) {
      if (frame.closing && !said(entries, frame.closing)) entries.push(frame.closing);
      stack.pop();
      continue;
    }
    frame.at += 1;
    const { depth, scope } = frame;
    if (node.kind === "LLM") {
      entries.push({ type: "model", key: node.span_id, node, depth, first: scope.models === 0, asked: scope.asked });
      scope.models += 1;
      enter(node, depth, scope);
    } else if (node.kind === "AGENT" && stack.length > 1) {
      const key = `agent:${node.span_id}`;
      const open = !toggled.has(key);
      entries.push({ type: "agent", key, node, depth, open, inner: scope.inAgent });
      if (open) enter(node, depth + 1, { models: 0, asked: false, inAgent: true });
    } else if (stack.length === 1 && (node.kind === "AGENT" || PLUMBING.has(node.kind))) {
      const answer: Entry = { type: "answer", key: `answer:${node.span_id}`, node, depth };
      const asked = !silent(node.input_preview);
      if (asked) entries.push({ type: "ask", key: `ask:${node.span_id}`, node, depth });
      enter(
        node,
        depth,
        { models: 0, asked, inAgent: node.kind === "AGENT" },
        !silent(node.output_preview) || node.status === "ERROR" ? answer : undefined,
      );
    } else if (node.kind === "TOOL") {
      const nodes = run(frame.nodes, frame.at - 1);
      frame.at += nodes.length - 1;
      const together = nodes.length > 1;
      const key = `parallel:${node.span_id}`;
      const open = !toggled.has(key);
      if (together) entries.push({ type: "parallel", key, nodes, depth, open });
      const below = depth + (together ? 1 : 0);
      for (const member of open ? nodes : [])
        entries.push({ type: "step", key: member.span_id, node: member, depth: below });
      for (const member of open ? nodes.toReversed() : []) enter(member, below, scope);
    } else {
      const shown = all || STEPS.has(node.kind) || node.status === "ERROR" || node.orphan;
      if (shown) entries.push({ type: "step", key: node.span_id, node, depth });
      else hidden += 1;
      enter(node, depth, scope);
    }
  }
  return { entries, hidden };
}

/** True when a trace reads better as a transcript than as a tree. */
export function readsAsTranscript(nodes: TraceNode[]): boolean {
  return nodes.some((node) => node.kind === "LLM" || node.kind === "AGENT");
}

/** The span a transcript begins with: the root itself may be a wrapper that says nothing and is not shown. */
export function firstShown(tree: Forest): string {
  const first = transcript(tree, new Set(), false, 1).entries[0];
  if (!first) return tree.roots[0]?.span_id ?? "";
  return first.type === "parallel" ? (first.nodes[0]?.span_id ?? "") : first.node.span_id;
}
