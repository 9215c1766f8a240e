"""Candidate against baseline, metric by metric, paired by item: pure arithmetic over per-trial rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import (
    OPERATIONAL_UNITS,
    Comparison,
    Experiment,
    MetricComparison,
    Trial,
    TrialStatus,
    default_direction,
)
from evalwright.domain.score import Denominators, Score, ScoreStatus
from evalwright.stats.arrays import FloatArray, is_binary
from evalwright.stats.intervals import FEW_CLUSTERS, average, is_ratio
from evalwright.stats.multiplicity import benjamini_hochberg
from evalwright.stats.paired import (
    discordant_pairs,
    mcnemar_exact,
    paired_difference,
    paired_rate_difference,
    sign_flip_test,
)
from evalwright.stats.unvaried import Bounds

__all__ = [
    "OPERATIONAL_UNITS",
    "TrialScore",
    "common_scale",
    "compare",
    "failed_items",
    "operational_rows",
    "score_rows",
]

_SEED = 20_240_601
_PASS_MARK = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialScore:
    """One metric of one trial. ``value`` is None unless ``status`` is scored; ``scale`` is its range where known."""

    item_key: str
    trial_index: int
    metric: str
    value: float | None
    status: ScoreStatus = ScoreStatus.SCORED
    scale: Bounds | None = None


def operational_rows(trials: Iterable[Trial]) -> list[TrialScore]:
    """Latency, cost, tokens and errors of trials as rows; what a trial did not report is a skipped row."""
    rows: list[TrialScore] = []
    for trial in trials:
        failed = trial.status is not TrialStatus.OK
        values = (trial.latency_ms, trial.cost, trial.input_tokens, trial.output_tokens, float(failed))
        rows.extend(
            _row(trial, metric, value, ScoreStatus.SKIPPED if value is None else ScoreStatus.SCORED)
            for metric, value in zip(OPERATIONAL_UNITS, values, strict=True)
        )
    return rows


def score_rows(
    trials: Iterable[Trial], scores: Iterable[Score], scales: Mapping[str, Bounds] | None = None
) -> list[TrialScore]:
    """Scores of trials as rows, one per trial and metric seen in the experiment.

    A trial without a score for a metric that other trials have is a row too: errored where the trial failed,
    unseen otherwise. Text and category scores without a value are left out. Where a trial was judged again under the
    same name, the newest verdict counts, in whatever order they come.
    """
    by_trial: dict[str, dict[str, Score]] = defaultdict(dict)
    metrics: dict[str, None] = {}
    for score in scores:
        if score.value is None and score.status is ScoreStatus.SCORED:
            continue
        held = by_trial[score.trial_id].get(score.name)
        if held is None or score.created_ns >= held.created_ns:
            by_trial[score.trial_id][score.name] = score
        metrics[score.name] = None
    rows: list[TrialScore] = []
    known = scales or {}
    for trial in trials:
        absent = ScoreStatus.UNSEEN if trial.status is TrialStatus.OK else ScoreStatus.ERRORED
        found = by_trial.get(trial.id, {})
        for metric in metrics:
            score_or_none = found.get(metric)
            rows.append(
                _row(trial, metric, score_or_none.value, score_or_none.status, known.get(metric))
                if score_or_none
                else _row(trial, metric, None, absent, known.get(metric))
            )
    return rows


def _row(
    trial: Trial, metric: str, value: float | None, status: ScoreStatus, scale: Bounds | None = None
) -> TrialScore:
    return TrialScore(
        item_key=trial.item_key, trial_index=trial.index, metric=metric, value=value, status=status, scale=scale
    )


def common_scale(scales: Iterable[Bounds | None], values: ArrayLike) -> Bounds | None:
    """Returns the range of all of them; None where one is open or a value lies outside."""
    given = set(scales)
    if not given or None in given:
        return None
    ends = min(each[0] for each in given if each), max(each[1] for each in given if each)
    x = np.asarray(values, dtype=np.float64)
    return ends if x.size == 0 or (ends[0] <= x.min() and x.max() <= ends[1]) else None


@dataclass(slots=True)
class _Side:
    """One metric of one experiment: scored values by item, and the counts."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    incomplete: set[str] = field(default_factory=set)
    counts: Counter[ScoreStatus] = field(default_factory=Counter)
    scales: set[Bounds | None] = field(default_factory=set)

    def add(self, row: TrialScore) -> None:
        """File one row; a scored row without a finite value is an error of the evaluator, not a gap."""
        usable = row.status is ScoreStatus.SCORED and row.value is not None and bool(np.isfinite(row.value))
        status = ScoreStatus.ERRORED if row.status is ScoreStatus.SCORED and not usable else row.status
        self.counts[status] += 1
        self.scales.add(row.scale)
        if usable and row.value is not None:
            self.values[row.item_key].append(float(row.value))
        elif status is not ScoreStatus.SKIPPED:
            self.incomplete.add(row.item_key)

    def denominators(self) -> Denominators:
        """The four counts over all trials of this side."""
        return Denominators(**{status.value: self.counts[status] for status in ScoreStatus})

    def is_ratio(self, unit: str) -> bool:
        """Whether its scores lie in [0, 1]."""
        x = np.array([value for values in self.values.values() for value in values], dtype=np.float64)
        return is_ratio(x, unit, common_scale(self.scales, x))

    def means(self, keys: Sequence[str]) -> FloatArray:
        """Per-item means over trials."""
        return np.array([sum(self.values[key]) / len(self.values[key]) for key in keys], dtype=np.float64)


def compare(
    baseline: Experiment,
    candidate: Experiment,
    baseline_rows: Iterable[TrialScore],
    candidate_rows: Iterable[TrialScore],
    *,
    directions: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> Comparison:
    """Compare every metric both sides have, over the items both sides scored.

    Items are the unit: trials of one item are averaged first, so five repeats never count as five items. The same
    rows always give the same answer (permutations are seeded).
    """
    before, after = _by_metric(baseline_rows), _by_metric(candidate_rows)
    shared = [metric for metric in before if metric in after]
    chosen = directions or {}
    metrics = [
        _compare_metric(metric, chosen.get(metric) or default_direction(metric), before[metric], after[metric], level)
        for metric in shared
    ]
    adjusted, family = _adjust(metrics)
    old, new = _items(before), _items(after)
    return Comparison(
        baseline=baseline,
        candidate=candidate,
        metrics=adjusted,
        common_items=len(old & new),
        only_baseline=len(old - new),
        only_candidate=len(new - old),
        warnings=(*_setup_warnings(baseline, candidate), *_data_warnings(before, after)),
        family=family,
    )


def _by_metric(rows: Iterable[TrialScore]) -> dict[str, _Side]:
    sides: dict[str, _Side] = {}
    for row in rows:
        if row.metric not in sides:
            sides[row.metric] = _Side()
        sides[row.metric].add(row)
    return sides


def _items(sides: Mapping[str, _Side]) -> set[str]:
    return {key for side in sides.values() for key in (*side.values, *side.incomplete)}


def _compare_metric(metric: str, direction: str, before: _Side, after: _Side, level: float) -> MetricComparison:
    keys = sorted(before.values.keys() & after.values.keys())
    a, b = before.means(keys), after.means(keys)
    unit = OPERATIONAL_UNITS.get(metric, "")
    both = np.concatenate([a, b])
    scale = common_scale(before.scales | after.scales, both)
    bounded = is_ratio(both, unit, scale)
    unit = "ratio" if bounded else unit
    counts = after.denominators()
    difference = (
        paired_rate_difference(a, b, level=level, denominators=counts)
        if bounded
        else paired_difference(a, b, level=level, unit=unit, denominators=counts, bounds=scale)
    )
    p_value, test = _test(a, b, before, after, keys)
    improved, regressed, unchanged = _moved(keys, a, b, direction)
    return MetricComparison(
        metric=metric,
        direction=direction,
        baseline=average(a, level=level, unit=unit, denominators=before.denominators(), bounds=scale),
        candidate=average(b, level=level, unit=unit, denominators=counts, bounds=scale),
        difference=_with_coverage(difference, len(keys), before, after),
        p_value=p_value,
        p_adjusted=None,
        test=test,
        improved=improved,
        regressed=regressed,
        unchanged=unchanged,
        failed=_failed(after, direction) if bounded else None,
    )


def _with_coverage(difference: Estimate, common: int, before: _Side, after: _Side) -> Estimate:
    """Say so where items were lost because one side has no score for them."""
    lost = len(before.values.keys() | before.incomplete | after.values.keys() | after.incomplete) - common
    if not lost:
        return difference
    text = f"{lost} of {lost + common} items are not scored on both sides and are left out"
    return replace(difference, warnings=(*difference.warnings, text))


def _test(a: FloatArray, b: FloatArray, before: _Side, after: _Side, keys: Sequence[str]) -> tuple[float | None, str]:
    """Exact McNemar for one 0/1 trial per item, sign flips of the items otherwise."""
    if not keys:
        return None, "none"
    single = all(len(before.values[key]) == 1 == len(after.values[key]) for key in keys)
    if single and is_binary(a) and is_binary(b):
        return mcnemar_exact(*discordant_pairs(a, b)), "mcnemar_exact"
    return sign_flip_test(b - a, np.random.default_rng(_SEED)), "sign_flip_permutation"


def _moved(keys: Sequence[str], a: FloatArray, b: FloatArray, direction: str) -> tuple[tuple[str, ...], ...]:
    gain = (a - b) if direction == "lower" else (b - a)
    still = np.isclose(a, b, rtol=1e-9, atol=1e-12)
    groups = (~still & (gain > 0), ~still & (gain < 0), still)
    return tuple(tuple(compress(keys, group)) for group in groups)


def failed_items(rows: Iterable[TrialScore], directions: Mapping[str, str] | None = None) -> dict[str, tuple[str, ...]]:
    """Metric -> items that failed it, for one experiment on its own; only metrics whose scores lie in [0, 1]."""
    chosen = directions or {}
    return {
        metric: _failed(side, chosen.get(metric) or default_direction(metric))
        for metric, side in _by_metric(rows).items()
        if side.is_ratio(OPERATIONAL_UNITS.get(metric, "ratio"))
    }


def _failed(side: _Side, direction: str) -> tuple[str, ...]:
    """Items with any trial on the wrong side of one half, or with a trial that gave no score."""
    sign = -1.0 if direction == "lower" else 1.0
    wrong = {key for key, values in side.values.items() if min(sign * value for value in values) < sign * _PASS_MARK}
    return tuple(sorted(wrong | side.incomplete))


def _adjust(metrics: Sequence[MetricComparison]) -> tuple[tuple[MetricComparison, ...], str]:
    tested = [metric for metric in metrics if metric.p_value is not None]
    if not tested:
        return tuple(metrics), ""
    adjusted = benjamini_hochberg([metric.p_value or 0.0 for metric in tested])
    by_name = {metric.metric: float(p) for metric, p in zip(tested, adjusted, strict=True)}
    family = f"Benjamini-Hochberg over {len(tested)} metrics: {', '.join(by_name)}"
    return tuple(replace(metric, p_adjusted=by_name.get(metric.metric)) for metric in metrics), family


def _setup_warnings(baseline: Experiment, candidate: Experiment) -> list[str]:
    found = []
    if baseline.dataset_id != candidate.dataset_id:
        found.append(f"datasets differ: {baseline.dataset_name!r} and {candidate.dataset_name!r}")
    elif baseline.dataset_version != candidate.dataset_version:
        found.append(f"dataset versions differ: {baseline.dataset_version} and {candidate.dataset_version}")
    found.extend(
        f"evaluator {name!r} has another version: scores may not mean the same"
        for name in sorted(baseline.evaluators.keys() & candidate.evaluators.keys())
        if baseline.evaluators[name] != candidate.evaluators[name]
    )
    if baseline.trials != candidate.trials:
        found.append(f"trials per item differ: {baseline.trials} and {candidate.trials}")
    for role, experiment in (("baseline", baseline), ("candidate", candidate)):
        expected = experiment.item_count * experiment.trials
        if experiment.completed < expected:
            found.append(f"{role} is incomplete: {experiment.completed} of {expected} trials")
    return found


def _data_warnings(before: Mapping[str, _Side], after: Mapping[str, _Side]) -> list[str]:
    found = []
    for role, mine, other in (("baseline", before, after), ("candidate", after, before)):
        alone = [metric for metric in mine if metric not in other]
        if alone:
            found.append(f"only the {role} has {', '.join(map(repr, alone))}: not compared")
    common = len(_items(before) & _items(after))
    if common < FEW_CLUSTERS:
        found.append(f"only {common} common items: differences are hard to tell from chance")
    for metric in before:
        if metric in after:
            old, new = before[metric].denominators(), after[metric].denominators()
            if (old.errored, old.unseen) != (new.errored, new.unseen):
                found.append(
                    f"{metric!r} has other denominators: errored {old.errored} and {new.errored}, "
                    f"unseen {old.unseen} and {new.unseen}"
                )
    return found
