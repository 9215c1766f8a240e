"""Conversations: a value of any dialect (list, request, response, one message, plain text) as messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from evalwright.domain.content import Message, Part
from evalwright.semconv.messages.parts import call, first, read_parts, reasoning_part, response, text_part, unwrapped
from evalwright.semconv.messages.printed import read_printed
from evalwright.semconv.values import parse_json, shown, text

_ROLES: Final = {
    "model": "assistant",
    "ai": "assistant",
    "assistantmessage": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "human": "user",
    "humanmessage": "user",
    "systemmessage": "system",
    "developer": "system",
    "function": "tool",
    "toolmessage": "tool",
    "functionmessage": "tool",
    "thinking": "assistant",
    "tool-call": "assistant",
    "tool-response": "tool",
}
_TYPED: Final = {
    "function_call": "assistant",
    "reasoning": "assistant",
    "function_call_output": "tool",
}
_PLAIN_ROLES: Final = frozenset({"system", "user", "assistant", "tool"})
_LISTS: Final = ("messages", "contents", "choices", "candidates", "generations")
_WHOLES: Final = ("output", "outputs", "input", "inputs", "update")
"""Keys under which frameworks wrap a whole request, answer or state."""
_SAYINGS: Final = ("prompt", "input", "output", "completion")
_DEPTH: Final = 6


def read_conversation(value: Any, role: str = "", depth: int = 0) -> tuple[Message, ...]:
    """Messages in ``value``.

    Args:
        value: parsed value, or text (JSON or plain).
        role: whose words plain text and parts without a role are; empty to accept only what names its roles.
        depth: how deep the value lies within the one first asked for.
    """
    value = parse_json(value)
    if depth > _DEPTH or value is None or value == "":
        return ()
    if isinstance(value, str):
        printed = read_printed(value)
        said = Message(role=role, parts=(text_part(value),)) if role else None
        return (found,) if (found := printed or said) else ()
    if isinstance(value, Mapping):
        return _from_object(dict(value), role, depth)
    if isinstance(value, (list, tuple)):
        return _from_list(value, role, depth)
    return ()


def read_instructions(value: Any) -> tuple[Message, ...]:
    """System instructions (parts or text) as one system message."""
    parts = read_parts(parse_json(value))
    return (Message(role="system", parts=tuple(parts)),) if parts else ()


def read_completions(value: Any, role: str, wrapper: str) -> tuple[Message, ...]:
    """Prompts or choices of a completion API: a list of texts, or of ``{wrapper: {text}}``."""
    items = value if isinstance(value, (list, tuple)) else [value]
    found = []
    for item in items:
        inner = unwrapped(item, wrapper) if isinstance(item, Mapping) else {"text": item}
        said = shown(first(inner, "text", f"{wrapper}.text", "content"))
        found += [Message(role=role, parts=(text_part(said),))] if said else []
    return tuple(found)


def read_message(block: Mapping[str, Any], default_role: str) -> Message:
    """One message of any dialect."""
    body = _body(block)
    role = _role(body, default_role)
    if text(body.get("type")) in _TYPED:
        return Message(role=role, parts=tuple(_typed_parts(body)))
    parts = [*_thoughts(body), *_content(body)]
    if body.get("role") == "thinking":
        parts = [reasoning_part(part.text) if part.type == "text" else part for part in parts]
    parts = _answers(parts, body) if role == "tool" else parts
    seen = {part.tool_call_id for part in parts if part.type == "tool_call"} - {""}
    parts += [part for part in _calls(body) if part.tool_call_id not in seen]
    if role == "user" and parts and all(part.type == "tool_call_response" for part in parts):
        role = "tool"
    reason = text(first(body, "finish_reason", "finishReason", "stop_reason")) or ""
    name = text(first(body, "name", "source") if isinstance(body.get("source"), str) else body.get("name"))
    return Message(role=role, parts=tuple(parts), name=name or "", finish_reason=reason)


def _body(block: Mapping[str, Any]) -> dict[str, Any]:
    """The message itself, out of OpenInference's, a choice's or LangChain's wrapping."""
    body = unwrapped(block, "message")
    for wrapper in ("kwargs", "data"):
        inner = body.get(wrapper)
        if isinstance(inner, Mapping) and ("content" in inner or "tool_calls" in inner):
            named = body.get("id")
            kind = named[-1] if isinstance(named, list) and named else body.get("type")
            return {"type": kind, **inner}
    return body


def _role(body: Mapping[str, Any], default: str) -> str:
    given = text(body.get("role"))
    kind = (text(body.get("type")) or "").lower()
    if given is None and "source" in body and kind.endswith(("message", "event")):
        given = "user" if body["source"] == "user" else "assistant"
    if given is None:
        given = _TYPED.get(kind) or (kind if kind in _ROLES or kind in _PLAIN_ROLES else default)
    return _ROLES.get(given.lower(), given)


def _content(body: Mapping[str, Any]) -> list[Part]:
    for key in ("parts", "contents", "content"):
        content = body.get(key)
        if isinstance(content, Mapping) and isinstance(content.get("parts"), list):
            content = content["parts"]
        if isinstance(content, str) and content.startswith(('[{"type"', '[{"text"')):
            content = parse_json(content)
        if content not in (None, "", []):
            return read_parts(content)
    return read_parts(first(body, "text", "refusal", "generated_text"))


def _thoughts(body: Mapping[str, Any]) -> list[Part]:
    said = first(body, "reasoning_content", "reasoning")
    return [reasoning_part(said)] if isinstance(said, str) and said else []


def _calls(body: Mapping[str, Any]) -> list[Part]:
    """Calls listed beside the content, new and legacy."""
    listed = parse_json(first(body, "tool_calls", "toolCalls"))
    found = [call(item) for item in listed if isinstance(item, Mapping)] if isinstance(listed, (list, tuple)) else []
    legacy = parse_json(body.get("function_call"))
    if isinstance(legacy, Mapping):
        found.append(call(legacy))
    elif text(body.get("function_call_name")):
        found.append(call({"name": body["function_call_name"], "arguments": body.get("function_call_arguments_json")}))
    return found


def _answers(parts: list[Part], body: Mapping[str, Any]) -> list[Part]:
    """A tool message's content as the response it is."""
    answers = [part for part in parts if part.type == "tool_call_response"]
    if answers:
        known = text(body.get("tool_call_id")) or ""
        told = {part.result for part in answers if isinstance(part.result, str)}
        parts = [part for part in parts if part.type != "text" or part.text not in told]
        return [part if part.tool_call_id or not known else replace(part, tool_call_id=known) for part in parts]
    if first(body, "content", "response", "result"):
        return [response({"id": None, **body})]
    said = "\n".join(part.text for part in parts if part.text)
    return [response({**body, "id": None, "content": said})] if said else parts


def _typed_parts(body: dict[str, Any]) -> list[Part]:
    """An item of the Responses API that is not a message."""
    kind = text(body.get("type"))
    if kind == "function_call":
        return [call({**body, "id": first(body, "call_id", "id")})]
    if kind == "function_call_output":
        return [response(body)]
    return [part for part in read_parts({**body, "type": "reasoning"}) if part.text]


def _from_object(value: dict[str, Any], role: str, depth: int) -> tuple[Message, ...]:
    for key in _LISTS:
        if isinstance(value.get(key), (list, tuple)) or (key == "contents" and value.get(key)):
            return _from_request(value, key, role, depth)
    if _names_role(value):
        return (read_message(value, role),)
    for key in ("content", "output", "response", "input", "message", "new_message"):
        inner = parse_json(value.get(key))
        if isinstance(inner, Mapping) and ("parts" in inner or _names_role(inner)):
            reason = text(first(value, "finish_reason", "finishReason")) or ""
            return (replace(read_message(inner, role), finish_reason=reason),)
    found = next((found for key in _WHOLES if key in value and (found := _from_whole(value, key, role, depth))), ())
    if found:
        return found
    said = next((key for key in _SAYINGS if value.get(key) and isinstance(value[key], str)), "")
    if said and (role or (said == "prompt" and "system" in value)):
        return (*_system(value, depth), *read_conversation(value[said], role or "user", depth + 1))
    if role and any(key in value for key in ("parts", "content", "text", "tool_calls", "function_call", "name")):
        return (read_message(value, role),)
    return ()


def _from_whole(value: Mapping[str, Any], key: str, role: str, depth: int) -> tuple[Message, ...]:
    """A conversation wrapped whole, such as the ``input`` and ``instructions`` of a Responses request."""
    inner = parse_json(value[key])
    if not isinstance(inner, (Mapping, list)):
        return ()
    found = read_conversation(inner, "" if key != "output" else role, depth + 1)
    return (*_system(value, depth), *found) if found and key == "input" else found


def _system(value: Mapping[str, Any], depth: int) -> tuple[Message, ...]:
    """The system prompt that a request carries beside its messages."""
    config = value.get("config")
    said = first(value, "system", "system_instruction", "systemInstruction", "instructions")
    said = first(config, "system_instruction") if said is None and isinstance(config, Mapping) else said
    return read_conversation(said, "system", depth + 1)


def _from_request(value: dict[str, Any], key: str, role: str, depth: int) -> tuple[Message, ...]:
    """A request or response body: system prompt beside the list, wrapped entries within it."""
    answers = key in {"choices", "candidates", "generations"}
    own = "assistant" if answers else role or "user"
    return (*(_system(value, depth) if not answers else ()), *read_conversation(value[key], own, depth + 1))


def _from_list(items: Sequence[Any], role: str, depth: int) -> tuple[Message, ...]:
    entries = [parse_json(item) for item in items]
    if entries and all(_is_pair(item) for item in entries):
        return tuple(Message(role=_ROLES.get(who, who), parts=(text_part(said),)) for who, said in entries)
    if entries and all(isinstance(item, str) and item.startswith("content=") for item in entries):
        return tuple(message for item in entries if (message := read_printed(item)) is not None)
    if len(entries) == 1 and isinstance(entries[0], list):
        return _from_list(entries[0], role, depth + 1)
    blocks = [item for item in entries if isinstance(item, Mapping)]
    if blocks and len(blocks) == len(entries):
        if all(_names_role(item) for item in blocks):
            return tuple(read_message(item, role) for item in blocks)
        if all(_is_call(item) for item in blocks):
            return (Message(role="assistant", parts=tuple(call(item) for item in blocks)),)
        if all(isinstance(item.get("update"), Mapping) for item in blocks):
            return tuple(message for item in blocks for message in read_conversation(item, role, depth + 1))
    if not role:
        return ()
    if blocks and not any(_names_role(item) or _wraps(item) for item in blocks):
        parts = tuple(read_parts(entries))
        return (Message(role=role, parts=parts),) if parts else ()
    return tuple(message for item in entries for message in read_conversation(item, role, depth + 1))


def _is_pair(item: Any) -> bool:
    """Whether this is LangChain's short form of a message: a role and what was said."""
    if not isinstance(item, list) or len(item) != 2 or not all(isinstance(one, str) for one in item):
        return False
    return item[0] in _ROLES or item[0] in _PLAIN_ROLES


def _is_call(item: Mapping[str, Any]) -> bool:
    """Whether a block is a tool call on its own: Vercel's, OpenAI's or LangChain's."""
    function = item.get("function")
    asked = isinstance(function, Mapping) and "arguments" in function
    return asked or "toolName" in item or (item.get("type") == "tool_call" and "name" in item)


def _wraps(item: Mapping[str, Any]) -> bool:
    return any(isinstance(item.get(key), (Mapping, list)) for key in ("message", "content", "parts", *_LISTS))


def _names_role(item: Mapping[str, Any]) -> bool:
    """Whether a block says whose it is, in any dialect's way."""
    if "role" in item or "message.role" in item:
        return True
    inner = item.get("message")
    if isinstance(inner, Mapping) and _names_role(inner):
        return True
    kind = (text(item.get("type")) or "").lower()
    if kind in _TYPED and ("call_id" in item or "summary" in item):
        return True
    if kind.endswith(("message", "event")) and "source" in item and "content" in item:
        return True
    if kind == "constructor" or isinstance(item.get("data"), Mapping):
        return isinstance(first(item, "kwargs", "data"), Mapping)
    return "content" in item and (kind in _PLAIN_ROLES or kind in _ROLES)
