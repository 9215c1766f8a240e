"""What a stored span carries beyond scalars, read when somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalwright.domain.content import Message, SpanContent
from evalwright.domain.span import Span, SpanKind
from evalwright.semconv.messages.parts import plain_arguments, plain_result
from evalwright.semconv.messages.printed import named_arguments, told_result
from evalwright.semconv.registry import SOURCES
from evalwright.semconv.values import shown
from evalwright.semconv.view import SpanView


def content(span: Span) -> SpanContent:
    """Messages, tools, documents, prompt and settings of ``span``, from its attributes and events.

    Costs a parse of the span's JSON: call it for spans that are shown or judged, not for every row of a table.
    Never raises; a source that cannot be read counts as absent.
    """
    view = SpanView(span.attributes, span.events, span.kind, (span.input, span.output))
    output_messages = tuple(_first(view, "output_messages") or ())
    is_tool = span.kind is SpanKind.TOOL
    return SpanContent(
        input_messages=tuple(_first(view, "input_messages") or ()),
        output_messages=output_messages,
        tools=tuple(_first(view, "tools") or ()),
        tool_arguments=plain_arguments(named_arguments(_first(view, "tool_arguments"))) if is_tool else None,
        tool_result=plain_result(told_result(_first(view, "tool_result"))) if is_tool else None,
        query=shown(_first(view, "query")) or "",
        documents=tuple(_first(view, "documents") or ()),
        prompt_template=shown(_first(view, "prompt_template")) or "",
        prompt_variables=_mapping(_first(view, "prompt_variables")),
        parameters=_mapping(_first(view, "parameters")),
        finish_reasons=tuple(_first(view, "finish_reasons") or _reasons(output_messages)),
        response_id=shown(_first(view, "response_id")) or "",
    )


def _first(view: SpanView, field: str) -> Any:
    for source in SOURCES.get(field, ()):
        try:
            value = source.read(view)
        except (TypeError, ValueError, AttributeError, KeyError, IndexError, RecursionError):
            continue  # a shape nobody foresaw costs this source, not the span
        if value is not None and value not in ("", (), [], {}):
            return value
    return None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _reasons(messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(message.finish_reason for message in messages if message.finish_reason)
