"""Several verdicts on one thing made into one, with how far they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, median_low
from typing import Any, Final

from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.judge.rubric import Rubric

SAME_WITHIN: Final = 0.1
"""Numbers this share of the scale apart still agree."""


def majority(outcomes: Sequence[Outcome], rubric: Rubric) -> Outcome:
    """Returns the verdict most samples gave; of numbers the median. ``metadata`` tells the samples and their agreement.

    Verdicts that are no scores take part: when most samples abstained or failed, so does the result. A draw goes to
    the label nearest the mean of all scores, then to the one the rubric names first.
    """
    statuses = Counter(outcome.status for outcome in outcomes)
    status = max(statuses, key=lambda each: (statuses[each], each is ScoreStatus.SCORED))
    alike = [outcome for outcome in outcomes if outcome.status is status]
    told: dict[str, Any] = {"samples": len(outcomes), "statuses": {s.value: n for s, n in statuses.items()}}
    if status is not ScoreStatus.SCORED:
        return replace(alike[0], metadata={**alike[0].metadata, **told})
    chosen, agreeing = _by_label(alike, rubric) if alike[0].label else _by_number(alike, rubric)
    agreement = agreeing / len(outcomes)
    told |= {"agreement": agreement, "labels": dict(Counter(outcome.label for outcome in alike if outcome.label))}
    values = [outcome.value for outcome in alike if outcome.value is not None]
    told |= {"mean_value": fmean(values)} if values else {}
    return replace(chosen, metadata={"confidence": agreement, **chosen.metadata, **told})


def _by_label(outcomes: Sequence[Outcome], rubric: Rubric) -> tuple[Outcome, int]:
    counts = Counter(outcome.label for outcome in outcomes)
    scores = [rubric.scores[label] for label in counts.elements() if label in rubric.scores]
    centre = fmean(scores) if scores else 0.0
    order = list(rubric.labels)

    def rank(label: str) -> tuple[float, float, int]:
        return -counts[label], abs(rubric.scores.get(label, centre) - centre), order.index(label)

    best = min(counts, key=rank)
    return next(outcome for outcome in outcomes if outcome.label == best), counts[best]


def _by_number(outcomes: Sequence[Outcome], rubric: Rubric) -> tuple[Outcome, int]:
    middle = median_low(outcome.value or 0.0 for outcome in outcomes)
    reach = SAME_WITHIN * (rubric.high - rubric.low)
    agreeing = sum(abs((outcome.value or 0.0) - middle) <= reach for outcome in outcomes)
    return next(outcome for outcome in outcomes if (outcome.value or 0.0) == middle), agreeing
