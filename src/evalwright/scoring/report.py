"""What a scoring run came to: the four counts of every evaluator, and why what was not scored was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import Denominators, ScoreStatus

_KEPT_REASONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatorReport:
    """One evaluator's part. ``already`` were answered for by an earlier run and are not in the counts.

    ``cost`` is None when any call had no known price. ``reasons`` are the commonest for each status but scored.
    """

    name: str
    version: str
    denominators: Denominators
    already: int = 0
    cost: float | None = None
    labels: Mapping[str, int] = field(default_factory=dict)
    reasons: Sequence[tuple[str, str, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A whole run; ``written`` scores were handed to the sink and accepted by it."""

    subjects: int
    written: int
    elapsed_s: float
    evaluators: Sequence[EvaluatorReport]


@dataclass(slots=True)
class Tally:
    """Counts of one evaluator while it runs. Bounded: past some two hundred reasons the rest are counted together."""

    name: str
    version: str
    statuses: Counter[ScoreStatus] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    already: int = 0
    cost: float = 0.0
    priced: bool = True
    paid_calls: int = 0

    def add(self, outcome: Outcome) -> None:
        """Counts one outcome."""
        self.statuses[outcome.status] += 1
        if outcome.status is ScoreStatus.SCORED:
            self.labels[outcome.label] += 1
        else:
            key = (outcome.status.value, outcome.reason)
            full = len(self.reasons) >= _KEPT_REASONS and key not in self.reasons
            self.reasons[(outcome.status.value, "other reasons") if full else key] += 1
        if "calls" in outcome.metadata:
            self.paid_calls += 1
            self.priced = self.priced and outcome.cost is not None
            self.cost += outcome.cost or 0.0

    def report(self) -> EvaluatorReport:
        """Returns the counts so far."""
        counts = {status.value: self.statuses[status] for status in ScoreStatus}
        return EvaluatorReport(
            name=self.name,
            version=self.version,
            denominators=Denominators(**counts),
            already=self.already,
            cost=self.cost if self.priced and self.paid_calls else None,
            labels=dict(self.labels.most_common(50)),
            reasons=tuple((status, reason, n) for (status, reason), n in self.reasons.most_common(5)),
        )
