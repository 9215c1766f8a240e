import type { TraceNode } from "./outline";
import type { Forest, Span } from "./tree";

/**
 * What the trace waited for: from the last end back to the start, always the child that ended last. A stretch belongs to
 * the deepest span that was at work; stretches of one trace never overlap.
 */
export function criticalPath(tree: Forest): Map<string, Span[]> {
  const path = new Map<string, Span[]>();
  const add = (node: TraceNode, start: number, end: number) => {
    if (end <= start) return;
    const known = path.get(node.span_id);
    if (known) known.push({ start, end });
    else path.set(node.span_id, [{ start, end }]);
  };
  const stack: { node: TraceNode; start: number; end: number }[] = chain(tree.roots, tree.start, tree.end);
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, start, end } = top;
    let reach = end;
    for (const part of chain(tree.children.get(node.span_id) ?? [], start, end)) {
      add(node, part.end, reach);
      stack.push(part);
      reach = part.start;
    }
    add(node, start, reach);
  }
  return path;
}

/** The siblings that were waited for between two times, last first: each ends before the one before it began. */
function chain(nodes: TraceNode[], start: number, end: number) {
  const parts: { node: TraceNode; start: number; end: number }[] = [];
  let reach = end;
  for (const node of nodes.toSorted((a, b) => b.start + b.duration_ms - (a.start + a.duration_ms))) {
    const ends = Math.min(node.start + node.duration_ms, reach);
    const begins = Math.max(node.start, start);
    if (ends <= begins) continue;
    parts.push({ node, start: begins, end: ends });
    reach = begins;
    if (reach <= start) break;
  }
  return parts;
}

/** How long the trace waited for a span itself. */
export function waited(spans: Span[] | undefined): number {
  return (spans ?? []).reduce((sum, span) => sum + span.end - span.start, 0);
}

/** The stretches in a window, those too close to tell apart drawn as one: at most some hundreds, however many there are. */
export function drawn(spans: Span[], window: Span, steps = 300): Span[] {
  const close = (window.end - window.start) / steps;
  const out: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    if (span.end < window.start || span.start > window.end) continue;
    const last = out.at(-1);
    if (last && span.start - last.end < close) last.end = Math.max(last.end, span.end);
    else out.push({ ...span });
  }
  return out;
}
