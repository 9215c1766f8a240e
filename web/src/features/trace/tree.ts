import type { SpanNode } from "../../api/types";
import { instant } from "../../ui/format";

/** A trace's nodes, indexed once: children by span, and each node's place in the list. */
export interface Forest {
  nodes: SpanNode[];
  index: Map<string, number>;
  children: Map<string, SpanNode[]>;
  roots: SpanNode[];
  start: number;
  end: number;
}

export interface Row {
  node: SpanNode;
  depth: number;
  children: number;
  open: boolean;
}

/** Builds the forest. A node whose parent is not here, or that is its own ancestor, is a root. */
export function forest(nodes: SpanNode[]): Forest {
  const index = new Map(nodes.map((node, i) => [node.span_id, i]));
  const children = new Map<string, SpanNode[]>();
  const roots: SpanNode[] = [];
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  nodes.forEach((node, i) => {
    const from = instant(node.start_time);
    if (from < start) start = from;
    if (from + node.duration_ms > end) end = from + node.duration_ms;
    const parent = index.get(node.parent_span_id);
    // Parents come before children; one that does not is part of a cycle and is cut there.
    if (parent === undefined || parent >= i) roots.push(node);
    else {
      const list = children.get(node.parent_span_id);
      if (list) list.push(node);
      else children.set(node.parent_span_id, [node]);
    }
  });
  return { nodes, index, children, roots, start, end: Math.max(end, start + 0.001) };
}

/** The rows a tree shows with `closed` spans folded; iterative, so that a chain of 30,000 spans is no problem. */
export function rows(tree: Forest, closed: ReadonlySet<string>): Row[] {
  const out: Row[] = [];
  const stack = tree.roots.map((node) => ({ node, depth: 0 })).reverse();
  for (let top = stack.pop(); top; top = stack.pop()) {
    const below = tree.children.get(top.node.span_id) ?? [];
    const open = !closed.has(top.node.span_id);
    out.push({ ...top, children: below.length, open });
    if (!open) continue;
    for (let i = below.length - 1; i >= 0; i -= 1) {
      const node = below[i];
      if (node) stack.push({ node, depth: top.depth + 1 });
    }
  }
  return out;
}

/** The ids from a span up to its root, itself left out: what must be open for it to be seen. */
export function ancestors(tree: Forest, spanId: string): string[] {
  const out: string[] = [];
  let at = tree.index.get(spanId);
  while (at !== undefined) {
    const parent = tree.nodes[at]?.parent_span_id ?? "";
    const next = tree.index.get(parent);
    if (next === undefined || next >= at) break;
    out.push(parent);
    at = next;
  }
  return out;
}

/** Where a span lies in its trace, in percent of the trace's length. */
export function place(tree: Forest, node: SpanNode): { left: number; width: number } {
  const length = tree.end - tree.start;
  const left = ((instant(node.start_time) - tree.start) / length) * 100;
  return { left: Math.min(left, 99.8), width: Math.min(100 - left, Math.max(0.2, (node.duration_ms / length) * 100)) };
}
