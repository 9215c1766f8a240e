"""What one experiment came to, for people who were not there: no number without its error, nothing left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalwright.domain.canary import CanaryStanding
from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Experiment
from evalwright.domain.judging import Judging
from evalwright.domain.trust import JudgeTrust


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRuns:
    """Of ``k`` trials of an item: how often at least one succeeds (``pass_at``), and all do (``pass_hat``)."""

    k: int
    pass_at: Estimate
    pass_hat: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricReport:
    """One metric over all trials, clustered by item; ``repeats`` only for successes and failures in several trials.

    In ``repeats`` a trial whose task failed counts as a failure, and one that could not be judged is left out.
    """

    metric: str
    direction: str
    operational: bool
    estimate: Estimate
    repeats: Sequence[RepeatedRuns] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCounts:
    """How the trials ended; ``planned`` less ``completed`` are still missing."""

    planned: int
    completed: int
    ok: int
    error: int
    timeout: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Failures that say the same, of the ``task`` or of the evaluator that wrote the named metric.

    ``item_keys`` are some of the items it happened to, ``trace_id`` one trace to look at.
    """

    source: str
    message: str
    count: int
    item_keys: Sequence[str]
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSlice:
    """The items that share one value of ``by`` (``split``, ``tags`` or ``metadata.<key>``), by score."""

    by: str
    value: str
    items: int
    metrics: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedItem:
    """One item over its own trials; ``failed`` of them did not finish."""

    item_key: str
    input: Any
    failed: int
    metrics: Mapping[str, Estimate]
    trace_ids: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentReport:
    """All of it, with one page of the ``item_count`` items, those worst in ``ordered_by`` first."""

    experiment: Experiment
    trials: TrialCounts
    metrics: Sequence[MetricReport]
    faults: Sequence[Fault]
    slices: Sequence[ReportSlice]
    judges: Sequence[JudgeTrust]
    judging: Sequence[Judging]
    canaries: Sequence[CanaryStanding]
    warnings: Sequence[str]
    item_count: int
    ordered_by: str
    items: Sequence[ReportedItem]
    next_cursor: str = ""
