"""Display values of a span: the text or JSON that a person is shown as its input and output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalwright.domain.content import Message, Part
from evalwright.domain.span import RawSpan, SpanKind
from evalwright.semconv.registry import SOURCES
from evalwright.semconv.values import compact_json, looks_like_json
from evalwright.semconv.view import SpanView

JSON: Final = "application/json"
TEXT: Final = "text/plain"
_TALKING: Final = frozenset({SpanKind.LLM, SpanKind.AGENT, SpanKind.TOOL, SpanKind.WORKFLOW, SpanKind.CHAIN})
_EITHER: Final = ("pydantic_ai.all_messages", "all_messages_events", "events")
_INPUTS: Final = ("llm.input_messages", "llm.prompts", "gen_ai.prompt", "gen_ai.system_instructions", *_EITHER)
_OUTPUTS: Final = ("llm.output_messages", "llm.choices", "gen_ai.completion", *_EITHER)
"""Starts of keys whose messages are not display values by themselves."""


def displayed(raw: RawSpan, found: Mapping[str, Any], kind: SpanKind) -> tuple[str, str, str, str]:
    """Input, its type, output, its type. Messages are rendered only where no display value arrived."""
    given_in: str = found.get("input", "")
    given_out: str = found.get("output", "")
    if kind in _TALKING and not (given_in and given_out):
        view = SpanView(raw.attributes, raw.events, kind)
        if not given_in and _has_messages(raw, _INPUTS):
            given_in = _rendered(view, "input_messages")
        if not given_out and _has_messages(raw, _OUTPUTS):
            given_out = _rendered(view, "output_messages")
    return (
        given_in,
        _mime(given_in, found.get("input_mime") if raw.attributes.get("input.value") else None),
        given_out,
        _mime(given_out, found.get("output_mime") if raw.attributes.get("output.value") else None),
    )


def _has_messages(raw: RawSpan, starts: tuple[str, ...]) -> bool:
    return any(event.name.startswith("gen_ai.") for event in raw.events) or any(
        key.startswith(starts) for key in raw.attributes
    )


def _mime(value: str, given: str | None) -> str:
    if not value:
        return ""
    return given or (JSON if looks_like_json(value) and value[0] != '"' and value[1] != "'" else TEXT)


def _rendered(view: SpanView, side: str) -> str:
    for source in SOURCES.get(side, ()):
        try:
            messages = source.read(view)
        except (TypeError, ValueError, AttributeError, KeyError, RecursionError):
            continue
        if messages:
            return compact_json(rendered(messages))
    return ""


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
