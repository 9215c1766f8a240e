"""Short human previews of display values, for rows of tables."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from evalwright.domain.content import Message
from evalwright.semconv.messages.conversation import read_conversation
from evalwright.semconv.messages.printed import read_printed
from evalwright.semconv.values import compact_json, parse_json, shown

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
_OPENINGS: Final = ("[", "{", '"')
_STRING: Final = r'"((?:[^"\\]|\\.)*)(?:"|\\?$)'
_SAID: Final = re.compile(r'"(?:content|text)"\s*:\s*' + _STRING, re.DOTALL)
_FIELD: Final = re.compile(rf'"({"|".join(_SPEAKING)})"\s*:\s*' + _STRING, re.DOTALL)
_MESSAGE: Final = re.compile(r'"role"\s*:|"type"\s*:\s*"text"')
_HEX: Final = "[0-9a-fA-F]"
_WHOLE: Final = re.compile(
    rf"(?:[^\\]|\\[^u]|\\u(?![dD][89a-fA-F]){_HEX}{{4}}|\\u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}})*",
    re.DOTALL,
)
"""String content up to an escape, or half of a surrogate pair, that was cut."""


def preview(value: str, mime: str, limit: int) -> str:
    """At most ``limit`` characters that say what ``value`` is about, on one line; see ``words``.

    A cut is marked by an ellipsis within the limit.

    >>> preview('[{"role": "user", "content": "Where is my order?"}]', "application/json", 40)
    'Where is my order?'
    """
    is_text = mime not in {"", "application/json"} and value[:1] != '"'
    return _cut(value if is_text else words(value), limit)


def words(value: str) -> str:
    """The words of a display value, or of the beginning of one: what a person reads instead of JSON.

    Of a message list, the answer it ends with, else the newest words of the user; of an object, its one telling
    field; of anything else, the value itself. A value cut short says what is whole or begun in it.

    >>> words('[{"role": "user", "content": "Where is my ord')
    'Where is my ord'
    """
    if printed := read_printed(value):
        return _newest_words((printed,)) or value
    if value[:64].lstrip()[:1] not in _OPENINGS or len(value) > _PARSED_UP_TO:
        return value
    parsed = parse_json(value)
    if isinstance(parsed, str):
        return parsed if parsed is not value else _begun(value) or value
    return _telling(parsed) or value


def _begun(value: str) -> str:
    """The last thing said in JSON that ends in the middle; empty when nothing in it speaks."""
    if _MESSAGE.search(value):
        said = [text for match in _SAID.finditer(value) if (text := _unescaped(match[1])).strip()]
        return said[-1] if said else ""
    opening = value.lstrip()[:1]
    if opening == '"':
        return _unescaped(value.lstrip()[1:])
    found = {match[1]: match[2] for match in _FIELD.finditer(value)} if opening == "{" else {}
    return next((text for key in _SPEAKING if (text := _unescaped(found.get(key, "")))), "")


def _unescaped(text: str) -> str:
    """JSON string content as text; an escape that was cut at the end is left out."""
    if "\\" not in text:
        return text
    whole = _WHOLE.match(text)
    kept = whole[0] if whole else ""
    try:
        return msgspec.json.decode(f'"{kept}"', type=str)
    except ValueError:
        return kept


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
    told = [part.result for part in messages[-1].parts if part.type == "tool_call_response"]
    return messages[-1].text or "\n".join(shown(result) or "" for result in told)


def _cut(value: str, limit: int) -> str:
    line = " ".join(value[: limit * 4 + 64].split())
    if len(line) <= limit and len(value) <= limit * 4 + 64:
        return line
    return line[: max(0, limit - 1)] + "…" if limit > 0 else ""
