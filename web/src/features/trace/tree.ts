import type { TraceNode } from "./outline";

/** A trace's nodes, indexed once: children by span, and each node's place in the list. */
export interface Forest {
  nodes: TraceNode[];
  index: Map<string, number>;
  children: Map<string, TraceNode[]>;
  roots: TraceNode[];
  start: number;
  end: number;
}

export interface Row {
  node: TraceNode;
  depth: number;
  children: number;
  open: boolean;
}

/** Builds the forest. A node whose parent is not here, or that is its own ancestor, is a root. */
export function forest(nodes: TraceNode[]): Forest {
  const index = new Map(nodes.map((node, i) => [node.span_id, i]));
  const children = new Map<string, TraceNode[]>();
  const roots: TraceNode[] = [];
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  nodes.forEach((node, i) => {
    const from = node.start;
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

/** The part of a trace that the timeline shows, in milliseconds since the epoch. */
export interface Span {
  start: number;
  end: number;
}

/** Where a stretch of time lies in a window, in percent of it; null where they do not meet. */
export function place(window: Span, start: number, end: number): { left: number; width: number } | null {
  const length = window.end - window.start;
  if (end < window.start || start > window.end || length <= 0) return null;
  const left = Math.min(99.8, (Math.max(0, start - window.start) / length) * 100);
  const right = ((Math.min(end, window.end) - window.start) / length) * 100;
  return { left, width: Math.min(100 - left, Math.max(0.2, right - left)) };
}

export interface Totals {
  spans: number;
  tokens: number | null;
  cost: number | null;
  unpriced: number;
}

/** What each span used together with all below it; a roll-up repeats what stands below and is left out. */
export function totals(tree: Forest): Totals[] {
  const all = tree.nodes.map((node): Totals => {
    const counted = !node.usage_rollup;
    const tokens = node.input_tokens === null && node.output_tokens === null;
    return {
      spans: 1,
      tokens: counted && !tokens ? (node.input_tokens ?? 0) + (node.output_tokens ?? 0) : null,
      cost: counted ? node.cost : null,
      unpriced: node.cost_source === "unpriced" ? 1 : 0,
    };
  });
  for (let i = all.length - 1; i > 0; i -= 1) {
    const own = all[i];
    const at = tree.index.get(tree.nodes[i]?.parent_span_id ?? "");
    const above = at !== undefined && at < i ? all[at] : undefined;
    if (!own || !above) continue;
    above.spans += own.spans;
    above.unpriced += own.unpriced;
    if (own.tokens !== null) above.tokens = (above.tokens ?? 0) + own.tokens;
    if (own.cost !== null) above.cost = (above.cost ?? 0) + own.cost;
  }
  return all;
}
