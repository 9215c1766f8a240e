"""What an evaluator function may return, and how it is read as an outcome."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import Evidence, ScoreStatus, ScoreType

MAX_LABEL_CHARS: Final = 200
NOTHING_TO_SAY: Final = "the evaluator had nothing to say about this target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A verdict with its grounds, for evaluators that have more to say than a bare value.

    Example:
        >>> Score(value=False, explanation="no refund tool was called").value
        False
    """

    value: bool | float | None = None
    label: str = ""
    explanation: str = ""
    evidence: Sequence[str | Evidence] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


def read_result(result: object, declared: ScoreType) -> tuple[ScoreType, Outcome]:
    """Returns the type and outcome of what a function returned: bool, number, str, ``Score`` or None (skipped)."""
    if result is None:
        return declared, Outcome(status=ScoreStatus.SKIPPED, reason=NOTHING_TO_SAY)
    if isinstance(result, Outcome):
        return declared, result
    if isinstance(result, Score):
        return _read_score(result, declared)
    if isinstance(result, bool) or type(result).__name__ == "bool_":
        return ScoreType.BOOLEAN, _boolean(bool(result))
    if isinstance(result, str):
        return _label(result, declared)
    if isinstance(result, numbers.Real):
        return (declared if declared is ScoreType.ORDINAL else ScoreType.NUMERIC), _number(float(result))
    return declared, errored(f"the evaluator returned {type(result).__name__}; return bool, float, str, Score or None")


def errored(reason: str) -> Outcome:
    """Returns an outcome for an evaluator that could not do its work."""
    return Outcome(status=ScoreStatus.ERRORED, reason=reason)


def _boolean(value: bool) -> Outcome:
    return Outcome(value=float(value), label="true" if value else "false")


def _label(label: str, declared: ScoreType) -> tuple[ScoreType, Outcome]:
    if declared is ScoreType.TEXT:
        return declared, Outcome(explanation=label) if label else errored("the evaluator returned an empty text")
    if not label.strip() or len(label) > MAX_LABEL_CHARS:
        return declared, errored(f"a label has 1 to {MAX_LABEL_CHARS} characters, not {len(label)}")
    return ScoreType.CATEGORICAL, Outcome(label=label)


def _number(value: float) -> Outcome:
    if not math.isfinite(value):
        return errored(f"the evaluator returned {value!r}, which is no number")
    return Outcome(value=value)


def _read_score(score: Score, declared: ScoreType) -> tuple[ScoreType, Outcome]:
    if score.value is None and not score.label:
        return declared, errored("the evaluator returned a Score without value and label")
    kind, plain = read_result(score.label if score.value is None else score.value, declared)
    if plain.status is not ScoreStatus.SCORED:
        return kind, plain
    evidence = tuple(item if isinstance(item, Evidence) else Evidence(quote=item) for item in score.evidence)
    if score.label and kind is ScoreType.NUMERIC and declared in (ScoreType.CATEGORICAL, ScoreType.ORDINAL):
        kind = declared
    label = score.label or plain.label
    return kind, Outcome(
        value=plain.value, label=label, explanation=score.explanation, evidence=evidence, metadata=dict(score.metadata)
    )
