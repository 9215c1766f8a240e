"""Answers that carry more than one domain object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalwright.domain.calibration import CalibrationReport, Correction
from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Experiment, Trial
from evalwright.domain.gate import Verdict
from evalwright.domain.judging import Judging
from evalwright.domain.score import ScoreStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEstimate:
    """One metric over all trials; ``correction`` is there when asked for and a judge wrote the metric."""

    metric: str
    estimate: Estimate
    correction: Correction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentSummary(Experiment):
    """An experiment of a list, with the means of its scores; ``failed`` of its trials did not end well."""

    metrics: Sequence[MetricEstimate] = ()
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentDetail(Experiment):
    """An experiment with its metrics; ``judging`` says how many verdicts were used again, and what that saved."""

    metrics: Sequence[MetricEstimate] = ()
    judging: Sequence[Judging] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialScore:
    """One score of a trial; ``value`` is None unless ``status`` is scored."""

    value: float | None = None
    label: str = ""
    status: ScoreStatus = ScoreStatus.SCORED
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDetail(Trial):
    """A trial with its scores by name, and what its item asks as words."""

    scores: Mapping[str, TrialScore] = field(default_factory=dict)
    input_preview: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationSummary:
    """A calibration card at a glance: measures over all rows, and the verdict of the bar on the holdout."""

    id: str
    project: str
    evaluator: str
    evaluator_version: str
    judge_score: str
    label_score: str
    dataset: str = ""
    filter: str = ""
    group_by: str = ""
    created_ns: int = 0
    rows: int = 0
    disagreements: int = 0
    agreement: Estimate | None = None
    kappa: Estimate | None = None
    sensitivity: Estimate | None = None
    specificity: Estimate | None = None
    spearman: Estimate | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A calibration card with its whole report."""

    id: str
    project: str
    evaluator: str
    evaluator_version: str
    judge_score: str
    label_score: str
    report: CalibrationReport
    dataset: str = ""
    filter: str = ""
    group_by: str = ""
    created_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSummary:
    """The mean of one score in one group; ``key`` is empty without grouping.

    Its interval is over ``clusters`` that share ``cluster_by``; ``none``: each value was taken as independent.
    """

    name: str
    key: str
    type: str
    estimate: Estimate
    clusters: int = 0
    cluster_by: str = ""
    labels: Mapping[str, int] = field(default_factory=dict)
    correction: Correction | None = None
