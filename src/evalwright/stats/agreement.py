"""Agreement of many raters, gaps allowed: Krippendorff's alpha and Fleiss' kappa."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.random import Generator

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import FloatArray, IntArray
from evalwright.stats.resampling import RESAMPLES, agreement_reach, percentile_estimate, resample_counts
from evalwright.stats.unvaried import Bounds

Scale: TypeAlias = Literal["nominal", "ordinal", "interval"]
_MAX_LABELS = 100
_CHUNK_CELLS = 2_000_000


def rating_counts(units: Sequence[Sequence[Any]]) -> tuple[tuple[Any, ...], IntArray]:
    """Sorted labels and, per unit, how many raters gave each; ``None`` and NaN are gaps."""
    kept = [[rating for rating in unit if not _is_gap(rating)] for unit in units]
    labels = tuple(sorted({rating for unit in kept for rating in unit}))
    if len(labels) > _MAX_LABELS:
        raise InvalidInput(
            f"agreement over {len(labels)} distinct labels", hint="use scale='interval' for measurements"
        )
    position = {label: index for index, label in enumerate(labels)}
    flat = np.array(
        [row * len(labels) + position[rating] for row, unit in enumerate(kept) for rating in unit], dtype=np.int64
    )
    counts = np.bincount(flat, minlength=len(kept) * len(labels)).reshape(len(kept), len(labels))
    return labels, counts.astype(np.int64)


def _is_gap(rating: Any) -> bool:
    return rating is None or (isinstance(rating, float) and math.isnan(rating))


def krippendorff_alpha(
    units: Sequence[Sequence[Any]],
    rng: Generator,
    *,
    scale: Scale = "nominal",
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> Estimate:
    """1 - observed / expected disagreement over all pairable ratings; interval by bootstrap of units.

    ``units`` holds one sequence of ratings per rated thing, in any order, gaps as ``None``. ``ordinal`` takes anything
    whose sorted order is the scale, ``interval`` takes numbers. Source: Krippendorff 2011.
    """
    kept = [[rating for rating in unit if not _is_gap(rating)] for unit in units]
    pairable = [unit for unit in kept if len(unit) >= 2]
    denominators = Denominators(scored=len(pairable), skipped=len(kept) - len(pairable))
    if not pairable:
        return percentile_estimate(math.nan, np.empty(0), n=0, level=level, denominators=denominators)
    rows = _moments(pairable) if scale == "interval" else rating_counts(pairable)[1].astype(np.float64)
    patterns, weights = np.unique(rows, axis=0, return_counts=True)
    alphas = [_alphas(weights[None, :].astype(np.float64), patterns, scale)]
    step = max(1, _CHUNK_CELLS // weights.size)
    for start in range(0, resamples, step):
        draws = resample_counts(weights.astype(np.int64), rng, min(step, resamples - start))
        alphas.append(_alphas(draws, patterns, scale))
    found = np.concatenate(alphas)
    reach = None if scale == "interval" else _reach(float(found[0]), weights @ patterns, len(pairable), scale, level)
    return percentile_estimate(
        float(found[0]), found[1:], n=len(pairable), level=level, denominators=denominators, reach=reach
    )


def _reach(point: float, totals: FloatArray, n: int, scale: Scale, level: float) -> Bounds | None:
    """What ``n`` units without any disagreement cannot exclude; the range of measurements is not known."""
    share = totals / totals.sum()
    middle = np.cumsum(share) - share / 2.0
    apart = np.subtract.outer(middle, middle) ** 2 if scale == "ordinal" else 1.0 - np.eye(share.size)
    expected = float(share @ apart @ share)
    return agreement_reach(point, n, float(apart.max()) / expected, level) if expected > 0.0 else None


def _moments(units: Sequence[Sequence[Any]]) -> FloatArray:
    """Per unit: ratings, their sum and sum of squares about the grand mean; all that squared distances need."""
    centre = sum(sum(unit) for unit in units) / sum(len(unit) for unit in units)
    return np.array(
        [(len(unit), sum(r - centre for r in unit), sum((r - centre) ** 2 for r in unit)) for unit in units],
        dtype=np.float64,
    )


def _alphas(stack: FloatArray, patterns: FloatArray, scale: Scale) -> FloatArray:
    """Alpha under each row of weights; a pattern is a distinct unit and its weight says how often it occurs."""
    totals = stack @ patterns
    if scale == "interval":
        size, first, second = patterns.T
        n = totals[:, 0]
        observed = stack @ (2.0 * (size * second - first**2) / (size - 1.0))
        expected = 2.0 * (n * totals[:, 2] - totals[:, 1] ** 2)
        expected[expected < 1e-12 * np.maximum(1.0, n * totals[:, 2])] = 0.0
    elif scale == "ordinal":
        n = totals.sum(axis=1)
        pairs = patterns / (patterns.sum(axis=1, keepdims=True) - 1.0)
        rows = [_ordinal_disagreement(w, patterns, pairs, total) for w, total in zip(stack, totals, strict=True)]
        observed, expected = np.array(rows).T
    else:
        n = totals.sum(axis=1)
        size = patterns.sum(axis=1)
        observed = stack @ ((size**2 - (patterns**2).sum(axis=1)) / (size - 1.0))
        expected = n**2 - (totals**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0.0, 1.0 - (n - 1.0) * observed / expected, np.nan)


def _ordinal_disagreement(
    weight: FloatArray, patterns: FloatArray, pairs: FloatArray, totals: FloatArray
) -> tuple[float, float]:
    """Ordinal distances depend on how often each label was used, so each resample has its own."""
    middle = np.cumsum(totals) - totals / 2.0
    distance = np.subtract.outer(middle, middle) ** 2
    observed = float(np.sum((pairs * weight[:, None]).T @ patterns * distance))
    return observed, float(totals @ distance @ totals)


def fleiss_kappa(
    units: Sequence[Sequence[Any]], rng: Generator, *, level: float = 0.95, resamples: int = RESAMPLES
) -> Estimate:
    """Agreement beyond chance of the same number of raters on every unit. Source: Fleiss 1971."""
    _, counts = rating_counts(units)
    raters = np.unique(counts.sum(axis=1))
    if raters.size != 1 or raters[0] < 2:
        raise InvalidInput(
            "every unit needs the same number of ratings, two at least", hint="krippendorff_alpha allows gaps"
        )
    patterns, weights = np.unique(counts, axis=0, return_counts=True)
    stack = np.concatenate([weights[None, :], resample_counts(weights.astype(np.int64), rng, resamples)])
    n = float(raters[0])
    agreement = stack @ ((patterns * (patterns - 1)).sum(axis=1) / (n * (n - 1.0))) / len(units)
    chance = (((stack @ patterns) / (n * len(units))) ** 2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappas = np.where(chance < 1.0, (agreement - chance) / (1.0 - chance), np.nan)
    reach = _reach(float(kappas[0]), counts.sum(axis=0).astype(np.float64), len(units), "nominal", level)
    return percentile_estimate(float(kappas[0]), kappas[1:], n=len(units), level=level, denominators=None, reach=reach)
