"""Builds the tree of a trace from spans in any order, in linear time, whatever the parent ids say.

A span whose parent never arrived is a root marked ``orphan``. A cycle of parents, or a span that names itself, is
broken at its earliest span, which becomes a root.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from evalwright.domain.trace import SpanNode


def build_tree(spans: Sequence[SpanNode]) -> Sequence[SpanNode]:
    """Returns the nodes, parents before children and siblings by start, with depth, orphan and latency share set.

    ``latency_share`` is self time over the trace's duration; all shares are 0 for a trace without duration.
    """
    by_id = {span.span_id: span for span in spans}
    ordered = sorted(by_id.values(), key=_by_start)
    children: dict[str, list[SpanNode]] = {}
    roots: list[SpanNode] = []
    for span in ordered:
        if span.parent_span_id in by_id and span.parent_span_id != span.span_id:
            children.setdefault(span.parent_span_id, []).append(span)
        else:
            roots.append(span)
    _break_cycles(ordered, by_id, children, roots)
    begin = min((span.start_ns for span in ordered), default=0)
    length = max((span.start_ns + span.duration_ns for span in ordered), default=0) - begin
    return [
        replace(
            span,
            depth=depth,
            orphan=bool(span.parent_span_id) and span.parent_span_id not in by_id,
            latency_share=self_time_ns(span, children.get(span.span_id, ())) / length if length > 0 else 0.0,
        )
        for span, depth in _preorder(sorted(roots, key=_by_start), children)
    ]


def self_time_ns(span: SpanNode, children: Sequence[SpanNode]) -> int:
    """Returns the span's duration less the union of its children's, clipped to it. Children come in start order."""
    end = span.start_ns + span.duration_ns
    covered, reach = 0, span.start_ns
    for child in children:
        child_end = min(child.start_ns + child.duration_ns, end)
        if child_end > reach:
            covered += child_end - max(child.start_ns, reach)
            reach = child_end
    return span.duration_ns - covered


def _by_start(span: SpanNode) -> tuple[int, str]:
    return span.start_ns, span.span_id


def _break_cycles(
    ordered: Sequence[SpanNode],
    by_id: dict[str, SpanNode],
    children: dict[str, list[SpanNode]],
    roots: list[SpanNode],
) -> None:
    """Makes the earliest span of every cycle a root."""
    reached = {span.span_id for span, _ in _preorder(roots, children)}
    for span in ordered:
        if span.span_id in reached:
            continue
        first = _earliest_of_cycle(span, by_id)
        children[first.parent_span_id].remove(first)
        roots.append(first)
        reached.update(node.span_id for node, _ in _preorder([first], children))


def _earliest_of_cycle(span: SpanNode, by_id: dict[str, SpanNode]) -> SpanNode:
    seen: set[str] = set()
    while span.span_id not in seen:
        seen.add(span.span_id)
        span = by_id[span.parent_span_id]
    cycle = [span]
    while (following := by_id[cycle[-1].parent_span_id]) is not span:
        cycle.append(following)
    return min(cycle, key=_by_start)


def _preorder(roots: Sequence[SpanNode], children: dict[str, list[SpanNode]]) -> Iterator[tuple[SpanNode, int]]:
    stack = [(root, 0) for root in reversed(roots)]
    while stack:
        span, depth = stack.pop()
        yield span, depth
        stack.extend((child, depth + 1) for child in reversed(children.get(span.span_id, ())))
