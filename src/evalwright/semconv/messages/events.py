"""Messages and results that arrive as span events, or as the event lists of Pydantic AI version 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from evalwright.domain.content import Document, Message, Part
from evalwright.domain.span import SpanEvent
from evalwright.semconv.messages.conversation import read_conversation, read_instructions, read_message
from evalwright.semconv.values import finite, is_redacted, parse_json, shown, text

if TYPE_CHECKING:
    from evalwright.semconv.view import SpanView

_DETAILS: Final = "gen_ai.client.inference.operation.details"
_REQUESTS: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.prompt": "user",
}
_CHOICE: Final = "gen_ai.choice"


def genai_event_messages(side: str) -> Callable[[SpanView], tuple[Message, ...]]:
    """Messages of one side (``input`` or ``output``): details event, per-message events, content events."""

    def read(view: SpanView) -> tuple[Message, ...]:
        if not view.events:
            return ()
        return _details(view.events, side) or _per_message(view.events, side) or _contents(view.events, side)

    return read


def told_details(key: str) -> Callable[[SpanView], Any]:
    """Attribute ``key`` of the event that tells all about a model call."""
    return genai_event_values(_DETAILS, key)


def genai_event_values(name: str, key: str) -> Callable[[SpanView], Any]:
    """Attribute ``key`` of the first event called ``name``."""

    def read(view: SpanView) -> Any:
        for event in view.events:
            if event.name == name and event.attributes.get(key) is not None:
                return parse_json(event.attributes[key])
        return None

    return read


def named_event(name: str) -> Callable[[SpanView], Any]:
    """The attributes of the first event called ``name``; a lone attribute is given as its value."""

    def read(view: SpanView) -> Any:
        for event in view.events:
            if event.name == name and event.attributes:
                values = list(event.attributes.values())
                return parse_json(values[0]) if len(values) == 1 else dict(event.attributes)
        return None

    return read


def vector_search_documents(view: SpanView) -> tuple[Document, ...]:
    """Documents that vector store instrumentation writes as ``db.query.result`` events."""
    found = [_result_document(event.attributes) for event in view.events if event.name == "db.query.result"]
    return tuple(document for document in found if document.id or document.content)


def body_messages(events: Any) -> tuple[Message, ...]:
    """Messages of a list of event bodies (``event.name`` within each)."""
    if not isinstance(events, list):
        return ()
    return tuple(_message(str(body.get("event.name", "")), body) for body in events if isinstance(body, Mapping))


def _message(name: str, body: Mapping[str, Any]) -> Message:
    role = "assistant" if name == _CHOICE else _REQUESTS.get(name, "user")
    content = dict(body)
    for key in ("content", "message", "tool_calls"):
        if isinstance(content.get(key), str):
            content[key] = parse_json(content[key])
    if isinstance(content.get("message"), (list, str)):
        content["content"] = content.pop("message")
    return read_message(content, role)


def _per_message(events: Sequence[SpanEvent], side: str) -> tuple[Message, ...]:
    wanted = {_CHOICE} if side == "output" else set(_REQUESTS)
    bodies = [(event.name, _event_body(event)) for event in events if event.name in wanted]
    told = [(name, body) for name, body in bodies if not is_redacted(body.get("content"))]
    return _whole([(body.get("index"), _message(name, body)) for name, body in told])


def _whole(choices: Sequence[tuple[Any, Message]]) -> tuple[Message, ...]:
    """Messages, where the pieces of a streamed choice (one index, no finish reason yet) are one."""
    found: list[tuple[Any, Message]] = []
    for index, message in choices:
        last = found[-1] if found else None
        if last and index is not None and last[0] == index and not last[1].finish_reason:
            parts = _run_on(last[1].parts, message.parts)
            found[-1] = (index, replace(message, parts=parts))
        else:
            found.append((index, message))
    return tuple(message for _, message in found)


def _run_on(before: Sequence[Part], after: Sequence[Part]) -> tuple[Part, ...]:
    if before and after and before[-1].type == after[0].type and before[-1].type in {"text", "reasoning"}:
        return (*before[:-1], replace(before[-1], text=before[-1].text + after[0].text), *after[1:])
    return (*before, *after)


def _event_body(event: SpanEvent) -> Mapping[str, Any]:
    """The body, wherever the exporter of a log-turned-span-event put it; plain text is what was said."""
    for key in ("gen_ai.event.content", "event_body", "body"):
        body = parse_json(event.attributes.get(key))
        if isinstance(body, Mapping):
            return body
        if isinstance(body, str) and body:
            return {"content": body}
    return event.attributes


def _details(events: Sequence[SpanEvent], side: str) -> tuple[Message, ...]:
    for event in events:
        if event.name != _DETAILS:
            continue
        role = "assistant" if side == "output" else "user"
        messages = read_conversation(event.attributes.get(f"gen_ai.{side}.messages"), role)
        if side == "input":
            messages = (*read_instructions(event.attributes.get("gen_ai.system_instructions")), *messages)
        if messages:
            return messages
    return ()


def _contents(events: Sequence[SpanEvent], side: str) -> tuple[Message, ...]:
    """The ``gen_ai.content.*`` events of 2024, still OpenLIT's."""
    word, role = ("completion", "assistant") if side == "output" else ("prompt", "user")
    found = (event.attributes.get(f"gen_ai.{word}") for event in events if event.name == f"gen_ai.content.{word}")
    return tuple(message for value in found for message in read_conversation(value, role))


def _result_document(attributes: Mapping[str, Any]) -> Document:
    def of(name: str) -> Any:
        return attributes.get(f"db.query.result.{name}")

    metadata = parse_json(of("metadata"))
    score = finite(of("score"))
    return Document(
        id=text(of("id")) or "",
        content=shown(of("document")) or "",
        score=score if score is not None else finite(of("distance")),
        metadata=metadata if isinstance(metadata, dict) else {},
    )
