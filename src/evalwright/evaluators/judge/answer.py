"""A judge's answer read: JSON found in whatever surrounds it, then held to the contract."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from evalwright.domain.score import ScoreType
from evalwright.evaluators.judge.rubric import Rubric

_MAX_FAILURES: Final = 50
_DECODER: Final = json.JSONDecoder()
MAX_QUOTES: Final = 20
MAX_QUOTE_CHARS: Final = 4_000
MAX_EXPLANATION_CHARS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that keeps the contract."""

    label: str
    explanation: str
    evidence: tuple[str, ...] = ()
    value: float | None = None
    confidence: float | None = None


class BrokenAnswer(Exception):
    """An answer that breaks the contract; the message says how, in words fit to send back to the model."""


def read_answer(text: str, rubric: Rubric) -> Answer:
    """Returns the answer.

    Raises:
        BrokenAnswer: no JSON object, an unknown label, or a number that is missing or out of range.
    """
    data = find_object(text)
    if data is None:
        raise BrokenAnswer("it holds no JSON object")
    return check_answer(data, rubric)


def check_answer(data: Any, rubric: Rubric) -> Answer:
    """Returns an answer that was read as JSON.

    Raises:
        BrokenAnswer: it breaks the contract.
    """
    if not isinstance(data, dict):
        raise BrokenAnswer("it holds no JSON object")
    label = _label(data.get("label"), rubric)
    return Answer(
        label=label,
        explanation=_explanation(data.get("explanation")),
        evidence=_quotes(data.get("evidence")),
        value=_value(data.get("value"), label, rubric) if rubric.type is ScoreType.NUMERIC else None,
        confidence=_confidence(data.get("confidence")) if rubric.states_confidence else None,
    )


def find_object(text: str, wanted: Collection[str] = ("label",)) -> dict[str, Any] | None:
    """Returns the last JSON object in a text that has a wanted key, else the last object; None when there is none.

    Models wrap JSON in fences and prose, and reasoning comes before the verdict: so the last one counts. A text with
    many braces that begin no object is read from its end instead.
    """
    found = _forwards(text)
    objects = found if found is not None else _backwards(text)
    labelled = [value for value in objects if not value.keys().isdisjoint(wanted)]
    return next(reversed(labelled or objects), None)


def _forwards(text: str) -> list[dict[str, Any]] | None:
    """Returns the objects in order; None when too much of the text looks like one and is none."""
    found: list[dict[str, Any]] = []
    failures = position = 0
    while (start := text.find("{", position)) >= 0:
        try:
            value, position = _DECODER.raw_decode(text, start)
            found.append(value)
        except (ValueError, RecursionError):
            failures, position = failures + 1, start + 1
            if failures > _MAX_FAILURES:
                return None
    return found


def _backwards(text: str) -> list[dict[str, Any]]:
    """Returns the objects that begin at the last braces, in order, those inside of others left out."""
    found: list[tuple[int, dict[str, Any]]] = []
    start = len(text)
    for _ in range(_MAX_FAILURES):
        start = text.rfind("{", 0, start)
        if start < 0:
            break
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        found = [(end, value), *(each for each in found if each[0] > end)]
    return [value for _, value in found]


def _label(given: Any, rubric: Rubric) -> str:
    text = str(given).lower() if isinstance(given, bool) else clean(given if given is not None else "")
    for label in rubric.verdicts:
        if text.casefold() == label.casefold():
            return label
    raise BrokenAnswer(f"label {text[:60]!r} is not one of {', '.join(rubric.verdicts)}")


def _explanation(given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        raise BrokenAnswer("the explanation is missing")
    return clean(given)[:MAX_EXPLANATION_CHARS]


def clean(given: Any) -> str:
    """Returns text that every store takes: JSON may spell lone surrogates and NUL, which none of them does."""
    return str(given).encode("utf-8", "replace").decode().replace("\x00", "").strip()


def _quotes(given: Any) -> tuple[str, ...]:
    quotes = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    texts = [clean(quote.get("quote", "") if isinstance(quote, dict) else quote) for quote in quotes[:MAX_QUOTES]]
    return tuple(text[:MAX_QUOTE_CHARS] for text in texts if text)


def _value(given: Any, label: str, rubric: Rubric) -> float | None:
    if label in rubric.abstain:
        return None
    if not isinstance(given, (int, float)) or isinstance(given, bool) or math.isnan(_float(given)):
        raise BrokenAnswer("value must be a number")
    if not rubric.low <= given <= rubric.high:
        raise BrokenAnswer(f"value {_float(given):g} lies outside {rubric.low:g}..{rubric.high:g}")
    return rubric.turned(float(given))


def _float(given: float) -> float:
    """Returns a number as it is but for whole ones beyond all floats, which are infinite."""
    try:
        return float(given)
    except OverflowError:
        return math.inf if given > 0 else -math.inf


def _confidence(given: Any) -> float:
    if not isinstance(given, (int, float)) or isinstance(given, bool) or not 0.0 <= given <= 1.0:
        raise BrokenAnswer("confidence must be a number from 0 to 1")
    return float(given)
