"""Values as text: the one way evaluators and judges turn an input or output into something to read or search."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Final

_QUOTES: Final = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "\u00a0": " "})
_SPACE: Final = re.compile(r"\s+")


def as_text(value: Any) -> str:
    """Returns a string as it is and anything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def as_json(value: Any) -> Any:
    """Returns a value parsed from JSON text, or the value itself when it is no JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def normalised(text: str) -> str:
    """Returns text with one form of quotes, dashes, case and white space, for comparing what people wrote."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).translate(_QUOTES)).strip().casefold()
