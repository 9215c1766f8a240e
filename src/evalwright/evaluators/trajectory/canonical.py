"""Argument values in one form, so that what means the same compares equal however it was written."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from evalwright.evaluators.plain import as_json


def canonical(value: Any) -> Hashable:
    """Returns a hashable form that is equal for equal JSON values.

    1 and 1.0 are one number, true is no number, keys have no order, text is in Unicode normal form C.

    Example:
        >>> canonical({"b": 1, "a": [1.0]}) == canonical({"a": [1], "b": 1.0})
        True
        >>> canonical(True) == canonical(1)
        False
    """
    if value is None or isinstance(value, bool):
        return ("constant", value)
    if isinstance(value, (int, float)):
        return ("number", "nan" if isinstance(value, float) and math.isnan(value) else value)
    if isinstance(value, str):
        return ("text", unicodedata.normalize("NFC", value))
    if isinstance(value, Mapping):
        pairs = ((unicodedata.normalize("NFC", str(key)), canonical(held)) for key, held in value.items())
        return ("object", frozenset(pairs))
    if isinstance(value, Sequence):
        return ("list", tuple(canonical(element) for element in value))
    return ("text", str(value))


def same(first: Any, second: Any) -> bool:
    """True when two JSON values mean the same."""
    return canonical(first) == canonical(second)


def as_arguments(value: Any) -> Mapping[str, Any]:
    """Returns a call's arguments as a mapping; JSON text is parsed, and what is no object stands under ``value``."""
    parsed = as_json(value)
    if isinstance(parsed, Mapping):
        return parsed
    return {} if parsed is None or parsed in ("", []) else {"value": parsed}
