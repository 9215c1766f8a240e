"""The range of an evaluator's numbers, where its definition says it."""

from __future__ import annotations

from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec
from evalwright.domain.score import ScoreType


def scale_of(spec: EvaluatorSpec) -> tuple[float, float] | None:
    """Returns the smallest and the largest number it can give: of its labels, or its range; None where it is open."""
    if spec.type is ScoreType.BOOLEAN:
        return 0.0, 1.0
    scores = spec.definition.get("scores") or {}
    if scores:
        return min(map(float, scores.values())), max(map(float, scores.values()))
    ranged = spec.kind is EvaluatorKind.JUDGE and spec.type is ScoreType.NUMERIC
    if not ranged or not {"low", "high"} <= spec.definition.keys():
        return None
    return float(spec.definition["low"]), float(spec.definition["high"])
