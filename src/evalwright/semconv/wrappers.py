"""Model calls seen twice: by the instrumentation of a framework and by that of the client below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from evalwright.domain.span import Span, SpanKind

_CALLS: Final = frozenset({SpanKind.LLM, SpanKind.EMBEDDING, SpanKind.RERANKER})
_THROUGH: Final = 4
"""How many spans of no meaning (an HTTP client's) may lie between the two."""


def is_counted_call(span: Span) -> bool:
    """Whether this is a call of a model that says how many tokens it took."""
    return span.kind in _CALLS and span.total_tokens is not None


def mark_wrappers(spans: Sequence[Span]) -> list[Span]:
    """The spans, each call whose usage a call of the same kind right below it repeats marked as a roll-up.

    Spans of tools and agents end the search: what a model call
    triggered through them is another call, not the same one.
    """
    calls = [span for span in spans if is_counted_call(span)]
    if len(calls) < 2:
        return list(spans)
    known = {(span.trace_id, span.span_id): span for span in spans}
    outer = {(found.trace_id, found.span_id) for span in calls if (found := _wrapper(span, known)) is not None}
    if not outer:
        return list(spans)
    return [replace(span, usage_rollup=True) if (span.trace_id, span.span_id) in outer else span for span in spans]


def _wrapper(span: Span, known: dict[tuple[str, str], Span]) -> Span | None:
    """The call right above ``span`` that reports usage too."""
    above = span
    for _ in range(_THROUGH):
        found = known.get((above.trace_id, above.parent_span_id)) if above.parent_span_id else None
        if found is None:
            return None
        if found.kind is span.kind and found.span_id != span.span_id:
            return found if found.total_tokens is not None else None
        if found.kind is not SpanKind.OTHER:
            return None
        above = found
    return None
