"""Several judges on the same labelled rows: agreement, cost, latency, and which of them nobody beats."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from evalwright.domain.calibration import JudgeComparison, JudgeStanding, Scale
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.calibration.rows import (
    LabelledRow,
    Options,
    Pair,
    Pairs,
    consensus,
    group_of,
    is_gap,
    usable,
)
from evalwright.stats.confusion import agreement_report
from evalwright.stats.correlation import spearman
from evalwright.stats.intervals import mean, rate, unknown
from evalwright.stats.pareto import pareto_front

NUMBERS = "numbers neither agree nor differ as labels do: see the rank correlation"


def compare_judges(
    label_score: str, judges: Mapping[tuple[str, str], Sequence[LabelledRow]], options: Options | None = None
) -> JudgeComparison:
    """Returns how judges stand to each other on the rows that people labelled and every judge was asked about.

    A judge that gave no verdict on a row disagrees there: one that abstains from what is hard must not look better.

    Args:
        label_score: name of the labels, for the report.
        judges: (evaluator, version) -> its rows.
        options: scale, level, resamples and seed; numbers are compared as they are.
    """
    chosen = options or Options()
    asked = {name: {row.key: row for row in rows if row.status is not None} for name, rows in judges.items()}
    common = set.intersection(*(set(rows) for rows in asked.values())) if asked else set()
    humans = {name: _decided(rows, common, chosen.scale) for name, rows in asked.items()}
    standings = [_standing(name, humans[name], chosen) for name in asked]
    metrics, front = _front(standings, "spearman" if chosen.scale is Scale.INTERVAL else "agreement")
    shared = min((len(rows) for rows in humans.values()), default=0)
    return JudgeComparison(
        label_score=label_score,
        common_rows=shared,
        metrics=metrics,
        judges=sorted(
            (_marked(each, on) for each, on in zip(standings, front, strict=True)),
            key=lambda each: (not each.on_front, -_known((each.spearman or each.agreement).estimate)),
        ),
        warnings=_warnings(shared, standings),
    )


def _warnings(shared: int, standings: Sequence[JudgeStanding]) -> Sequence[str]:
    if not shared:
        return ["no row was labelled by people and judged by every one of these judges"]
    gaps = {each.evaluator: shared - each.spearman.n for each in standings if each.spearman is not None}
    return [f"{name} gave no number on {count} of the rows: they are left out" for name, count in gaps.items() if count]


def _decided(
    rows: Mapping[str, LabelledRow], common: set[str], scale: Scale
) -> Sequence[tuple[LabelledRow, str | float]]:
    found = []
    for key in sorted(common):
        human = consensus(usable(rows[key].votes), scale)
        if human is not None:
            found.append((rows[key], human))
    return found


def _standing(
    name: tuple[str, str], rows: Sequence[tuple[LabelledRow, str | float]], options: Options
) -> JudgeStanding:
    given = [row.status is ScoreStatus.SCORED and not is_gap(row.judged) for row, _ in rows]
    hits = [float(has and row.judged == human) for has, (row, human) in zip(given, rows, strict=True)]
    groups = [group_of(row) for row, _ in rows]
    clusters = groups if len(set(groups)) < len(groups) else None
    pairs = Pairs(
        [
            Pair(row, human, row.judged)
            for has, (row, human) in zip(given, rows, strict=True)
            if has and row.judged is not None
        ]
    )
    numbers = options.scale is Scale.INTERVAL
    return JudgeStanding(
        evaluator=name[0],
        evaluator_version=name[1],
        rows=len(rows),
        agreement=unknown("wilson", reason=NUMBERS) if numbers else rate(hits, clusters, level=options.level),
        kappa=unknown("cohen_kappa", reason=NUMBERS) if numbers else _kappa(pairs, options),
        spearman=_spearman(pairs, options) if numbers else None,
        cost=_mean([row.cost for row, _ in rows], "usd", clusters, options),
        latency_ms=_mean([row.latency_ms for row, _ in rows], "ms", clusters, options),
        on_front=False,
    )


def _spearman(pairs: Pairs, options: Options) -> Estimate:
    return spearman(pairs.human.astype(float), pairs.judge.astype(float), pairs.clusters, level=options.level)


def _kappa(pairs: Pairs, options: Options) -> Estimate:
    return agreement_report(
        pairs.human.astype(str),
        pairs.judge.astype(str),
        np.random.default_rng(options.seed),
        clusters=pairs.clusters,
        level=options.level,
        resamples=options.resamples,
    ).kappa


def _mean(
    values: Sequence[float | None], unit: str, clusters: Sequence[str] | None, options: Options
) -> Estimate | None:
    kept = [place for place, value in enumerate(values) if value is not None and math.isfinite(value)]
    if not kept:
        return None
    groups = None if clusters is None else [clusters[place] for place in kept]
    return mean([values[place] or 0.0 for place in kept], groups, level=options.level, unit=unit)


def _front(standings: Sequence[JudgeStanding], first: str) -> tuple[Sequence[str], Sequence[bool]]:
    """Returns the metrics that every judge has, and who is on the front they span."""
    metrics = [
        first,
        *(name for name in ("cost", "latency_ms") if all(getattr(each, name) for each in standings)),
    ]
    if not standings:
        return metrics, ()
    points = [[getattr(each, name).estimate for name in metrics] for each in standings]
    directions = ["higher" if name == first else "lower" for name in metrics]
    return metrics, [bool(on) for on in pareto_front(points, directions)]


def _marked(standing: JudgeStanding, on_front: bool) -> JudgeStanding:
    return replace(standing, on_front=on_front)


def _known(value: float) -> float:
    return -1.0 if math.isnan(value) else value
