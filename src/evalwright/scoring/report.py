"""What a scoring run came to: the four counts of every evaluator, and why what was not scored was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalwright.domain.evaluator import Outcome
from evalwright.domain.judging import Judged, Judging
from evalwright.domain.score import Denominators, ScoreStatus

_KEPT_REASONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatorReport:
    """One evaluator's part. ``already`` were answered for by an earlier run and are not in the counts.

    ``cost`` is None when any call had no known price. ``reasons`` are the commonest for each status but scored.
    ``judging`` says how the verdicts of a judge came about; None for evaluators that ask no model.
    """

    name: str
    version: str
    denominators: Denominators
    already: int = 0
    cost: float | None = None
    labels: Mapping[str, int] = field(default_factory=dict)
    reasons: Sequence[tuple[str, str, int]] = ()
    judging: Judging | None = None


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
    judged: Judged = field(default_factory=Judged)

    def add(self, outcome: Outcome) -> None:
        """Counts one outcome."""
        self.statuses[outcome.status] += 1
        if outcome.status is ScoreStatus.SCORED:
            self.labels[outcome.label] += 1
        else:
            key = (outcome.status.value, outcome.reason)
            full = len(self.reasons) >= _KEPT_REASONS and key not in self.reasons
            self.reasons[(outcome.status.value, "other reasons") if full else key] += 1
        self.judged.add(outcome.metadata, outcome.cost)

    def report(self) -> EvaluatorReport:
        """Returns the counts so far."""
        counts = {status.value: self.statuses[status] for status in ScoreStatus}
        judging = self.judged.judging(self.name)
        return EvaluatorReport(
            name=self.name,
            version=self.version,
            denominators=Denominators(**counts),
            already=self.already,
            cost=judging.cost if judging.verdicts else None,
            labels=dict(self.labels.most_common(50)),
            reasons=tuple((status, reason, n) for (status, reason), n in self.reasons.most_common(5)),
            judging=judging if judging.verdicts else None,
        )
