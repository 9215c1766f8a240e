"""Readers of structured content: each makes a source out of the keys a convention uses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from evalwright.domain.content import Document, ToolDefinition
from evalwright.domain.span import SpanKind
from evalwright.semconv.messages.conversation import read_conversation
from evalwright.semconv.messages.parts import unwrapped
from evalwright.semconv.values import finite, parse_json, shown, text, words
from evalwright.semconv.view import SpanView

Read = Callable[[SpanView], Any]

_PRINTED: Final = re.compile(r"""\b(name|description)=(['"])(.*?)\2(?=[ ,)])""", re.DOTALL)
_PRINTED_UP_TO: Final = 4_000


def value_of(*keys: str) -> Read:
    """The first of ``keys`` that has a value, parsed when it is JSON."""
    return lambda view: next((value for key in keys if (value := view.get(key)) is not None), None)


def mapping_of(*keys: str) -> Read:
    """The first of ``keys`` that holds a non-empty object, without its nulls."""

    def read(view: SpanView) -> Any:
        for key in keys:
            value = view.get(key)
            if isinstance(value, dict) and value:
                return {name: item for name, item in value.items() if item is not None}
        return {}

    return read


def stripped(prefix: str, without: tuple[str, ...] = ()) -> Read:
    """All attributes under ``prefix``, named without it."""

    def read(view: SpanView) -> Any:
        found = {key.removeprefix(prefix): view.get(key) for key in view.attributes if key.startswith(prefix)}
        return {name: value for name, value in found.items() if name and name not in without and value is not None}

    return read


def finish(*keys: str) -> Read:
    """Finish reasons: a list, JSON text of a list, or one word."""

    def read(view: SpanView) -> Any:
        return next((found for key in keys if (found := words(view.get(key)))), ())

    return read


def joined(key: str, role: str) -> Read:
    """The conversation at ``key``; an empty ``role`` accepts only what is plainly a conversation.

    Messages that say nothing at all are no conversation: another source may know their words.
    """

    def read(view: SpanView) -> Any:
        found = read_conversation(view.get(key), role)
        return found if any(message.parts or message.finish_reason for message in found) else ()

    return read


def spoken(key: str, role: str) -> Read:
    """The conversation at ``key``, where only a model call's plain text and bare parts are words of ``role``."""
    return lambda view: joined(key, role if view.kind is SpanKind.LLM else "")(view)


def tools(*keys: str) -> Read:
    """Tool definitions at the first of ``keys`` that has any."""

    def read(view: SpanView) -> Any:
        return next((found for key in keys if (found := read_tools(view.get(key)))), ())

    return read


def read_tools(value: Any) -> tuple[ToolDefinition, ...]:
    """Tool definitions in any dialect: OpenAI, Anthropic, Gemini, GenAI, OpenInference, Pydantic AI, bare names."""
    value = parse_json(value)
    if isinstance(value, dict):
        groups = ("function_tools", "output_tools", "builtin_tools", "function_declarations", "functionDeclarations")
        if any(group in value for group in groups):
            return tuple(tool for group in groups for tool in read_tools(value.get(group)))
        value = [value]
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(tool for item in value for tool in _read_tool(item))


def _read_tool(item: Any) -> tuple[ToolDefinition, ...]:
    item = parse_json(item)
    if isinstance(item, str):
        return _printed_tool(item)
    if not isinstance(item, dict):
        return ()
    if "function_declarations" in item or "functionDeclarations" in item:
        return read_tools(item)
    body = unwrapped(item, "tool")
    schema = parse_json(body.get("json_schema"))
    body = schema if isinstance(schema, dict) else body
    function = body.get("function") if isinstance(body.get("function"), dict) else body.get("toolSpec")
    body = function if isinstance(function, dict) else body
    name = text(body.get("name") or body.get("title"))
    if not name:
        return ()
    return (ToolDefinition(name=name, description=text(body.get("description")) or "", parameters=_schema(body)),)


def _printed_tool(item: str) -> tuple[ToolDefinition, ...]:
    """A tool by its bare name, or as Python prints the tool objects of some frameworks."""
    printed = {match[1]: match[3] for match in _PRINTED.finditer(item[:_PRINTED_UP_TO])}
    name = printed.get("name") or ("" if item.startswith("<") else item)
    return (ToolDefinition(name=name, description=printed.get("description", "")),) if name else ()


def _schema(body: dict[str, Any]) -> Any:
    keys = ("parameters", "input_schema", "inputSchema", "parameters_json_schema", "json_schema", "schema")
    found = next((body[key] for key in keys if body.get(key) is not None), None)
    return parse_json(found)


def documents(*keys: str) -> Read:
    """Documents at the first of ``keys`` that has any."""

    def read(view: SpanView) -> Any:
        return next((found for key in keys if (found := read_documents(view.get(key)))), ())

    return read


def read_documents(value: Any) -> tuple[Document, ...]:
    """Documents of OpenInference, GenAI, LangChain and MLflow shape."""
    value = parse_json(value)
    if isinstance(value, dict):
        value = next((value[key] for key in ("documents", "results", "nodes", "output") if key in value), [value])
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(found for item in value if (found := _read_document(item)) is not None)


def _read_document(item: Any) -> Document | None:
    item = parse_json(item)
    if isinstance(item, str):
        return Document(content=item) if item else None
    if not isinstance(item, dict):
        return None
    body = unwrapped(item, "document")
    body = body["kwargs"] if isinstance(body.get("kwargs"), dict) else body
    content = next((body[key] for key in ("content", "page_content", "text", "document") if body.get(key)), "")
    metadata = parse_json(body.get("metadata"))
    name = text(body.get("id")) or ""
    if not content and not name:
        return None
    return Document(
        id=name,
        content=shown(content) or "",
        score=finite(body.get("score", body.get("relevance_score"))),
        metadata=metadata if isinstance(metadata, dict) else {},
    )
