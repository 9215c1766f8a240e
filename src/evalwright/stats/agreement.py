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
from evalwright.stats.resampling import RESAMPLES, percentile_estimate, resample_counts

Scale: TypeAlias = Literal["nominal", "ordinal", "interval"]
_MAX_ORDINAL_LABELS = 50


def rating_counts(units: Sequence[Sequence[Any]]) -> tuple[tuple[Any, ...], IntArray]:
    """Sorted labels and, per unit, how many raters gave each; ``None`` and NaN are gaps."""
    kept = [[rating for rating in unit if not _is_gap(rating)] for unit in units]
    labels = tuple(sorted({rating for unit in kept for rating in unit}))
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

    ``units`` holds one sequence of ratings per rated thing, in any order, gaps as ``None``. ``ordinal`` and
    ``interval`` need numbers or labels whose sorted order is the scale. Source: Krippendorff 2011.
    """
    labels, counts = rating_counts(units)
    usable = counts.sum(axis=1) >= 2 if counts.size else np.zeros(len(units), dtype=bool)
    denominators = Denominators(scored=int(usable.sum()), skipped=int((~usable).sum()))
    if scale == "ordinal" and len(labels) > _MAX_ORDINAL_LABELS:
        raise InvalidInput(
            f"ordinal agreement over {len(labels)} distinct values", hint="use scale='interval' for measurements"
        )
    if not usable.any():
        return percentile_estimate(np.nan, np.empty(0), n=0, level=level, denominators=denominators)
    patterns, weights = np.unique(counts[usable], axis=0, return_counts=True)
    stack = np.concatenate([weights[None, :], resample_counts(weights.astype(np.int64), rng, resamples)])
    alphas = _alphas(stack, patterns.astype(np.float64), labels, scale)
    return percentile_estimate(
        float(alphas[0]), alphas[1:], n=denominators.scored, level=level, denominators=denominators
    )


def _alphas(stack: FloatArray, patterns: FloatArray, labels: tuple[Any, ...], scale: Scale) -> FloatArray:
    """Alpha under each row of unit weights. Patterns are distinct units: weights say how often each occurs."""
    totals = stack @ patterns
    n = totals.sum(axis=1)
    pairs = patterns / (patterns.sum(axis=1, keepdims=True) - 1.0)
    if scale == "ordinal":
        rows = [
            _ordinal_disagreement(weight, patterns, pairs, total) for weight, total in zip(stack, totals, strict=True)
        ]
        observed, expected = np.array(rows).T
    else:
        distance = _distance(labels, scale)
        observed = stack @ np.einsum("ui,ij,uj->u", pairs, distance, patterns)
        expected = np.einsum("bi,ij,bj->b", totals, distance, totals)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0.0, 1.0 - (n - 1.0) * observed / expected, np.nan)


def _distance(labels: tuple[Any, ...], scale: Scale) -> FloatArray:
    if scale == "nominal":
        return 1.0 - np.eye(len(labels))
    values = np.asarray(labels, dtype=np.float64)
    return np.asarray(np.subtract.outer(values, values) ** 2, dtype=np.float64)


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
    return percentile_estimate(float(kappas[0]), kappas[1:], n=len(units), level=level, denominators=None)
