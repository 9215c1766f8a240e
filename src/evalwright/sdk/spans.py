"""Spans by hand: ``span`` around a block, ``update`` from inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from evalwright.sdk.attributes import attributes_of
from evalwright.sdk.values import cut

SCOPE: Final = "evalwright"
TRACER: Final = trace.get_tracer(SCOPE)
"""Before ``init`` its spans cost nothing and go nowhere."""


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
            message = cut(f"{error}", 2_000)
            self._span.record_exception(error)
            self._span.set_attribute("error.type", type(error).__qualname__)
            self._span.set_status(Status(StatusCode.ERROR, message or type(error).__qualname__))

    def end(self) -> None:
        """Ends the span."""
        self._span.end()


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
    with TRACER.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as started:
        active = ActiveSpan(started)
        active.update(kind=kind, **fields)
        try:
            yield active
        except BaseException as error:
            active.fail(error)
            raise


def update(**fields: Any) -> None:
    """Says more about the span that is being recorded; does nothing when there is none.

    Args:
        fields: ``input``, ``output``, ``name``, ``kind``, ``model``, ``provider``, ``input_tokens``, ``output_tokens``,
            ``cache_read_tokens``, ``reasoning_tokens``, ``cost`` (USD), ``metadata``, ``tags``, ``input_messages`` and
            ``output_messages`` (OpenAI chat messages), ``documents`` (texts, or dicts with id, content, score),
            ``tool_name``, ``agent_name``, ``session_id``, ``user_id``. Any other name becomes an attribute.
    """
    ActiveSpan(trace.get_current_span()).update(**fields)
