"""Short human previews of display values, for rows of tables."""

from __future__ import annotations

from typing import Any, Final

from evalwright.domain.content import Message
from evalwright.semconv.messages.conversation import read_conversation
from evalwright.semconv.values import compact_json, parse_json

_PARSED_UP_TO: Final = 256_000
_SPEAKING: Final = (
    "input",
    "output",
    "query",
    "question",
    "prompt",
    "text",
    "content",
    "answer",
    "result",
    "message",
    "raw",
)


def preview(value: str, mime: str, limit: int) -> str:
    """At most ``limit`` characters that say what ``value`` is about, on one line.

    Of a message list, the answer it ends with, else the newest words of the user; of an object, its one telling
    field; of anything else, its beginning. A cut is marked by an ellipsis within the limit.

    >>> preview('[{"role": "user", "content": "Where is my order?"}]', "application/json", 40)
    'Where is my order?'
    """
    if len(value) > _PARSED_UP_TO or (mime not in {"", "application/json"} and value[:1] != '"'):
        return _cut(value, limit)
    parsed = parse_json(value)
    return _cut(parsed if isinstance(parsed, str) else _telling(parsed) or value, limit)


def _telling(parsed: Any) -> str:
    messages = read_conversation(parsed)
    if messages:
        return _newest_words(messages)
    if isinstance(parsed, dict):
        for key in _SPEAKING:
            said = parsed.get(key)
            if isinstance(said, str) and said:
                return said
    return ""


def _newest_words(messages: tuple[Message, ...]) -> str:
    if messages[-1].role == "assistant" and messages[-1].text:
        return messages[-1].text
    for role in ("user", "assistant"):
        for message in reversed(messages):
            if message.role == role and message.text:
                return message.text
    for message in reversed(messages):
        calls = [part for part in message.parts if part.type == "tool_call"]
        if calls:
            return ", ".join(f"{part.tool_name}({compact_json(part.arguments)})" for part in calls)
    return messages[-1].text


def _cut(value: str, limit: int) -> str:
    line = " ".join(value[: limit * 4 + 64].split())
    if len(line) <= limit and len(value) <= limit * 4 + 64:
        return line
    return line[: max(0, limit - 1)] + "…" if limit > 0 else ""
