"""Readers: each turns one attribute value, of whatever type arrived, into a canonical value or None."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

Reader = Callable[[Any], Any]

REDACTED: Final = frozenset({"__REDACTED__", "<REDACTED>", "[REDACTED]", "[Scrubbed]", "***REDACTED***", "<elided>"})
"""What privacy gates of senders write in place of content."""

_MARKS: Final = frozenset("_<[*")
LARGEST_COUNT: Final = 2**53
_NOTHING: Final = frozenset({"", "{}", "[]", "null", "None"})

_encode = msgspec.json.encode


def is_redacted(value: object) -> bool:
    """Whether the sender removed the content on purpose."""
    return isinstance(value, str) and len(value) < 64 and (value in REDACTED or value.startswith("[Scrubbed due to"))


def text(value: Any) -> str | None:
    """A name or identifier; numbers and booleans are spelled out, structures refused."""
    if type(value) is str:
        return value if value and (value[0] not in _MARKS or not is_redacted(value)) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return None


def word(value: Any) -> str | None:
    """A name that some senders wrap in JSON quotes."""
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        value = parse_json(value)
    return text(value)


def count(value: Any) -> int | None:
    """A token count: a whole number from 0, also when it arrived as text or float."""
    if type(value) is int:
        return value if 0 <= value <= LARGEST_COUNT else None
    figure = number(value)
    return int(figure) if figure is not None and figure == int(figure) and figure <= LARGEST_COUNT else None


def number(value: Any) -> float | None:
    """A cost, wait or other figure from 0 to what can be counted, also when it arrived as text."""
    figure = finite(value)
    return figure if figure is not None and 0 <= figure <= LARGEST_COUNT else None


def finite(value: Any) -> float | None:
    """Any finite number, also when it arrived as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        figure = float(value)
    except (ValueError, OverflowError):
        return None
    return figure if math.isfinite(figure) else None


def seconds(value: Any) -> float | None:
    """Seconds as milliseconds."""
    figure = number(value)
    return figure * 1000.0 if figure is not None else None


def shown(value: Any) -> str | None:
    """A display value: text as is, anything structured as compact JSON."""
    if type(value) is str:
        return value if value and (value[0] not in _MARKS or not is_redacted(value)) else None
    return compact_json(value) if value is not None else None


def unquoted(value: Any) -> str | None:
    """A display value of a sender that encodes everything as JSON: plain text loses its quotes."""
    if isinstance(value, str) and value[:1] == '"':
        value = parse_json(value)
    return shown(value)


def shown_unless_empty(value: Any) -> str | None:
    """A display value, but ``{}`` and its like mean that the sender's capture was off."""
    rendered = shown(value)
    return None if rendered is None or rendered in _NOTHING else rendered


def failed(value: Any) -> bool | None:
    """True when a status word, level or success flag says that the step failed."""
    return True if str(value).lower() in {"error", "false", "failed", "failure", "2"} else None


def mapped(words: Mapping[str, Any]) -> Reader:
    """A reader that looks the lower-cased word up; unknown words are None."""
    find = words.get

    def read(value: Any) -> Any:
        if isinstance(value, str):
            return find(value) or find(value.strip('" ').lower())
        return None

    return read


def always(result: Any) -> Reader:
    """A reader for keys whose mere presence says something."""
    return lambda value: None if value is None else result


def words(value: Any) -> tuple[str, ...] | None:
    """Tags: a list, JSON text of a list, or comma-separated text."""
    if isinstance(value, str):
        value = parse_json(value) if value.lstrip().startswith("[") else value.split(",")
    if not isinstance(value, (list, tuple)):
        value = [value]
    found = (str(item).strip() for item in value if isinstance(item, (str, int, float)) and not isinstance(item, bool))
    return tuple(item for item in found if item) or None


def mapping(value: Any) -> dict[str, Any] | None:
    """An object, also when it arrived as JSON text."""
    parsed = parse_json(value)
    return parsed if isinstance(parsed, dict) and parsed else None


def within(*names: str) -> Reader:
    """A reader of the first of ``names`` in free metadata, which is parsed only when it mentions one of them."""

    def read(value: Any) -> str | None:
        if isinstance(value, str) and not any(name in value for name in names):
            return None
        table = mapping(value) or {}
        return next((found for name in names if (found := text(table.get(name)))), None)

    return read


def parse_json(value: Any) -> Any:
    """What JSON text says, decoded twice when it was encoded twice; anything else is returned unchanged."""
    for _ in range(2):
        if not isinstance(value, str) or not looks_like_json(value):
            return value
        try:
            value = msgspec.json.decode(value)
        except (ValueError, RecursionError):
            return value
    return value


def looks_like_json(value: str) -> bool:
    """Whether text begins and ends as a JSON object, array or string does."""
    if value[:1].isalnum():
        return False
    start, end = value[:64].lstrip()[:1], value[-64:].rstrip()[-1:]
    return (start, end) in {("{", "}"), ("[", "]"), ('"', '"')}


def compact_json(value: Any) -> str:
    """JSON without spaces; never raises."""
    try:
        return _encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return _patient_json(value)


def _patient_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str, skipkeys=True)
    except (TypeError, ValueError, RecursionError):
        return ""
