"""Experiments: one task run over one dataset version, each item repeated as trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from evalwright.domain.estimate import Estimate
from evalwright.domain.trust import JudgeTrust

OPERATIONAL_UNITS: Mapping[str, str] = {
    "latency_ms": "ms",
    "cost": "usd",
    "input_tokens": "tokens",
    "output_tokens": "tokens",
    "error_rate": "ratio",
}
"""Metrics every trial has without an evaluator, and their units; less is better for all of them."""


def default_direction(metric: str) -> str:
    """``lower`` for latency, cost, tokens and errors, ``higher`` for scores."""
    return "lower" if metric in OPERATIONAL_UNITS else "higher"


class TrialStatus(StrEnum):
    """How a trial ended; timeouts and errors are results, never dropped."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One run. ``trials`` is repeats per item; ``completed`` counts finished trials of ``item_count * trials``.

    ``evaluators`` maps evaluator name to version, so that two experiments can be checked for comparability.
    """

    id: str
    project: str
    name: str
    dataset_id: str
    dataset_name: str
    dataset_version: int
    trials: int = 1
    item_count: int = 0
    completed: int = 0
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    evaluators: Mapping[str, str] = field(default_factory=dict)
    status: str = "running"
    created_ns: int = 0
    finished_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One repeat of one item. ``scores`` is evaluator name -> score id; the scores live in the score store."""

    id: str
    experiment_id: str
    item_id: str
    item_key: str
    index: int
    status: TrialStatus = TrialStatus.OK
    output: Any = None
    error: str = ""
    trace_id: str = ""
    latency_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    created_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparison:
    """One metric of candidate against baseline on common items.

    ``difference`` is candidate minus baseline, paired by item and clustered; ``p_value`` belongs to ``test``;
    ``improved``/``regressed``/``unchanged`` hold item keys judged by their per-item means and ``direction``;
    ``failed`` holds the candidate's items with a failed or missing trial (scores in [0, 1] only, else None).
    """

    metric: str
    direction: str
    baseline: Estimate
    candidate: Estimate
    difference: Estimate
    p_value: float | None
    p_adjusted: float | None
    test: str
    improved: Sequence[str] = ()
    regressed: Sequence[str] = ()
    unchanged: Sequence[str] = ()
    failed: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Candidate against baseline over every metric they share, with what makes the comparison weaker.

    ``family`` names the p-values that were adjusted together. ``judges`` says of every judge behind a metric, on either
    side, whether it may decide anything; metrics that no judge wrote are not in it.
    """

    baseline: Experiment
    candidate: Experiment
    metrics: Sequence[MetricComparison]
    common_items: int
    only_baseline: int
    only_candidate: int
    warnings: Sequence[str] = ()
    family: str = ""
    judges: Sequence[JudgeTrust] = ()
