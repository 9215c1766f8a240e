"""Model calls of the last requests: a wrapper that arrives after the call it wraps still counts nothing twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from evalwright import semconv
from evalwright.domain.span import Span


class RecentCalls:
    """Marks calls whose usage a call below them repeats, within one request and across the newest ones.

    A wrapper ends after the call it wraps, so exporters that send span by span deliver it later, never earlier.
    """

    def __init__(self, size: int) -> None:
        """Remembers the parents of the last ``size`` calls."""
        self._size = size
        self._wrapped: OrderedDict[int, None] = OrderedDict()
        self._lock = threading.Lock()

    def mark(self, spans: Sequence[Span]) -> list[Span]:
        """Returns the spans, wrappers marked as roll-ups."""
        marked = semconv.mark_wrappers(spans)
        calls = {index: span for index, span in enumerate(marked) if semconv.is_counted_call(span)}
        if not calls:
            return marked
        with self._lock:
            for index, span in calls.items():
                if _key(span, span.span_id) in self._wrapped:
                    marked[index] = replace(span, usage_rollup=True)
            for span in calls.values():
                if span.parent_span_id not in {"", span.span_id}:
                    self._wrapped[_key(span, span.parent_span_id)] = None
            while len(self._wrapped) > self._size:
                self._wrapped.popitem(last=False)
        return marked


def _key(span: Span, span_id: str) -> int:
    return hash((span.project, span.trace_id, span_id, span.kind))
