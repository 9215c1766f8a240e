"""The spans of running trials, kept in this process so that evaluators can see the steps."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import StatusCode

from evalwright.domain.evaluator import StepContent
from evalwright.domain.span import RawSpan, SpanEvent, SpanStatus
from evalwright.semconv import content, mark_wrappers, normalise

MAX_SPANS: Final = 2_000
"""Spans kept of one trial; those of a task that ran away are still exported, but not judged."""

_STATUS: Final = {StatusCode.OK: SpanStatus.OK, StatusCode.ERROR: SpanStatus.ERROR, StatusCode.UNSET: SpanStatus.UNSET}


class SpanCapture(SpanProcessor):
    """Keeps ended spans of the traces it was asked to watch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[str, list[ReadableSpan]] = {}

    def watch(self, trace_id: str) -> None:
        """Begins to keep the spans of a trace."""
        with self._lock:
            self._watched[trace_id] = []

    def take(self, trace_id: str) -> list[ReadableSpan]:
        """Returns what was kept, and forgets it."""
        with self._lock:
            return self._watched.pop(trace_id, [])

    def on_end(self, span: ReadableSpan) -> None:
        """Keeps the span if its trace is watched."""
        if span.context:
            with self._lock:
                kept = self._watched.get(f"{span.context.trace_id:032x}")
                if kept is not None and len(kept) < MAX_SPANS:
                    kept.append(span)


class _Installed:
    """The capture of this process; a processor can never be taken off its provider, so there is one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.capture = SpanCapture()
        self.providers: set[int] = set()


_installed = _Installed()


def capture() -> SpanCapture:
    """Returns the capture of this process, listening to the current ``TracerProvider``."""
    provider = trace.get_tracer_provider()
    with _installed.lock:
        if isinstance(provider, TracerProvider) and id(provider) not in _installed.providers:
            provider.add_span_processor(_installed.capture)
            _installed.providers.add(id(provider))
    return _installed.capture


def steps_of(spans: Sequence[ReadableSpan], project: str) -> list[StepContent]:
    """Returns recorded spans as evaluators see them, in start order."""
    found = mark_wrappers([normalise(_raw(span), project=project, received_ns=0) for span in spans])
    found.sort(key=lambda span: (span.start_ns, span.span_id))
    return [StepContent(span=span, content=content(span)) for span in found]


def _plain(attributes: Any) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in (attributes or {}).items()}


def _raw(span: ReadableSpan) -> RawSpan:
    own = span.get_span_context()
    scope = span.instrumentation_scope
    return RawSpan(
        trace_id=f"{own.trace_id:032x}" if own else "",
        span_id=f"{own.span_id:016x}" if own else "",
        parent_span_id=f"{span.parent.span_id:016x}" if span.parent else "",
        name=span.name,
        otel_kind=span.kind.value + 1,  # OTLP counts from 1, the Python API from 0
        start_ns=span.start_time or 0,
        end_ns=span.end_time or 0,
        status=_STATUS[span.status.status_code],
        status_message=span.status.description or "",
        attributes=_plain(span.attributes),
        events=[
            SpanEvent(time_ns=each.timestamp, name=each.name, attributes=_plain(each.attributes))
            for each in span.events
        ],
        links=(),
        resource=_plain(span.resource.attributes),
        scope_name=scope.name if scope else "",
        scope_version=(scope.version or "") if scope else "",
    )
