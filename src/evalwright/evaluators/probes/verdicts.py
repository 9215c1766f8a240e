"""Verdicts of a probed judge on one scale, in a table of arms by items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evalwright.domain.evaluator import EvaluatorSpec, Outcome
from evalwright.domain.score import ScoreStatus, ScoreType
from evalwright.evaluators.pairwise import Orders
from evalwright.evaluators.probes.shape import Shape

SAME_WITHIN: Final = 0.1
"""Two numbers without a label are the same verdict when they differ by no more than this share of the scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a judge said once. ``unit`` is its place on the scale from 0 to 1, for ``a`` where it compares two."""

    status: ScoreStatus
    label: str = ""
    unit: float | None = None
    reason: str = ""
    orders: Orders | None = None
    confidence: float | None = None

    @property
    def scored(self) -> bool:
        """Whether there is a verdict at all."""
        return self.status is ScoreStatus.SCORED

    def differs(self, other: Verdict) -> bool:
        """Whether two verdicts are different ones: by label, else by their place on the scale."""
        if self.label or other.label:
            return self.label != other.label
        if self.unit is None or other.unit is None:
            return self.unit is not other.unit
        return abs(self.unit - other.unit) > SAME_WITHIN


NOTHING_TO_CHANGE: Final = Verdict(
    status=ScoreStatus.SKIPPED,
    reason="nothing in it to change, or no other session's answer to put in its place",
)


def read_verdict(spec: EvaluatorSpec, shape: Shape, outcomes: Sequence[tuple[str, ScoreType, Outcome]]) -> Verdict:
    """Returns the verdict among an evaluator's outcomes: the one of its own name, else the first."""
    if not outcomes:
        return Verdict(status=ScoreStatus.ERRORED, reason="the evaluator gave no outcome")
    outcome = next((outcome for name, _, outcome in outcomes if name == spec.name), outcomes[0][2])
    if outcome.status is not ScoreStatus.SCORED:
        return Verdict(status=outcome.status, label=outcome.label, reason=outcome.reason)
    label = outcome.label
    unit = shape.unit_of(label) if label in shape.numbers else shape.unit(outcome.value)
    if outcome.value is not None and unit is None and not label:
        reason = f"the value {outcome.value:g} is not on the scale {shape.low:g}..{shape.high:g}"
        return Verdict(status=ScoreStatus.ERRORED, reason=reason)
    return Verdict(
        status=ScoreStatus.SCORED,
        label=label,
        unit=unit,
        orders=Orders.of(outcome.metadata),
        confidence=_probability(outcome.metadata.get("confidence")),
    )


def _probability(given: Any) -> float | None:
    ok = isinstance(given, (int, float)) and not isinstance(given, bool) and 0.0 <= given <= 1.0
    return float(given) if ok else None


@dataclass(slots=True)
class Table:
    """Verdicts by arm and place of the item."""

    rows: dict[str, dict[int, Verdict]] = field(default_factory=dict)

    def put(self, arm: str, index: int, verdict: Verdict) -> None:
        """Keeps one verdict."""
        self.rows.setdefault(arm, {})[index] = verdict

    def get(self, arm: str, index: int) -> Verdict:
        """Returns one verdict."""
        return self.rows[arm][index]

    def of(self, arm: str) -> Mapping[int, Verdict]:
        """Returns the verdicts of one arm by place of the item."""
        return self.rows.get(arm, {})
