"""Repairs of single values: each is made in one place, flagged on its span and counted."""

from __future__ import annotations

import math
import re
from base64 import b64encode
from collections import Counter
from typing import Any, Final

import msgspec

from evalwright.domain.errors import TooLarge

MAX_DEPTH: Final = 40
"""Containers nested deeper than this are stored as JSON text."""

MAX_TEXT_DEPTH: Final = 100
"""Containers nested deeper than this are not read at all: recursion stays bounded whatever is sent."""

TOO_DEEP_MARK: Final = "…"

MAX_VALUES: Final = 8_000_000
"""Values one request may hold: 64 MiB of embeddings fit, tens of millions of empty records do not."""

RECORD_COST: Final = 32
"""What a span, log record, metric or its container counts for: a request holds at most 250,000 of them."""

_JSON_STARTS: Final = frozenset({b"{", b"[", b'"'})
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


class Repairs:
    """Cleans values and remembers, per span and in total, what it had to change."""

    __slots__ = ("_left", "_open", "max_chars", "totals")

    def __init__(self, max_chars: int) -> None:
        self.max_chars = max_chars
        self._left = MAX_VALUES
        self._open: dict[str, int] = {}
        self.totals: Counter[str] = Counter()

    def spend(self, values: int) -> None:
        """Counts values before they are read, so that two bytes a piece cannot keep the server busy.

        Raises:
            TooLarge: the request holds more than ``MAX_VALUES``.
        """
        self._left -= values
        if self._left < 0:
            raise TooLarge("the request holds too many values", hint="send smaller batches")

    def note(self, flag: str) -> None:
        """Counts one repair under a name of ``domain.repair.FLAGS``."""
        self._open[flag] = self._open.get(flag, 0) + 1

    def take(self) -> tuple[str, ...]:
        """Returns the flags noted since the last call and adds them to the totals."""
        if not self._open:
            return ()
        flags = tuple(self._open)
        self.totals.update(self._open)
        self._open = {}
        return flags

    def binary(self, content: bytes) -> str:
        """Returns JSON that was sent as bytes as the text it is, anything else as base64."""
        if content[:1] in _JSON_STARTS:
            try:
                return self.text(content.decode())
            except UnicodeDecodeError:
                pass
        return self.text(b64encode(content).decode())

    def text(self, value: str) -> str:
        """Returns the text without NUL characters and lone surrogates, cut to the limit.

        Bytes that were not UTF-8 arrive here as the surrogates of PEP 383, so both faults end as U+FFFD.
        """
        if "\0" in value:
            self.note("nul_removed")
            value = value.replace("\0", "")
        if not value.isascii() and _SURROGATE.search(value):
            self.note("invalid_utf8" if _ESCAPED_BYTE.search(value) else "lone_surrogate")
            value = _SURROGATE.sub("\ufffd", value)
        if len(value) > self.max_chars:
            self.note("truncated")
            value = value[: self.max_chars]
        return value

    def number(self, value: float) -> float | str:
        """Returns the number, or its proto3 JSON name when it is not finite."""
        if math.isfinite(value):
            return value
        self.note("non_finite_number")
        if math.isnan(value):
            return "NaN"
        return "Infinity" if value > 0 else "-Infinity"

    def nested(self, value: list[Any] | dict[str, Any], depth: int) -> Any:
        """Returns a finished container, as JSON text when it sits at the depth limit."""
        if depth != MAX_DEPTH:
            return value
        self.note("too_deep")
        return msgspec.json.encode(value).decode()
