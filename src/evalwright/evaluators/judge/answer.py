"""A judge's answer read: JSON found in whatever surrounds it, then held to the contract."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Final

from evalwright.domain.score import ScoreType
from evalwright.evaluators.judge.rubric import Rubric

_MAX_STARTS: Final = 50
MAX_QUOTES: Final = 20


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
    label = _label(data.get("label"), rubric)
    return Answer(
        label=label,
        explanation=_explanation(data.get("explanation")),
        evidence=_quotes(data.get("evidence")),
        value=_value(data.get("value"), label, rubric) if rubric.type is ScoreType.NUMERIC else None,
        confidence=_confidence(data.get("confidence")) if rubric.states_confidence else None,
    )


def find_object(text: str) -> dict[str, Any] | None:
    """Returns the last JSON object in a text that has a ``label``, else the last object; None when there is none.

    Models wrap JSON in fences and prose, and reasoning comes before the verdict: so the last one counts.
    """
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    position = text.find("{")
    starts = 0
    while position >= 0 and starts < _MAX_STARTS:
        starts += 1
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            found.append(value)
        position = text.find("{", end)
    labelled = [value for value in found if "label" in value]
    return next(reversed(labelled or found), None)


def _label(given: Any, rubric: Rubric) -> str:
    text = str(given).lower() if isinstance(given, bool) else str(given if given is not None else "").strip()
    for label in rubric.verdicts:
        if text == label or text.casefold() == label.casefold():
            return label
    raise BrokenAnswer(f"label {text[:60]!r} is not one of {', '.join(rubric.verdicts)}")


def _explanation(given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        raise BrokenAnswer("the explanation is missing")
    return given.strip()


def _quotes(given: Any) -> tuple[str, ...]:
    quotes = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    texts = [str(quote.get("quote", "")) if isinstance(quote, dict) else str(quote) for quote in quotes]
    return tuple(text for text in texts if text.strip())[:MAX_QUOTES]


def _value(given: Any, label: str, rubric: Rubric) -> float | None:
    if label in rubric.abstain:
        return None
    if not isinstance(given, (int, float)) or isinstance(given, bool) or not math.isfinite(given):
        raise BrokenAnswer("value must be a number")
    if not rubric.low <= given <= rubric.high:
        raise BrokenAnswer(f"value {given:g} lies outside {rubric.low:g}..{rubric.high:g}")
    return float(given)


def _confidence(given: Any) -> float:
    if not isinstance(given, (int, float)) or isinstance(given, bool) or not 0.0 <= given <= 1.0:
        raise BrokenAnswer("confidence must be a number from 0 to 1")
    return float(given)
