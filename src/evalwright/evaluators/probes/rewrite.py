"""Rubrics said differently: other words, other names or numbers for the verdicts, another order. The meaning stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from evalwright.domain.score import ScoreType
from evalwright.evaluators.judge.rubric import Example, Rubric

_WORDS: Final = {
    "every": "each",
    "wholly": "entirely",
    "at least one": "one or more",
    "enough": "sufficient",
    "important": "significant",
    "plainly": "clearly",
    "completely": "fully",
    "correct": "right",
    "incorrect": "wrong",
    "although": "even though",
    "however": "no matter how",
    "therefore": "so",
}
_PATTERN: Final = re.compile(r"\b(" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r")\b", re.IGNORECASE)


def paraphrased(rubric: Rubric) -> Rubric:
    """Returns the rubric in other words: synonyms, and another frame around each definition and rule."""
    labels = {
        name: f"Choose this when the following holds. {reworded(text)}" if text else ""
        for name, text in rubric.labels.items()
    }
    return replace(
        rubric,
        description=reworded(rubric.description),
        labels=labels,
        rules=tuple(f"Bear in mind: {reworded(rule)}" for rule in rubric.rules),
    )


def reworded(text: str) -> str:
    """Returns a text with some words replaced by synonyms.

    Example:
        >>> reworded("Every claim must be correct.")
        'Each claim must be right.'
    """

    def other(match: re.Match[str]) -> str:
        word = _WORDS[match.group().lower()]
        return word.capitalize() if match.group()[0].isupper() else word

    return _PATTERN.sub(other, text)


def reordered(rubric: Rubric) -> Rubric:
    """Returns the rubric with verdicts, rules and examples shown in reverse; an ordinal scale then runs best first."""
    return replace(
        rubric,
        reverse_scale=not rubric.reverse_scale,
        rules=tuple(reversed(rubric.rules)),
        examples=tuple(reversed(rubric.examples)),
    )


def rescaled(rubric: Rubric) -> tuple[Rubric, Mapping[str, str]]:
    """Returns the rubric on another scale, and the old name of each new label.

    Numbers run from 0 to 100 (to 10 where they did so before); labels get names that say nothing, so that only their
    definitions count.
    """
    if rubric.type is ScoreType.NUMERIC:
        return _renumbered(rubric), {}
    names = {old: f"verdict_{place}" for place, old in enumerate(rubric.labels, start=1) if old not in rubric.abstain}
    rename = _renamer(names)
    labels = {names.get(old, old): rename(text) for old, text in rubric.labels.items()}
    changed = replace(
        rubric,
        labels=labels,
        scores={names[old]: number for old, number in rubric.scores.items()},
        rules=tuple(rename(rule) for rule in rubric.rules),
        examples=tuple(_relabelled(example, names, rename) for example in rubric.examples),
    )
    return changed, {new: old for old, new in names.items()}


def _renumbered(rubric: Rubric) -> Rubric:
    high = 10.0 if (rubric.low, rubric.high) == (0.0, 100.0) else 100.0
    factor = high / (rubric.high - rubric.low)

    def moved(example: Example) -> Example:
        return example if example.value is None else replace(example, value=(example.value - rubric.low) * factor)

    return replace(rubric, low=0.0, high=high, examples=tuple(moved(example) for example in rubric.examples))


def _renamer(names: Mapping[str, str]) -> Callable[[str], str]:
    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)({words})(?!\w)")
    return lambda text: pattern.sub(lambda match: names[match.group()], text)


def _relabelled(example: Example, names: Mapping[str, str], rename: Callable[[str], str]) -> Example:
    changes: dict[str, Any] = {"label": names.get(example.label, example.label), "why": rename(example.why)}
    return replace(example, **changes)
