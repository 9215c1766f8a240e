"""Message parts: OpenAI, Anthropic, Gemini, Bedrock, GenAI, Vercel and OpenInference shapes, told apart by shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evalwright.domain.content import Part
from evalwright.semconv.values import parse_json, shown, text

_WRAPPERS: Final = ("message", "message_content", "tool_call", "document", "tool", "function", "image", "audio")
_TEXTS: Final = frozenset({"text", "input_text", "output_text", "refusal"})
_THOUGHTS: Final = frozenset({"reasoning", "thinking", "redacted_thinking", "summary_text"})
_CALLS: Final = frozenset(
    {"tool_call", "tool_use", "tool-call", "function_call", "function", "server_tool_call", "server_tool_use"}
)
_RESPONSES: Final = frozenset(
    {"tool_call_response", "tool_result", "tool-result", "function_call_output", "server_tool_call_response"}
)
_MEDIA: Final = frozenset(
    {"image", "image_url", "input_image", "audio", "input_audio", "video", "file", "input_file", "blob", "uri"}
)
_ASKED: Final = frozenset({"input", "options", "context", "ctx"})
_CALLED: Final = frozenset({"args", "kwargs", "sanitize_inputs_outputs"})
# Gemini and Bedrock name a part by its only key instead of a type.
_KEYED: Final = {
    "function_call": "tool_call",
    "functionCall": "tool_call",
    "toolUse": "tool_call",
    "function_response": "tool_call_response",
    "functionResponse": "tool_call_response",
    "toolResult": "tool_call_response",
    "inline_data": "blob",
    "inlineData": "blob",
    "file_data": "uri",
    "fileData": "uri",
    "image_url": "uri",
    "reasoningContent": "reasoning",
}
_WORDED: Final = frozenset({"text", "reasoning"})


def read_parts(content: Any) -> list[Part]:
    """The parts of a message's content: text, one block, or a list of blocks."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [text_part(content)]
    if isinstance(content, Mapping):
        part = read_part(dict(content))
        return [part] if part.text or part.type not in _WORDED else []
    if isinstance(content, (list, tuple)):
        return [part for item in content for part in (read_parts(item) if not isinstance(item, list) else ())]
    return [text_part(shown(content) or "")]


def read_part(block: dict[str, Any]) -> Part:
    """One block as a part; a block of no known shape is kept verbatim as ``other``."""
    inner = unwrapped(block, "message_content")
    if isinstance(inner.get("tool_call"), Mapping):
        return call(inner)
    kind = text(inner.get("type")) or ""
    if kind in _TEXTS:
        return text_part(_words(inner))
    if kind in _THOUGHTS:
        return reasoning_part(_words(inner))
    if kind in _CALLS:
        return call(inner)
    if kind in _RESPONSES:
        return response(inner)
    if kind in _MEDIA:
        return _media(inner)
    return _keyed(inner) if not kind else Part(type="other", data=inner)


def text_part(words: str) -> Part:
    """A part of plain text."""
    return Part(type="text", text=words)


def reasoning_part(words: str) -> Part:
    """A part of thinking."""
    return Part(type="reasoning", text=words)


def call(block: Mapping[str, Any]) -> Part:
    """A tool call of any dialect; arguments are parsed when they are JSON text."""
    body = unwrapped(block, "tool_call")
    function = body.get("function")
    named = function if isinstance(function, Mapping) else body
    arguments = first(named, "arguments", "input", "args", "server_tool_call")
    return Part(
        type="tool_call",
        # Items of the Responses API have an id of their own beside the one that the answer names.
        tool_call_id=text(first(body, "call_id", "id", "toolCallId", "toolUseId", "tool_call_id")) or "",
        tool_name=text(first(named, "name", "toolName", "tool_name")) or "",
        arguments=parse_json(arguments),
    )


def response(block: Mapping[str, Any]) -> Part:
    """A tool's answer of any dialect; the result stays as the tool gave it."""
    keys = ("response", "result", "content", "output", "server_tool_call_response")
    return Part(
        type="tool_call_response",
        tool_call_id=text(first(block, "tool_call_id", "tool_use_id", "call_id", "toolCallId", "toolUseId", "id"))
        or "",
        tool_name=text(first(block, "name", "toolName")) or "",
        result=plain_result(first(block, *keys)),
    )


def first(block: Mapping[str, Any], *keys: str) -> Any:
    """The first of ``keys`` whose value is not None."""
    return next((block[key] for key in keys if block.get(key) is not None), None)


def unwrapped(block: Mapping[str, Any], wrapper: str) -> dict[str, Any]:
    """The block without its OpenInference wrapper, dotted keys (``message.role``) unfolded."""
    body = _unfolded(block)
    inner = body.get(wrapper)
    return (
        {**{key: value for key, value in body.items() if key != wrapper}, **inner} if isinstance(inner, dict) else body
    )


def _unfolded(block: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in block.items():
        head, _, rest = key.partition(".") if isinstance(key, str) else (str(key), "", "")
        if rest and head in _WRAPPERS:
            below = plain.setdefault(head, {})
            if isinstance(below, dict):
                below.update(_unfolded({rest: value}))
        else:
            plain[str(key)] = value
    return plain


def plain_result(result: Any) -> Any:
    """What a tool gave: a lone text block, Vercel's typed value or a LangChain tool message without its wrapping."""
    if isinstance(result, list) and len(result) == 1 and isinstance(result[0], Mapping):
        block = result[0]
        if set(block) <= {"type", "text"} and isinstance(block.get("text"), str):
            return block["text"]
    if not isinstance(result, Mapping):
        return result
    if set(result) == {"type", "value"}:
        return result["value"]
    if "output" in result and set(result) <= {"output", "kwargs"}:
        return plain_result(result["output"])
    if {"tool_name", "raw_output", "blocks"} <= set(result):
        return result["raw_output"]
    inner = next((result[key] for key in ("kwargs", "data") if isinstance(result.get(key), Mapping)), result)
    return plain_result(inner["content"]) if "tool_call_id" in inner and "content" in inner else result


def plain_arguments(arguments: Any) -> Any:
    """The named arguments of a call that was recorded as ``args`` and ``kwargs``, or by LangChain's callback."""
    if not isinstance(arguments, Mapping):
        return arguments
    if "input_str" in arguments and isinstance(arguments.get("inputs"), Mapping):
        return arguments["inputs"]
    if isinstance(arguments.get("input"), Mapping) and set(arguments) <= _ASKED:
        return arguments["input"]
    named = arguments.get("kwargs")
    if isinstance(named, Mapping) and set(arguments) <= _CALLED and not arguments.get("args"):
        return named
    return arguments


def _words(block: Mapping[str, Any]) -> str:
    words = first(block, "text", "content", "thinking", "refusal", "summary", "data")
    if isinstance(words, str) and words.startswith('[{"') and block.get("type") in _THOUGHTS:
        words = parse_json(words)
    if isinstance(words, Mapping):
        words = first(words, "value", "text")
    if isinstance(words, list):
        return "\n".join(part.text for part in read_parts(words) if part.text)
    return words if isinstance(words, str) else shown(words) or ""


def _media(block: dict[str, Any]) -> Part:
    """Media by reference where possible; inline bytes stay in ``data``."""
    body = dict(block)
    for key in ("image", "image_url", "audio", "input_audio", "file", "source"):
        if isinstance(body.get(key), Mapping):
            body |= dict(body[key])
    for key in ("image", "image_url", "audio"):
        if isinstance(body.get(key), Mapping):
            body |= dict(body[key])
    uri = first(body, "uri", "url", "file_uri", "fileUri", "image_url", "file_id", "image")
    mime = text(first(body, "mime_type", "mimeType", "media_type", "mediaType")) or ""
    if isinstance(uri, str) and uri:
        return Part(type="file" if "file_id" in body and uri == body["file_id"] else "uri", uri=uri, mime=mime)
    return Part(type="blob", mime=mime, data=first(body, "content", "data"))


def _keyed(block: dict[str, Any]) -> Part:
    for key, kind in _KEYED.items():
        body = block.get(key)
        if body is None:
            continue
        inner = dict(body) if isinstance(body, Mapping) else {"url": body}
        if kind == "tool_call":
            return call(inner)
        if kind == "tool_call_response":
            return response(inner)
        if kind == "reasoning":
            nested = inner.get("reasoningText")
            return reasoning_part(_words(nested if isinstance(nested, Mapping) else inner))
        return _media(inner)
    if isinstance(block.get("text"), str):
        return reasoning_part(block["text"]) if block.get("thought") is True else text_part(block["text"])
    if isinstance(block.get("content"), str):
        return text_part(block["content"])
    return Part(type="other", data=block)
