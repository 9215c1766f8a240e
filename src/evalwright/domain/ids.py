"""Identifiers: W3C trace and span ids as lower-case hex, everything else a prefixed UUIDv7."""

from __future__ import annotations

import re
from typing import Final

from evalwright.domain.errors import InvalidInput

PREFIXES: Final[dict[str, str]] = {
    "score": "sc",
    "evaluator": "ev",
    "dataset": "ds",
    "item": "it",
    "experiment": "ex",
    "trial": "tr",
    "key": "key",
    "project": "pr",
    "card": "cc",
    "probe": "pb",
    "snapshot": "sn",
}

_TRACE_ID = re.compile(r"[0-9a-f]{32}\Z")
_SPAN_ID = re.compile(r"[0-9a-f]{16}\Z")


def make_id(noun: str, *, unix_ms: int, random_80_bits: int) -> str:
    """Returns a sortable id such as ``ds_0192f0c1...`` (RFC 9562 UUIDv7 as 32 hex digits).

    Args:
        noun: a key of ``PREFIXES``.
        unix_ms: creation time, milliseconds since the epoch.
        random_80_bits: randomness; only the low 74 bits are used.
    """
    rand_a = (random_80_bits >> 62) & 0xFFF
    rand_b = random_80_bits & ((1 << 62) - 1)
    value = (unix_ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b
    return f"{PREFIXES[noun]}_{value:032x}"


def parse_trace_id(text: str) -> str:
    """Returns the id in lower case.

    Raises:
        InvalidInput: not 32 hex digits, or all zero (W3C Trace Context, section 3.2.2.3).
    """
    lowered = text.lower()
    if not _TRACE_ID.match(lowered) or not lowered.strip("0"):
        raise InvalidInput(f"{text!r} is not a trace id", hint="a trace id is 32 hex digits, not all zero")
    return lowered


def parse_span_id(text: str) -> str:
    """Returns the id in lower case.

    Raises:
        InvalidInput: not 16 hex digits, or all zero.
    """
    lowered = text.lower()
    if not _SPAN_ID.match(lowered) or not lowered.strip("0"):
        raise InvalidInput(f"{text!r} is not a span id", hint="a span id is 16 hex digits, not all zero")
    return lowered
