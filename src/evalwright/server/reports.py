"""An experiment's report, made from its trials, scores and items in three paged reads."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evalwright.domain.dataset import Item
from evalwright.domain.errors import InvalidInput
from evalwright.domain.experiment import OPERATIONAL_UNITS, Experiment, Trial, TrialStatus, default_direction
from evalwright.domain.judging import mixed_models
from evalwright.domain.report import (
    ExperimentReport,
    Fault,
    MetricReport,
    RepeatedRuns,
    ReportedItem,
    ReportSlice,
    TrialCounts,
)
from evalwright.domain.score import Score, ScoreStatus
from evalwright.experiments.comparison import TrialScore, operational_rows, score_rows
from evalwright.ports.records import DatasetStore
from evalwright.server.deps import Deps
from evalwright.server.judging import judging_of
from evalwright.server.paging import PAGE, entries, pages
from evalwright.server.results import by_metric, estimate_rows, estimates
from evalwright.server.standings import standing_warnings, standings_of
from evalwright.server.trials import scores_of, trials_of
from evalwright.server.trust import scales_of, trust_of, writers_of
from evalwright.stats.reliability import pass_at_k, pass_hat_k

MAX_K: Final = 8
MAX_FAULTS: Final = 20
MAX_VALUES: Final = 50
"""Values of one slice that are shown, those of most items first."""

SHOWN_KEYS: Final = 5
MESSAGE_CHARACTERS: Final = 300
_NUMBERS: Final = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which report: ``slice_by`` columns of items, ``metric`` whose worst items come first, and the page of them."""

    slice_by: Sequence[str] = ()
    metric: str = ""
    limit: int = 20
    offset: int = 0


def report_of(deps: Deps, experiment: Experiment, wanted: Wanted) -> ExperimentReport:
    """Returns the report.

    Raises:
        InvalidInput: ``slice_by`` or ``metric`` names nothing that the experiment has.
    """
    trials = trials_of(deps.records, experiment)
    scores = scores_of(deps.spans, experiment)
    items = items_of(deps.records, experiment)
    scales = scales_of(deps, experiment.project, writers_of(scores))
    judged = sorted(score_rows(trials, scores, scales), key=lambda row: row.metric)
    rows = [*judged, *operational_rows(trials)]
    metric = _ordering_metric(rows, wanted.metric)
    keys = _worst_first(rows, trials, metric)
    shown = keys[wanted.offset : wanted.offset + wanted.limit]
    end = wanted.offset + wanted.limit
    slices, cut = _slices(judged, items, wanted.slice_by)
    judges = trust_of(deps, experiment.project, writers_of(scores))
    untrusted = [
        f"{each.metric!r} may not decide anything: {each.explanation}" for each in judges if not each.may_decide
    ]
    judging = judging_of(scores)
    canaries = standings_of(deps, experiment)
    moved = standing_warnings(experiment, canaries, judging)
    mixed = [f"{each.evaluator}: {said}" for each in judging if (said := mixed_models(each))]
    return ExperimentReport(
        experiment=experiment,
        trials=_counts(experiment, trials),
        metrics=_metrics(rows, trials),
        faults=_faults(trials, scores),
        slices=slices,
        judges=judges,
        judging=judging,
        canaries=canaries,
        warnings=[*_warnings(experiment, trials, slices), *cut, *untrusted, *mixed, *moved],
        item_count=len(keys),
        ordered_by=metric,
        items=_items(shown, rows, trials, items),
        next_cursor=str(end) if wanted.limit and end < len(keys) else "",
    )


def items_of(records: DatasetStore, experiment: Experiment) -> dict[str, Item]:
    """Returns the items that were run, by key."""
    dataset, version = experiment.dataset_id, experiment.dataset_version
    read = pages(lambda cursor: records.list_items(dataset, version=version, limit=PAGE, cursor=cursor))
    return {item.key: item for item in entries(read)}


def _counts(experiment: Experiment, trials: Sequence[Trial]) -> TrialCounts:
    ended = Counter(trial.status for trial in trials)
    return TrialCounts(
        planned=experiment.item_count * experiment.trials,
        completed=len(trials),
        ok=ended[TrialStatus.OK],
        error=ended[TrialStatus.ERROR],
        timeout=ended[TrialStatus.TIMEOUT],
    )


def _metrics(rows: Sequence[TrialScore], trials: Sequence[Trial]) -> list[MetricReport]:
    failed = {(trial.item_key, trial.index) for trial in trials if trial.status is not TrialStatus.OK}
    return [
        MetricReport(
            metric=metric,
            direction=default_direction(metric),
            operational=metric in OPERATIONAL_UNITS,
            estimate=estimate_rows(metric, found),
            repeats=() if metric in OPERATIONAL_UNITS else _repeats(found, failed),
        )
        for metric, found in by_metric(rows).items()
    ]


def _repeats(rows: Sequence[TrialScore], failed: set[tuple[str, int]]) -> list[RepeatedRuns]:
    """Empty unless every value is 0 or 1 and some item has several trials that count."""
    outcomes: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if (row.item_key, row.trial_index) in failed:
            outcomes[row.item_key].append(0.0)
        elif row.status is ScoreStatus.SCORED and row.value is not None:
            outcomes[row.item_key].append(row.value)
    if any(value not in (0.0, 1.0) for found in outcomes.values() for value in found):
        return []
    successes = [int(sum(found)) for found in outcomes.values()]
    runs = [len(found) for found in outcomes.values()]
    deepest = min(MAX_K, max(runs, default=0))
    if deepest < 2:
        return []
    return [
        RepeatedRuns(k=k, pass_at=pass_at_k(successes, runs, k), pass_hat=pass_hat_k(successes, runs, k))
        for k in range(1, deepest + 1)
    ]


def _faults(trials: Sequence[Trial], scores: Sequence[Score]) -> list[Fault]:
    """Failures by source and message, numbers in it aside, most frequent first; task failures count once."""
    keys = {trial.id: trial.item_key for trial in trials}
    broken = [trial for trial in trials if trial.status is not TrialStatus.OK]
    known = {trial.id for trial in broken}
    said = [("task", trial.error or trial.status.value, trial.item_key, trial.trace_id) for trial in broken]
    said += [
        (score.name, score.reason or "no reason given", keys.get(score.trial_id, score.item_id), score.trace_id)
        for score in scores
        if score.status is ScoreStatus.ERRORED and score.trial_id not in known
    ]
    grouped: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for source, text, key, trace in said:
        line = text.strip().splitlines()[0][:MESSAGE_CHARACTERS] if text.strip() else text
        grouped[source, _NUMBERS.sub("#", line)].append((line, key, trace))
    ordered = sorted(grouped.items(), key=lambda each: (-len(each[1]), each[0]))
    return [_fault(source, found) for (source, _), found in ordered[:MAX_FAULTS]]


def _fault(source: str, found: Sequence[tuple[str, str, str]]) -> Fault:
    keys = sorted({key for _, key, _ in found})
    trace = next((trace for _, _, trace in found if trace), "")
    return Fault(source=source, message=found[0][0], count=len(found), item_keys=keys[:SHOWN_KEYS], trace_id=trace)


def _slices(
    rows: Sequence[TrialScore], items: Mapping[str, Item], slice_by: Sequence[str]
) -> tuple[list[ReportSlice], list[str]]:
    """Returns the slices asked for, and a line for each column of which some values are left out."""
    slices: list[ReportSlice] = []
    cut: list[str] = []
    for by in slice_by:
        members: dict[str, set[str]] = defaultdict(set)
        for key in {row.item_key for row in rows}:
            for value in _values(items[key], by) if key in items else ():
                members[value].add(key)
        if not any(members):
            raise InvalidInput(
                f"no item of this experiment has {by!r}", hint="slice by split, tags or metadata.<key> of the dataset"
            )
        ordered = sorted(members.items(), key=lambda each: (-len(each[1]), each[0]))
        slices += [_slice(by, value, keys, rows) for value, keys in ordered[:MAX_VALUES]]
        if len(ordered) > MAX_VALUES:
            cut.append(f"{len(ordered) - MAX_VALUES} more values of {by!r} have fewer items and are not shown")
    return slices, cut


def _values(item: Item, by: str) -> Sequence[str]:
    if by == "tags":
        return item.tags
    if by == "split":
        return [item.split] if item.split else []
    prefix, _, name = by.partition(".")
    if prefix != "metadata" or not name:
        raise InvalidInput(f"items have no column {by!r}", hint="slice by split, tags or metadata.<key>")
    value = item.metadata.get(name)
    return [] if value is None else [value if isinstance(value, str) else str(value)]


def _slice(by: str, value: str, keys: set[str], rows: Iterable[TrialScore]) -> ReportSlice:
    found = estimates(row for row in rows if row.item_key in keys)
    return ReportSlice(by=by, value=value, items=len(keys), metrics=found)


def _ordering_metric(rows: Sequence[TrialScore], named: str) -> str:
    metrics = list(dict.fromkeys(row.metric for row in rows))
    if named and named not in metrics:
        raise InvalidInput(f"the experiment has no metric {named!r}", hint=f"it has {', '.join(metrics) or 'none yet'}")
    return named or (metrics[0] if metrics else "")


def _worst_first(rows: Iterable[TrialScore], trials: Iterable[Trial], metric: str) -> list[str]:
    """Item keys by their mean of the metric, worst first; items without any value come before all others."""
    values: dict[str, list[float]] = {trial.item_key: [] for trial in trials}
    for row in rows:
        if row.metric == metric and row.status is ScoreStatus.SCORED and row.value is not None:
            values[row.item_key].append(row.value)
    sign = -1.0 if default_direction(metric) == "lower" else 1.0
    return sorted(values, key=lambda key: (bool(values[key]), sign * _mean(values[key]), key))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _items(
    shown: Sequence[str], rows: Iterable[TrialScore], trials: Iterable[Trial], items: Mapping[str, Item]
) -> list[ReportedItem]:
    wanted = set(shown)
    of_item: dict[str, list[TrialScore]] = defaultdict(list)
    for row in rows:
        if row.item_key in wanted:
            of_item[row.item_key].append(row)
    runs: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        if trial.item_key in wanted:
            runs[trial.item_key].append(trial)
    return [
        ReportedItem(
            item_key=key,
            input=items[key].input if key in items else None,
            failed=sum(trial.status is not TrialStatus.OK for trial in runs[key]),
            metrics=estimates(of_item[key]),
            trace_ids=[trial.trace_id for trial in sorted(runs[key], key=lambda trial: trial.index) if trial.trace_id],
        )
        for key in shown
    ]


def _warnings(experiment: Experiment, trials: Sequence[Trial], slices: Sequence[ReportSlice]) -> list[str]:
    found = []
    missing = experiment.item_count * experiment.trials - len(trials)
    if missing > 0:
        found.append(f"{missing} of {missing + len(trials)} trials are missing: the numbers are about the others")
    intervals = sum(len(each.metrics) for each in slices)
    if intervals >= 20:
        found.append(f"of {intervals} slice intervals at 95 %, about {intervals // 20} miss the truth by chance alone")
    return found
