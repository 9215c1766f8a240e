"""Sending spans: set up once, then out of the way."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider

from evalwright.sdk.connection import Connection
from evalwright.sdk.context import shared_attributes
from evalwright.sdk.otlp import SpanSender
from evalwright.sdk.outbox import ExportStats, Outbox
from evalwright.sdk.user_feedback import close_feedback, flush_feedback

EXIT_TIMEOUT_S: Final = 5.0
_MAX_ATTRIBUTES: Final = 4_000  # a long conversation is many attributes; OpenTelemetry's default is 128


def _size(span: ReadableSpan) -> int:
    values = (span.attributes or {}).values()
    return 1_000 + sum(len(value) if isinstance(value, str) else 16 for value in values)


class EvalwrightProcessor(SpanProcessor):
    """Gives spans what their context shares, and queues ended ones for sending."""

    def __init__(self, connection: Connection, *, max_spans: int, interval_s: float) -> None:
        self.connection = connection
        self._sender = SpanSender(connection)
        self.outbox: Outbox[ReadableSpan] = Outbox(
            self._sender, name="evalwright-spans", max_items=max_spans, interval_s=interval_s
        )

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Adds session, user, tags and prompt unless the span says them itself."""
        own = span.attributes or {}
        for key, value in shared_attributes(parent_context).items():
            if key not in own:
                span.set_attribute(key, value)

    def on_end(self, span: ReadableSpan) -> None:
        """Queues the span."""
        if span.context and span.context.trace_flags.sampled:
            self.outbox.put(span, _size(span))

    def shutdown(self) -> None:
        """Sends what is queued, for five seconds at most."""
        self.outbox.close(EXIT_TIMEOUT_S)
        self._sender.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Sends what is queued; False when time ran out."""
        return self.outbox.flush(timeout_millis / 1000)


class _State:
    """What ``init`` set up in this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.processor: EvalwrightProcessor | None = None
        self.past = ExportStats()

    def replace_processor(self, new: EvalwrightProcessor | None) -> None:
        """Ends the processor of an earlier ``init``, keeping its counts."""
        with self.lock:
            if self.processor is not None:
                self.processor.shutdown()
                self.past = _sum(self.past, self.processor.outbox.stats())
            self.processor = new


_state = _State()


def init(
    project: str = "",
    *,
    endpoint: str = "",
    api_key: str = "",
    service_name: str = "",
    environment: str = "",
    release: str = "",
    resource_attributes: Mapping[str, str] | None = None,
    max_queued_spans: int = 8_192,
    interval_s: float = 1.0,
) -> None:
    """Sends this program's spans to Evalwright, those of any OpenTelemetry instrumentation too.

    Sending happens on a thread of its own: the program never waits for the server and never sees its errors. While the
    server is away spans are kept, up to ``max_queued_spans`` and 64 MiB; ``export_stats`` counts what was dropped.
    An OpenTelemetry ``TracerProvider`` that is already set up is used as it stands. A second call changes where
    spans go.

    Args:
        project: where spans are filed; else ``EVALWRIGHT_PROJECT``, else ``default``.
        endpoint: the server; else ``EVALWRIGHT_ENDPOINT``, else ``http://127.0.0.1:4318``.
        api_key: else ``EVALWRIGHT_API_KEY``; a local server without keys needs none.
        service_name: of this program.
        environment: such as ``production``.
        release: of this program, such as a git commit.
        resource_attributes: more attributes that every span carries.
        max_queued_spans: spans kept while the server is away.
        interval_s: how long a span may wait to be sent with others.

    Raises:
        InvalidInput: the endpoint is no HTTP address.
    """
    connection = Connection.of(endpoint=endpoint, api_key=api_key, project=project)
    described = {
        "service.name": service_name,
        "deployment.environment.name": environment,
        "service.version": release,
        **(resource_attributes or {}),
    }
    processor = EvalwrightProcessor(connection, max_spans=max_queued_spans, interval_s=interval_s)
    _state.replace_processor(processor)
    _provider({key: value for key, value in described.items() if value}).add_span_processor(processor)


def _provider(attributes: Mapping[str, str]) -> TracerProvider:
    existing = trace.get_tracer_provider()
    if isinstance(existing, TracerProvider):
        return existing
    limits = SpanLimits(max_span_attributes=_MAX_ATTRIBUTES)
    made = TracerProvider(resource=Resource.create(dict(attributes)), span_limits=limits)
    trace.set_tracer_provider(made)
    return made


def _sum(past: ExportStats, now: ExportStats) -> ExportStats:
    return replace(
        now,
        exported=past.exported + now.exported,
        dropped=past.dropped + now.dropped,
        failed=past.failed + now.failed,
    )


def active_connection() -> Connection | None:
    """Returns where spans go, or None before ``init``."""
    processor = _state.processor
    return processor.connection if processor else None


def flush(timeout_s: float = 10.0) -> bool:
    """Waits until everything queued has been sent; False when ``timeout_s`` was not enough."""
    processor = _state.processor
    spans_done = processor.outbox.flush(timeout_s) if processor else True
    return flush_feedback(timeout_s) and spans_done


def shutdown() -> None:
    """Sends what is queued (five seconds at most), then sends no more until the next ``init``."""
    _state.replace_processor(None)
    close_feedback(EXIT_TIMEOUT_S)


def export_stats() -> ExportStats:
    """Returns what became of the spans of this process."""
    processor = _state.processor
    return _sum(_state.past, processor.outbox.stats()) if processor else _state.past
