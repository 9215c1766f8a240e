import type { SpanNode } from "../../api/types";
import { instant } from "../../ui/format";
import type { Forest } from "./tree";

/** One entry of a transcript: a conversation reading of the tree, with framework plumbing left out but counted. */
export type Entry =
  | { type: "ask"; key: string; node: SpanNode; depth: number }
  | { type: "answer"; key: string; node: SpanNode; depth: number }
  | { type: "model"; key: string; node: SpanNode; depth: number; first: boolean }
  | { type: "step"; key: string; node: SpanNode; depth: number }
  | { type: "parallel"; key: string; nodes: SpanNode[]; depth: number; open: boolean }
  | { type: "agent"; key: string; node: SpanNode; depth: number; open: boolean; spans: number; inner: boolean };

const STEPS = new Set(["TOOL", "RETRIEVER", "RERANKER", "GUARDRAIL", "MEMORY", "EVALUATOR", "WAIT", "HOOK"]);
const PLUMBING = new Set(["CHAIN", "WORKFLOW", "OTHER", "PROMPT", "EVENT", "EMBEDDING"]);

/** Inputs that say nothing: frameworks record them for wrappers without arguments. */
const EMPTY = new Set(["", "{}", "[]", "null", "<null>"]);

function descendants(tree: Forest, node: SpanNode): number {
  let total = 0;
  const stack = [...(tree.children.get(node.span_id) ?? [])];
  for (let top = stack.pop(); top; top = stack.pop()) {
    total += 1;
    for (const child of tree.children.get(top.span_id) ?? []) stack.push(child);
  }
  return total;
}

interface Frame {
  nodes: SpanNode[];
  at: number;
  depth: number;
  scope: { models: number; inAgent: boolean };
  closing?: Entry;
}

/** The run of tool siblings from `at` of which each starts before an earlier one has ended. */
function run(nodes: SpanNode[], at: number): SpanNode[] {
  const group: SpanNode[] = [];
  let end = Number.POSITIVE_INFINITY;
  for (let i = at; i < nodes.length; i += 1) {
    const node = nodes[i];
    if (node?.kind !== "TOOL") break;
    const start = instant(node.start_time);
    if (start >= end) break;
    end = group.length ? Math.max(end, start + node.duration_ms) : start + node.duration_ms;
    group.push(node);
  }
  return group;
}

/** True when the last model turn already says what the answer would repeat. */
function said(entries: Entry[], closing: Entry): boolean {
  const last = entries.findLast((entry) => entry.type === "model");
  return (
    last?.type === "model" && closing.type === "answer" && last.node.output_preview === closing.node.output_preview
  );
}

export interface Reading {
  entries: Entry[];
  hidden: number;
}

/** Reads the tree as a transcript. `toggled` holds keys whose default fold is reversed; `all` shows plumbing too. */
export function transcript(tree: Forest, toggled: ReadonlySet<string>, all = false): Reading {
  const entries: Entry[] = [];
  let hidden = 0;
  const stack: Frame[] = [{ nodes: tree.roots, at: 0, depth: 0, scope: { models: 0, inAgent: false } }];
  const enter = (node: SpanNode, depth: number, scope: Frame["scope"], closing?: Entry) =>
    stack.push({ nodes: tree.children.get(node.span_id) ?? [], at: 0, depth, scope, closing });

  while (stack.length) {
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
      entries.push({ type: "model", key: node.span_id, node, depth, first: scope.models === 0 });
      scope.models += 1;
      enter(node, depth, scope);
    } else if (node.kind === "AGENT" && stack.length > 1) {
      const key = `agent:${node.span_id}`;
      const open = !toggled.has(key);
      entries.push({ type: "agent", key, node, depth, open, spans: descendants(tree, node), inner: scope.inAgent });
      if (open) enter(node, depth + 1, { models: 0, inAgent: true });
    } else if (stack.length === 1 && (node.kind === "AGENT" || PLUMBING.has(node.kind))) {
      const answer: Entry = { type: "answer", key: `answer:${node.span_id}`, node, depth };
      if (!EMPTY.has(node.input_preview.trim())) entries.push({ type: "ask", key: `ask:${node.span_id}`, node, depth });
      enter(
        node,
        depth,
        { models: 0, inAgent: node.kind === "AGENT" },
        !EMPTY.has(node.output_preview.trim()) || node.status === "ERROR" ? answer : undefined,
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
export function readsAsTranscript(nodes: SpanNode[]): boolean {
  return nodes.some((node) => node.kind === "LLM" || node.kind === "AGENT");
}
