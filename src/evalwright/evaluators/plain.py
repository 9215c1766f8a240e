"""Values as text: the one way evaluators and judges turn an input or output into something to read or search."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Final, Self

_QUOTES: Final = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "‐": "-", "−": "-", "\u00a0": " "}
)
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SPACE: Final = re.compile(r"\s+")


class Shortened(str):
    """A text that knows how many characters of the whole it ``lacks``."""

    __slots__ = ("lacks",)
    lacks: int

    def __new__(cls, text: str, lacks: int) -> Self:
        """Returns the text."""
        self = super().__new__(cls, text)
        self.lacks = lacks
        return self


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
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", text).translate(_QUOTES))
    return _SPACE.sub(" ", plain).strip().casefold()
