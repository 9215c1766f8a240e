"""Display values of a span: the text or JSON that a person is shown as its input and output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalwright.domain.content import Message, Part
from evalwright.domain.span import RawSpan, Span, SpanKind
from evalwright.semconv.messages.parts import plain_result
from evalwright.semconv.registry import SOURCES
from evalwright.semconv.values import compact_json, looks_like_json, shown
from evalwright.semconv.view import SpanView

JSON: Final = "application/json"
TEXT: Final = "text/plain"
_HEAD: Final = 300
_MOST_OBJECTS: Final = 10_000
_TALKING: Final = frozenset({SpanKind.LLM, SpanKind.AGENT, SpanKind.TOOL, SpanKind.WORKFLOW, SpanKind.CHAIN})
_EITHER: Final = ("pydantic_ai.all_messages", "all_messages_events", "events")
_INPUTS: Final = ("llm.input_messages", "llm.prompts", "gen_ai.prompt", "gen_ai.system_instructions", *_EITHER)
_OUTPUTS: Final = ("llm.output_messages", "llm.choices", "gen_ai.completion", *_EITHER)
"""Starts of keys whose messages are not display values by themselves."""


def displayed(raw: RawSpan, found: Mapping[str, Any], kind: SpanKind) -> tuple[str, str, str, str]:
    """Input, its type, output, its type. Messages are rendered only where no display value arrived."""
    given_in: str = found.get("input", "")
    given_out: str = found.get("output", "")
    mime_in = found.get("input_mime") if raw.attributes.get("input.value") else None
    mime_out = found.get("output_mime") if raw.attributes.get("output.value") else None
    if kind in _TALKING and not (given_in and given_out and "Message(" not in given_in[:_HEAD] + given_out[:_HEAD]):
        view = SpanView(raw.attributes, raw.events, kind)
        if _lacking(given_in, kind) and _has_messages(raw, _INPUTS):
            given_in, mime_in = _instead(given_in, mime_in, view, "input_messages", "tool_arguments")
        if _lacking(given_out, kind) and _has_messages(raw, _OUTPUTS):
            given_out, mime_out = _instead(given_out, mime_out, view, "output_messages", "tool_result")
    return given_in, _mime(given_in, mime_in), given_out, _mime(given_out, mime_out)


def shown_of_events(span: Span) -> tuple[tuple[str, str], tuple[str, str]]:
    """Input and output of a stored span with their types, told by its events where it has none itself."""
    shown_in, shown_out = (span.input, span.input_mime), (span.output, span.output_mime)
    if span.kind not in _TALKING or (span.input and span.output):
        return shown_in, shown_out
    view = SpanView(span.attributes, span.events, span.kind)
    if not span.input:
        said, _ = _instead("", None, view, "input_messages", "tool_arguments")
        shown_in = said, _mime(said, None)
    if not span.output:
        said, _ = _instead("", None, view, "output_messages", "tool_result")
        shown_out = said, _mime(said, None)
    return shown_in, shown_out


def _lacking(given: str, kind: SpanKind) -> bool:
    """Whether there is no display value, or one of Python's prints of message objects, which nobody can read."""
    return not given or (kind is SpanKind.LLM and "Message(" in given[:_HEAD])


def _instead(given: str, mime: str | None, view: SpanView, messages: str, tool_value: str) -> tuple[str, str | None]:
    """What is shown in place of a lacking value: the messages, of a tool its arguments or result."""
    if view.kind is SpanKind.TOOL and (value := _read(view, tool_value)) is not None:
        found = shown(plain_result(value)) or ""
    else:
        found = compact_json(rendered(_read(view, messages) or ()))
    return (found, None) if found and found != "[]" else (given, mime)


def _has_messages(raw: RawSpan, starts: tuple[str, ...]) -> bool:
    """Whether there are messages to show, few enough to be read while their sender waits."""
    given = [value for key, value in raw.attributes.items() if key.startswith(starts)]
    if not given:
        return any(event.name.startswith("gen_ai.") for event in raw.events)
    return not any(isinstance(value, str) and value.count("{") > _MOST_OBJECTS for value in given)


def _mime(value: str, given: str | None) -> str:
    if not value:
        return ""
    return given or (JSON if looks_like_json(value) and value[0] != '"' and value[1] != "'" else TEXT)


def _read(view: SpanView, field: str) -> Any:
    for source in SOURCES.get(field, ()):
        try:
            value = source.read(view)
        except (TypeError, ValueError, AttributeError, KeyError, RecursionError):
            continue
        if value:
            return value
    return None


def rendered(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as OTel GenAI message JSON."""
    return [_message_json(message) for message in messages]


def _message_json(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "parts": [_part_json(part) for part in message.parts]}
    if message.name:
        body["name"] = message.name
    if message.finish_reason:
        body["finish_reason"] = message.finish_reason
    return body


def _part_json(part: Part) -> dict[str, Any]:
    if part.type in {"text", "reasoning"}:
        return {"type": part.type, "content": part.text}
    if part.type == "tool_call":
        return {"type": part.type, "id": part.tool_call_id, "name": part.tool_name, "arguments": part.arguments}
    if part.type == "tool_call_response":
        return {"type": part.type, "id": part.tool_call_id, "response": part.result}
    named = {"mime_type": part.mime, "uri": part.uri, "content": part.data}
    return {"type": part.type, **{key: value for key, value in named.items() if value}}
