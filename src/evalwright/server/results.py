"""What experiments came to: metrics with intervals, comparisons, and items side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Comparison, Experiment
from evalwright.domain.judging import Judging, mixed_models
from evalwright.domain.score import Denominators, ScoreStatus
from evalwright.evaluators.calibration import Writer
from evalwright.experiments.comparison import (
    OPERATIONAL_UNITS,
    TrialScore,
    common_scale,
    compare,
    operational_rows,
    score_rows,
)
from evalwright.ports.records import DatasetStore
from evalwright.server.deps import Deps
from evalwright.server.judging import judging_of
from evalwright.server.standings import standing_warnings, standings_of
from evalwright.server.trials import scores_of, trials_of
from evalwright.server.trust import scales_of, trust_of, untrusted_warnings, writers_of
from evalwright.stats.intervals import average


@dataclass(frozen=True, slots=True)
class Results:
    """Every metric of every trial of one experiment, who wrote its scores, and how judges came to theirs."""

    rows: Sequence[TrialScore]
    writers: frozenset[Writer]
    judging: Sequence[Judging]


def read_results(deps: Deps, experiment: Experiment) -> Results:
    """Returns what an experiment came to: two paged reads, however many trials there are, and one per evaluator."""
    trials = trials_of(deps.records, experiment)
    scores = scores_of(deps.spans, experiment)
    writers = writers_of(scores)
    rows = score_rows(trials, scores, scales_of(deps, experiment.project, writers))
    return Results([*rows, *operational_rows(trials)], writers, judging_of(scores))


def by_metric(rows: Iterable[TrialScore]) -> dict[str, list[TrialScore]]:
    """Returns metric -> its rows, in order of first appearance."""
    grouped: dict[str, list[TrialScore]] = defaultdict(list)
    for row in rows:
        grouped[row.metric].append(row)
    return dict(grouped)


def estimate_rows(metric: str, rows: Sequence[TrialScore]) -> Estimate:
    """Returns the mean of one metric over trials, beside its four counts.

    Clustered by item, unless they are all of one: then it is that item's own mean, and its trials are independent.
    """
    scored = [row for row in rows if row.status is ScoreStatus.SCORED and row.value is not None]
    counts = Counter(row.status for row in rows)
    return estimate_values(
        [row.value for row in scored if row.value is not None],
        [row.item_key for row in scored],
        Denominators(**{status.value: counts[status] for status in ScoreStatus}),
        unit=OPERATIONAL_UNITS.get(metric, ""),
        scales=(row.scale for row in rows),
    )


def estimate_values(
    values: Sequence[float],
    items: Sequence[Hashable],
    counts: Denominators,
    *,
    unit: str = "",
    scales: Iterable[tuple[float, float] | None] = (),
) -> Estimate:
    """Returns the mean of what trials scored, beside the item of each: clustered by item as ``estimate_rows`` says."""
    return average(
        values,
        items if 1 < len(set(items)) < len(items) else None,
        unit=unit,
        denominators=counts,
        bounds=common_scale(scales, values),
    )


def estimates(rows: Iterable[TrialScore]) -> dict[str, Estimate]:
    """Returns metric -> its estimate."""
    return {metric: estimate_rows(metric, found) for metric, found in by_metric(rows).items()}


def compare_experiments(
    deps: Deps, baseline: Experiment, candidate: Experiment, directions: Mapping[str, str]
) -> tuple[Comparison, Results, Results]:
    """Returns the comparison, with what is known of the judges behind it, and the results of both sides."""
    before, after = read_results(deps, baseline), read_results(deps, candidate)
    compared = compare(baseline, candidate, before.rows, after.rows, directions=directions)
    judged = replace(compared, judges=trust_of(deps, candidate.project, before.writers | after.writers))
    moved = judge_warnings(deps, candidate, after)
    return replace(judged, warnings=(*judged.warnings, *untrusted_warnings(judged), *moved)), before, after


def judge_warnings(deps: Deps, experiment: Experiment, results: Results) -> Sequence[str]:
    """Returns what a reader must know of an experiment's judges: canary sets that moved, models that changed."""
    mixed = [f"{each.evaluator}: {said}" for each in results.judging if (said := mixed_models(each))]
    return [*standing_warnings(experiment, standings_of(deps, experiment), results.judging), *mixed]


def side_by_side(
    before: Iterable[TrialScore], after: Iterable[TrialScore], keys: Sequence[str], inputs: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Returns one row per item: its input, and each metric's estimate over its own trials, for both sides."""
    old, new = _by_item(before, set(keys)), _by_item(after, set(keys))
    return [
        {
            "item_key": key,
            "input": inputs.get(key),
            "baseline": estimates(old.get(key, ())),
            "candidate": estimates(new.get(key, ())),
        }
        for key in keys
    ]


def _by_item(rows: Iterable[TrialScore], keys: Collection[str]) -> Mapping[str, list[TrialScore]]:
    grouped: dict[str, list[TrialScore]] = defaultdict(list)
    for row in rows:
        if row.item_key in keys:
            grouped[row.item_key].append(row)
    return grouped


def inputs_of(records: DatasetStore, experiment: Experiment, keys: Collection[str]) -> dict[str, Any]:
    """Returns the inputs of the named items in the dataset version that was run."""
    return dict(records.item_inputs(experiment.dataset_id, version=experiment.dataset_version, keys=keys))
