"""The difference of two judged means as people would see it, when people labelled some items of both sides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import FloatArray, IntArray, same_length, vector
from evalwright.stats.correction import few_labels
from evalwright.stats.distributions import two_sided_quantile
from evalwright.stats.intervals import check_level, unknown
from evalwright.stats.unvaried import is_negligible, reaching, with_width

METHOD = "ppi_plus_plus_paired"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSide:
    """Verdicts of one side, a row each: the item it belongs to, the verdict, and what people said (NaN: nobody)."""

    items: Sequence[str]
    judged: ArrayLike
    truth: ArrayLike


@dataclass(frozen=True, slots=True)
class _Side:
    """A side's corrected mean, what each common item moves it by, and what chance may have hidden."""

    mean: float
    influence: FloatArray
    hidden: float
    labelled: int


def ppi_difference(
    baseline: JudgedSide, candidate: JudgedSide, *, level: float = 0.95, bounded: bool = False
) -> Estimate:
    """True mean of candidate - baseline over common items, whatever the judge's error is on either side.

    Each side is PPI++ over items (trials of one are averaged first): mean_L(Y) + b (mean(F) - mean_L(F)) with b of the
    regression of Y on F, clipped to [0, 1]. The variance is that of the difference of both sides' influences item by
    item, so what is paired stays paired whether or not the same items are labelled on both sides; Student's t with
    the labels of the smaller side. Where people and judge never differ the residuals say nothing of their spread: one
    difference of the smallest step is then added. Labels must be a random choice of each side's rows.
    Source: PPI++, Angelopoulos et al., arXiv 2311.01453; pairing as in Miller, arXiv 2411.00640.
    """
    check_level(level)
    common = sorted(set(baseline.items) & set(candidate.items))
    places = {item: place for place, item in enumerate(common)}
    before, after = _side(baseline, places), _side(candidate, places)
    counts = Denominators(scored=len(common))
    labels = min(before.labelled, after.labelled)
    if labels < 3:
        return unknown(METHOD, level=level, denominators=counts, reason="fewer than three labelled items on a side")
    moved = after.influence - before.influence
    square = float(moved @ moved) + before.hidden + after.hidden
    half = two_sided_quantile(level, labels - 2) * math.sqrt(square)
    difference = after.mean - before.mean
    found = Estimate(
        estimate=difference,
        low=max(-1.0, difference - half) if bounded else difference - half,
        high=min(1.0, difference + half) if bounded else difference + half,
        level=level,
        n=len(common),
        n_effective=float(labels),
        df=labels - 2,
        method=METHOD,
        unit="ratio" if bounded else "",
        denominators=counts,
        warnings=few_labels(labels),
    )
    if not is_negligible(math.sqrt(square), before.mean, after.mean):
        return with_width(found, "the difference lies outside of what scores allow")
    return reaching(found, labels, (-1.0, 1.0) if bounded else None, "all labels on each side are equal")


def _side(side: JudgedSide, places: dict[str, int]) -> _Side:
    judged, truth = vector(side.judged, "judged"), np.asarray(side.truth, dtype=np.float64)
    same_length(judged, truth, "judged and truth")
    codes = np.array([places.get(item, -1) for item in side.items], dtype=np.int64)
    kept = codes >= 0
    judged, truth, codes = judged[kept], truth[kept], codes[kept]
    known = ~np.isnan(truth)
    every = _means(judged, codes, len(places))
    said = _means(truth[known], codes[known], len(places))
    heard = _means(judged[known], codes[known], len(places))
    labelled = ~np.isnan(said)
    count, size = int(labelled.sum()), len(places)
    if count < 3:
        return _Side(math.nan, np.zeros(size), 0.0, count)
    slope = _slope(said[labelled], heard[labelled])
    rest = said[labelled] - slope * heard[labelled]
    influence = slope * (every - every.mean()) / math.sqrt(size * max(1, size - 1))
    influence[labelled] += (rest - rest.mean()) / math.sqrt(count * (count - 2))
    step = _smallest_step(np.concatenate([judged, truth[known]]))
    hidden = max(0.0, step**2 / (count + 2) - float(rest.var())) / count
    return _Side(slope * float(every.mean()) + float(rest.mean()), influence, hidden, count)


def _means(values: FloatArray, codes: IntArray, size: int) -> FloatArray:
    """Mean by item; NaN where an item has no row."""
    counts = np.bincount(codes, minlength=size)
    sums = np.bincount(codes, weights=values, minlength=size)
    means = np.full(size, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def _slope(said: FloatArray, heard: FloatArray) -> float:
    variance = float(heard.var(ddof=1))
    return min(1.0, max(0.0, float(np.cov(said, heard)[0, 1]) / variance)) if variance > 0.0 else 0.0


def _smallest_step(values: FloatArray) -> float:
    distinct = np.unique(values)
    return float(np.diff(distinct).min()) if distinct.size > 1 else 0.0
