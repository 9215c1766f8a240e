"""Spans by hand: ``span`` around a block, ``update`` from inside."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import Any, Final
from urllib.parse import urlencode

from opentelemetry import trace
from opentelemetry.context import attach
from opentelemetry.trace import Status, StatusCode

from evalwright.sdk.attributes import attributes_of
from evalwright.sdk.values import cut

SCOPE: Final = "evalwright"
TRACER: Final = trace.get_tracer(SCOPE)
"""Before ``init`` its spans cost nothing and go nowhere."""

_log = logging.getLogger(__name__)


class ActiveSpan:
    """A span that is being recorded."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def trace_id(self) -> str:
        """32 hex digits; zeros when nothing is recorded."""
        return f"{self._span.get_span_context().trace_id:032x}"

    @property
    def span_id(self) -> str:
        """16 hex digits; zeros when nothing is recorded."""
        return f"{self._span.get_span_context().span_id:016x}"

    @property
    def url(self) -> str:
        """The page of the span in the web app; empty when nothing is sent."""
        from evalwright.sdk.tracing import active_connection

        connection = active_connection()
        if connection is None or not self._span.is_recording():
            return ""
        query = urlencode({"project": connection.project, "span": self.span_id})
        return f"{connection.endpoint}/traces/{self.trace_id}?{query}"

    @property
    def is_recording(self) -> bool:
        """False before ``init``, and for spans that were not sampled."""
        return self._span.is_recording()

    def update(self, **fields: Any) -> None:
        """Says more about the span; see ``update``."""
        if self._span.is_recording():
            name = fields.pop("name", None)
            if name:
                self._span.update_name(str(name))
            self._span.set_attributes(attributes_of(fields))

    def fail(self, error: BaseException) -> None:
        """Marks the span as failed by ``error``."""
        if self._span.is_recording():
            message = cut(_said_by(error), 2_000)
            self._record(error)
            self._span.set_attribute("error.type", type(error).__qualname__)
            self._span.set_status(Status(StatusCode.ERROR, message or type(error).__qualname__))

    def _record(self, error: BaseException) -> None:
        try:
            self._span.record_exception(error)
        except Exception:  # an exception that cannot be written must not hide itself behind another
            _log.debug("an exception could not be recorded", exc_info=True)

    @contextmanager
    def around(self) -> Iterator[None]:
        """Makes the span current; an exception fails and ends it, and goes on."""
        with trace.use_span(self._span, record_exception=False, set_status_on_exception=False):
            try:
                yield
            except BaseException as error:
                self.fail(error)
                self.end()
                raise

    def context(self) -> Context:
        """Returns a copy of the current context in which the span is current."""
        copy = copy_context()
        copy.run(attach, trace.set_span_in_context(self._span))
        return copy

    def end(self) -> None:
        """Ends the span; a second time does nothing."""
        if self._span.is_recording():
            self._span.end()


def _said_by(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def current_span() -> ActiveSpan:
    """Returns the span that is being recorded, for its ``trace_id``, ``span_id`` and ``url``.

    Outside of any span it is one that records nothing.
    """
    return ActiveSpan(trace.get_current_span())


@contextmanager
def span(name: str, *, kind: str = "CHAIN", **fields: Any) -> Iterator[ActiveSpan]:
    """Records the block as a span; an exception fails the span and goes on.

    Args:
        name: of the span.
        kind: LLM, AGENT, TOOL, RETRIEVER, CHAIN ...
        fields: as for ``update``.

    Example:
        >>> with span("look up", kind="TOOL", input={"id": 7}) as active:
        ...     active.update(output="found")
    """
    active = ActiveSpan(TRACER.start_span(name))
    active.update(kind=kind, **fields)
    with active.around():
        yield active
    active.end()


def update(**fields: Any) -> None:
    """Says more about the span that is being recorded; does nothing when there is none.

    Args:
        fields: ``input``, ``output``, ``name``, ``kind``, ``model``, ``provider``, ``input_tokens``, ``output_tokens``,
            ``cache_read_tokens``, ``reasoning_tokens``, ``cost`` (USD), ``metadata``, ``tags``, ``input_messages`` and
            ``output_messages`` (OpenAI chat messages), ``documents`` (texts, or dicts with id, content, score),
            ``tool_name``, ``agent_name``, ``session_id``, ``user_id``. Any other name becomes an attribute.
    """
    current_span().update(**fields)
