"""Answers that carry more than one domain object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Experiment, Trial
from evalwright.domain.score import ScoreStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEstimate:
    """One metric over all trials."""

    metric: str
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentDetail(Experiment):
    """An experiment with its metrics."""

    metrics: Sequence[MetricEstimate] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialScore:
    """One score of a trial; ``value`` is None unless ``status`` is scored."""

    value: float | None = None
    label: str = ""
    status: ScoreStatus = ScoreStatus.SCORED
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDetail(Trial):
    """A trial with its scores by name."""

    scores: Mapping[str, TrialScore] = field(default_factory=dict)
