"""Model calls of the last requests: a call that two instrumentations saw counts nothing twice, however it arrives."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from evalwright import semconv
from evalwright.domain.recent import Recent
from evalwright.domain.span import Span

_RESPONSE: Final = "gen_ai.response.id"


class RecentCalls:
    """Marks calls whose usage another span repeats, within one request and across the newest ones.

    A wrapper ends after the call it wraps, so exporters that send span by span deliver it later, never earlier. Two
    spans side by side are one call when they name the same response and ran at the same time.
    """

    def __init__(self, size: int) -> None:
        """Remembers the last ``size`` calls."""
        self._wrapped: Recent[int, None] = Recent(size)
        self._answered: Recent[int, tuple[str, int, int]] = Recent(size)
        self._lock = threading.Lock()

    def mark(self, spans: Sequence[Span]) -> list[Span]:
        """Returns the spans, repeating ones marked as roll-ups."""
        marked = semconv.mark_wrappers(spans)
        calls = {index: span for index, span in enumerate(marked) if semconv.is_counted_call(span)}
        if not calls:
            return marked
        with self._lock:
            for index, span in calls.items():
                if not span.usage_rollup and (_key(span, span.span_id) in self._wrapped or self._is_repeated(span)):
                    marked[index] = replace(span, usage_rollup=True)
            for span in calls.values():
                if span.parent_span_id not in {"", span.span_id}:
                    self._wrapped.remember(_key(span, span.parent_span_id), None)
        return marked

    def _is_repeated(self, span: Span) -> bool:
        """Whether another span at the same time told of the same response; remembers the first that did."""
        response = span.attributes.get(_RESPONSE)
        if not isinstance(response, str) or not response:
            return False
        key = _key(span, response)
        span_id, start_ns, end_ns = self._answered.get(key, (span.span_id, span.start_ns, span.end_ns))
        self._answered.remember(key, (span_id, start_ns, end_ns))
        return span_id != span.span_id and start_ns < span.end_ns and span.start_ns < end_ns


def _key(span: Span, name: str) -> int:
    return hash((span.project, span.trace_id, name, span.kind))
