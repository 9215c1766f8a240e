"""LangChain messages as Python prints them, which instrumentations of 2024 and 2025 sent in place of JSON."""

from __future__ import annotations

import ast
import re
from typing import Any, Final

from evalwright.domain.content import Message, Part
from evalwright.semconv.messages.parts import call, response, text_part

_LONGEST: Final = 200_000
_START: Final = "content="
_CONTENT: Final = re.compile(r"""content=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?= \w+=|$)""", re.DOTALL)
_CALLS: Final = re.compile(r" tool_calls=(\[\{.*?\}\])(?= \w+=|$)", re.DOTALL)
_ANSWERED: Final = re.compile(r" tool_call_id='([^'\\]{1,200})'")
_NAMED: Final = re.compile(r" name='([^'\\]{1,200})'")
_ANSWERS: Final = (" usage_metadata=", " tool_calls=", "response_metadata={'", "additional_kwargs={'tool_calls'")


def read_printed(value: str) -> Message | None:
    """The message that ``value`` prints; None when it prints none.

    >>> read_printed("content='Sunny.' name='get_weather' tool_call_id='call_1'").parts[0].result
    'Sunny.'
    """
    if not value.startswith(_START) or len(value) > _LONGEST:
        return None
    found = _CONTENT.match(value)
    words = _literal(found[1]) if found else None
    if found is None or not isinstance(words, str):
        return None
    rest = value[found.end() :]
    name = named[1] if (named := _NAMED.search(rest)) else ""
    if answered := _ANSWERED.search(rest):
        answer = response({"tool_call_id": answered[1], "name": name, "content": words})
        return Message(role="tool", parts=(answer,), name=name)
    said: tuple[Part, ...] = (text_part(words),) if words else ()
    if any(mark in rest for mark in _ANSWERS):
        return Message(role="assistant", parts=(*said, *_calls(rest)), name=name)
    return Message(role="user", parts=said, name=name)


def named_arguments(value: Any) -> Any:
    """Arguments that were printed as a Python dict, as that dict; anything else as it is."""
    if not isinstance(value, str) or not value.startswith("{'") or len(value) > _LONGEST:
        return value
    found = _literal(value)
    return found if isinstance(found, dict) else value


def told_result(value: Any) -> Any:
    """What the printed tool message ``value`` tells; anything else as it is."""
    printed = read_printed(value) if isinstance(value, str) else None
    return printed.parts[0].result if printed is not None and printed.role == "tool" else value


def _calls(rest: str) -> tuple[Part, ...]:
    listed = _CALLS.search(rest)
    found = _literal(listed[1]) if listed else None
    return tuple(call(item) for item in found if isinstance(item, dict)) if isinstance(found, list) else ()


def _literal(printed: str) -> Any:
    try:
        return ast.literal_eval(printed)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
