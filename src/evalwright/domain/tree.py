"""Arranges the spans of a trace as a tree in linear time, in whatever order they come, whatever their parent ids say.

A span whose parent never arrived is a root marked ``orphan``. A cycle of parents, or a span that names itself, is
broken at its earliest span, which becomes a root.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Generic, NamedTuple, Protocol, TypeVar


class Timed(Protocol):
    """What a span needs for a place in a tree."""

    @property
    def span_id(self) -> str:
        """Unique within the trace."""
        ...

    @property
    def parent_span_id(self) -> str:
        """As sent; empty for a root."""
        ...

    @property
    def start_ns(self) -> int:
        """When it began."""
        ...

    @property
    def duration_ns(self) -> int:
        """How long it took, never negative."""
        ...


S = TypeVar("S", bound=Timed)
_by_start = attrgetter("start_ns", "span_id")


class Place(NamedTuple, Generic[S]):
    """A span in its tree; ``latency_share`` is self time over the trace's duration."""

    span: S
    depth: int
    orphan: bool
    latency_share: float


def build_tree(spans: Sequence[S]) -> list[Place[S]]:
    """Returns the spans with their places, parents before children and siblings by start.

    All shares are 0 for a trace without duration.
    """
    by_id = {span.span_id: span for span in spans}
    ordered = sorted(by_id.values(), key=_by_start)
    children: dict[str, list[S]] = {}
    roots: list[S] = []
    for span in ordered:
        parent = span.parent_span_id
        if parent in by_id and parent != span.span_id:
            children.setdefault(parent, []).append(span)
        else:
            roots.append(span)
    walk = _preorder(roots, children)
    if len(walk) < len(ordered):
        _break_cycles(ordered, by_id, children, roots, reached={span.span_id for span, _ in walk})
        walk = _preorder(sorted(roots, key=_by_start), children)
    return list(_placed(walk, by_id, children, trace_length_ns(ordered)))


def trace_length_ns(ordered: Sequence[Timed]) -> int:
    """Returns the time from the first start to the last end of spans in start order."""
    return (
        max((span.start_ns + span.duration_ns for span in ordered), default=0) - ordered[0].start_ns if ordered else 0
    )


def self_time_ns(span: Timed, children: Sequence[Timed]) -> int:
    """Returns the span's duration less the union of its children's, clipped to it. Children come in start order."""
    reach = span.start_ns
    end = reach + span.duration_ns
    covered = 0
    for child in children:
        begin = child.start_ns
        child_end = min(begin + child.duration_ns, end)
        if child_end > reach:
            covered += child_end - max(begin, reach)
            reach = child_end
    return span.duration_ns - covered


def _placed(
    walk: Sequence[tuple[S, int]], by_id: Mapping[str, S], children: Mapping[str, Sequence[S]], length: int
) -> Iterator[Place[S]]:
    for span, depth in walk:
        below = children.get(span.span_id)
        own = self_time_ns(span, below) if below else span.duration_ns
        orphan = depth == 0 and span.parent_span_id != "" and span.parent_span_id not in by_id
        yield Place(span, depth, orphan, own / length if length > 0 else 0.0)


def _break_cycles(
    ordered: Sequence[S], by_id: Mapping[str, S], children: dict[str, list[S]], roots: list[S], reached: set[str]
) -> None:
    """Makes the earliest span of every cycle a root."""
    for span in ordered:
        if span.span_id in reached:
            continue
        first = _earliest_of_cycle(span, by_id)
        children[first.parent_span_id].remove(first)
        roots.append(first)
        reached.update(node.span_id for node, _ in _preorder([first], children))


def _earliest_of_cycle(span: S, by_id: Mapping[str, S]) -> S:
    seen: set[str] = set()
    while span.span_id not in seen:
        seen.add(span.span_id)
        span = by_id[span.parent_span_id]
    cycle = [span]
    while (following := by_id[cycle[-1].parent_span_id]) is not span:
        cycle.append(following)
    return min(cycle, key=_by_start)


def _preorder(roots: Sequence[S], children: Mapping[str, Sequence[S]]) -> list[tuple[S, int]]:
    """Returns the spans below ``roots`` with their depth."""
    found = []
    stack = [(root, 0) for root in reversed(roots)]
    while stack:
        span, depth = stack.pop()
        found.append((span, depth))
        below = children.get(span.span_id)
        if below:
            depth += 1
            stack.extend((child, depth) for child in reversed(below))
    return found
