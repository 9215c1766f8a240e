"""Any Python value as bounded text: never raises, never runs away."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

MAX_CHARACTERS: Final = 256_000
"""Longest text of one captured value."""

_MAX_DEPTH: Final = 16
_MAX_NODES: Final = 20_000
_SURROGATES = re.compile("[\ud800-\udfff]")
_PLAIN_TEXT: Final = (datetime, date, time, timedelta, PurePath, UUID)


def clean(text: str) -> str:
    """Returns the text without lone surrogates, which no wire format can carry."""
    return _SURROGATES.sub("�", text)


def cut(text: str, limit: int = MAX_CHARACTERS) -> str:
    """Returns clean text of at most about ``limit`` characters, saying so when it is shorter than it was."""
    if len(text) <= limit:
        return clean(text)
    return f"{clean(text[:limit])}… [{len(text) - limit:,} more characters]"


def to_text(value: Any, limit: int = MAX_CHARACTERS) -> tuple[str, str]:
    """Returns a value as text and its MIME type: text as it is, everything else as JSON."""
    if isinstance(value, str):
        return cut(value, limit), "text/plain"
    text = json.dumps(to_plain(value, limit), ensure_ascii=False, default=str)
    return cut(text, limit), "application/json"


def to_plain(value: Any, limit: int = MAX_CHARACTERS) -> Any:
    """Returns a value as JSON values; what has no such form becomes its ``repr``."""
    return _Walk(limit).plain(value, 0)


class _Walk:
    """One conversion, with what is left of its bounds."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._nodes = _MAX_NODES

    def plain(self, value: Any, depth: int) -> Any:
        self._nodes -= 1
        if self._nodes < 0 or depth > _MAX_DEPTH:
            return "…"
        try:
            return self._convert(value, depth)
        except Exception as error:  # a broken property or __repr__ of somebody else's class
            return f"<{type(value).__name__}: {type(error).__name__} while it was read>"

    def _convert(self, value: Any, depth: int) -> Any:
        if value is None or value is True or value is False:
            return value
        if isinstance(value, Enum):
            return self.plain(value.value, depth + 1)
        if isinstance(value, str):
            return cut(value, self._limit)
        if isinstance(value, int):
            return int(value) if abs(value) < 2**1023 else "an integer of over 300 digits"
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else str(float(value))
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"<{len(value)} bytes>"
        if isinstance(value, _PLAIN_TEXT):
            return str(value)
        return self._convert_object(value, depth)

    def _convert_object(self, value: Any, depth: int) -> Any:
        if isinstance(value, Mapping):
            return {cut(str(key), 1_000): self.plain(held, depth + 1) for key, held in self._some(value.items())}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.plain(held, depth + 1) for held in self._some(value)]
        if isinstance(value, type):
            return f"{value.__module__}.{value.__qualname__}"
        if dataclasses.is_dataclass(value):
            named = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return self.plain(named, depth + 1)
        dump = getattr(value, "model_dump", None)
        if callable(dump):
            return self.plain(dump(), depth + 1)
        return cut(repr(value), min(self._limit, 10_000))

    def _some(self, values: Iterable[Any]) -> Iterable[Any]:
        for held in values:
            if self._nodes <= 0:
                return
            yield held
