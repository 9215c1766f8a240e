"""Sending spans: set up once, then out of the way."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from evalwright.sdk.connection import Connection
from evalwright.sdk.context import shared_attributes
from evalwright.sdk.endings import at_end
from evalwright.sdk.instrumentors import instrument_installed
from evalwright.sdk.masking import Mask, masked
from evalwright.sdk.otlp import SpanSender
from evalwright.sdk.outbox import Delivery, ExportStats, Outbox, added
from evalwright.sdk.provider import Provider, provider_of
from evalwright.sdk.user_feedback import close_feedback, feedback_stats, flush_feedback

EXIT_TIMEOUT_S: Final = 5.0


def _size(span: ReadableSpan) -> int:
    values = (span.attributes or {}).values()
    return 1_000 + sum(len(value) if isinstance(value, str) else 16 for value in values)


class EvalwrightProcessor(SpanProcessor):
    """Gives spans what their context shares, and queues ended ones for sending."""

    def __init__(self, connection: Connection, *, max_spans: int, interval_s: float, mask: Mask | None = None) -> None:
        self.connection = connection
        self._mask = mask
        self._sender = SpanSender(connection)
        self.outbox: Outbox[ReadableSpan] = Outbox(
            self._send, name="evalwright-spans", max_items=max_spans, interval_s=interval_s
        )

    def _send(self, spans: Sequence[ReadableSpan]) -> Delivery:
        mask = self._mask
        return self._sender([masked(span, mask) for span in spans] if mask else spans)

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


class _Relay(SpanProcessor):
    """What a provider is given once; ``init`` may change where its spans go."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if processor := _state.processor:
            processor.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        if processor := _state.processor:
            processor.on_end(span)

    def shutdown(self) -> None:
        _state.replace_processor(None)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        processor = _state.processor
        return processor.force_flush(timeout_millis) if processor else True


class _State:
    """What ``init`` set up in this process."""

    def __init__(self) -> None:
        self.processor: EvalwrightProcessor | None = None
        self.joined: weakref.WeakSet[Any] = weakref.WeakSet()
        self.start_counting()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.start_counting)

    def start_counting(self) -> None:
        """Forgets what the parent of a forked process had sent."""
        self.lock = threading.Lock()
        self.past = ExportStats()

    def replace_processor(self, new: EvalwrightProcessor | None) -> None:
        """Ends the processor of an earlier ``init``, keeping its counts."""
        with self.lock:
            former, self.processor = self.processor, new
        if former is not None:
            former.shutdown()
            with self.lock:
                self.past = added(self.past, former.outbox.stats())

    def join(self, provider: Provider) -> None:
        """Takes part in a provider, once."""
        with self.lock:
            if provider in self.joined:
                return
            self.joined.add(provider)
        provider.add_span_processor(_Relay())


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
    auto_instrument: bool = False,
    mask: Mask | None = None,
    max_queued_spans: int = 8_192,
    interval_s: float = 1.0,
) -> None:
    """Sends this program's spans to Evalwright, those of any OpenTelemetry instrumentation too.

    Sending happens on a thread of its own: the program never waits for the server and never sees its errors. While the
    server is away spans are kept, up to ``max_queued_spans`` and 64 MiB; ``export_stats`` counts what was dropped, and
    the logger ``evalwright`` says once that spans do not arrive. An OpenTelemetry ``TracerProvider`` that is already
    set up is used as it stands. A second call changes where spans go.

    Args:
        project: where spans are filed; else ``EVALWRIGHT_PROJECT``, else ``default``.
        endpoint: the server; else ``EVALWRIGHT_ENDPOINT``, else ``http://127.0.0.1:4318``.
        api_key: else ``EVALWRIGHT_API_KEY``; a local server without keys needs none.
        service_name: of this program.
        environment: such as ``production``.
        release: of this program, such as a git commit.
        resource_attributes: more attributes that every span carries.
        auto_instrument: switches on every OpenInference instrumentation that is installed, such as
            ``openinference-instrumentation-openai``.
        mask: given each text of a span before it is sent (inputs and outputs are texts, or JSON as text), returns
            what may leave the program; called on the sending thread. A mask that raises hides the text.
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
    processor = EvalwrightProcessor(connection, max_spans=max_queued_spans, interval_s=interval_s, mask=mask)
    _state.replace_processor(processor)
    provider = provider_of({key: value for key, value in described.items() if value})
    if provider is not None:
        _state.join(provider)
    at_end(shutdown)
    if auto_instrument:
        instrument_installed()


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
    give_up = time.monotonic() + EXIT_TIMEOUT_S
    _state.replace_processor(None)
    close_feedback(max(0.0, give_up - time.monotonic()))


def export_stats(of: Literal["spans", "feedback"] = "spans") -> ExportStats:
    """Returns what became of the spans of this process, or of its feedback."""
    if of == "feedback":
        return feedback_stats()
    processor = _state.processor
    return added(_state.past, processor.outbox.stats()) if processor else _state.past
