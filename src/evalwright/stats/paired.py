"""Candidate against baseline on the same items: difference with interval, and tests."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats import intervals
from evalwright.stats.arrays import FloatArray, IntArray, Labels, cluster_codes, same_length, unit_vector, vector
from evalwright.stats.distributions import binomial_cdf, normal_cdf, normal_quantile, two_sided_quantile
from evalwright.stats.unvaried import Bounds, with_width

_EXACT_CLUSTERS = 14
_CHUNK_CELLS = 1_000_000


def paired_difference(
    baseline: ArrayLike,
    candidate: ArrayLike,
    clusters: Labels | None = None,
    *,
    level: float = 0.95,
    unit: str = "",
    denominators: Denominators | None = None,
    bounds: Bounds | None = None,
) -> Estimate:
    """Mean of candidate - baseline over common items, clustered, Student's t. Source: Miller, arXiv 2411.00640.

    ``bounds`` is the scale of both sides where it is known; equal differences have an interval only then.
    """
    a, b = vector(baseline, "baseline"), vector(candidate, "candidate")
    same_length(a, b, "baseline and candidate")
    reach = None if bounds is None else (bounds[0] - bounds[1], bounds[1] - bounds[0])
    found = intervals.mean(b - a, clusters, level=level, unit=unit, denominators=denominators, bounds=reach)
    return replace(found, method="paired_t") if found.method == "t" else found


def paired_rate_difference(
    baseline: ArrayLike,
    candidate: ArrayLike,
    clusters: Labels | None = None,
    *,
    level: float = 0.95,
    denominators: Denominators | None = None,
) -> Estimate:
    """Paired difference of scores in [0, 1], honest for few items and for no discordant pair at all.

    Adds two pseudo-clusters, one in favour of each side, as far apart as the largest difference seen (1 where all
    differences are equal): for 0/1 outcomes this is Bonett & Price's adjusted Wald interval (2012), here with Student's
    t. Without it, three items that pass on both sides would claim a difference of exactly 0 +- 0.
    """
    intervals.check_level(level)
    a, b = unit_vector(baseline, "baseline"), unit_vector(candidate, "candidate")
    same_length(a, b, "baseline and candidate")
    counts = denominators or Denominators(scored=a.size)
    if a.size == 0:
        return intervals.unknown(intervals.ADJUSTED_PAIRED, level=level, unit="ratio", denominators=counts)
    difference = b - a
    codes, count = cluster_codes(clusters, a.size)
    centre, error = _adjusted(difference, codes, count)
    half = error * two_sided_quantile(level, count + 1)
    return Estimate(
        estimate=float(difference.mean()),
        low=max(-1.0, centre - half),
        high=min(1.0, centre + half),
        level=level,
        n=a.size,
        n_effective=float(count),
        df=count + 1,
        method=intervals.ADJUSTED_PAIRED,
        unit="ratio",
        denominators=counts,
        warnings=intervals.cluster_warnings(count),
    )


def _adjusted(difference: FloatArray, codes: IntArray, count: int) -> tuple[float, float]:
    """Centre and standard error after adding the two pseudo-clusters of mean size."""
    size = difference.size / count
    reach = float(np.abs(difference).max()) if np.ptp(difference) > 1e-12 else 1.0
    total = difference.size + 2.0 * size
    centre = float(difference.sum()) / total
    residuals = np.bincount(codes, weights=difference - centre, minlength=count)
    pseudo = np.array([reach - centre, -reach - centre]) * size
    square = float(residuals @ residuals) + float(pseudo @ pseudo)
    return centre, math.sqrt((count + 2) / (count + 1) * square) / total


def mcnemar_exact(only_baseline: int, only_candidate: int) -> float:
    """Two-sided p-value that discordant pairs favour neither side: Binomial(b; b + c, 1/2). Source: McNemar 1947."""
    if only_baseline < 0 or only_candidate < 0:
        raise InvalidInput(f"discordant counts must not be negative, got {only_baseline!r} and {only_candidate!r}")
    n = only_baseline + only_candidate
    return 1.0 if n == 0 else min(1.0, 2.0 * binomial_cdf(min(only_baseline, only_candidate), n, 0.5))


def discordant_pairs(baseline: ArrayLike, candidate: ArrayLike) -> tuple[int, int]:
    """Items only the baseline passes, items only the candidate passes (scores 0 or 1)."""
    a, b = vector(baseline, "baseline"), vector(candidate, "candidate")
    same_length(a, b, "baseline and candidate")
    return int(np.sum(a > b)), int(np.sum(b > a))


def sign_flip_test(
    differences: ArrayLike, rng: Generator, clusters: Labels | None = None, *, permutations: int = 9_999
) -> float:
    """Two-sided p-value that differences are symmetric about 0; whole clusters flip together.

    Every sign pattern is tried where there are few clusters, else ``permutations`` random ones, counting the observed
    one among them so that the test keeps its level. Source: Good, Permutation tests, 2nd ed.; Phipson & Smyth 2010.
    """
    d = vector(differences, "differences")
    codes, count = cluster_codes(clusters, d.size)
    sums = np.abs(np.bincount(codes, weights=d, minlength=count))
    observed = abs(float(d.sum()))
    sums = sums[sums > 0.0]
    if sums.size == 0:
        return 1.0
    threshold = observed - 1e-9 * float(sums.sum())
    if sums.size <= _EXACT_CLUSTERS:
        return float(np.mean(np.abs(_every_flip(sums)) >= threshold))
    table = _flips_by_byte(sums)
    groups = np.arange(len(table))
    rows = max(1, _CHUNK_CELLS // len(table))
    extreme = 0
    for start in range(0, permutations, rows):
        coins = rng.integers(0, 256, (min(rows, permutations - start), len(table)), dtype=np.uint8)
        extreme += int(np.sum(np.abs(table[groups, coins].sum(axis=1)) >= threshold))
    return (extreme + 1) / (permutations + 1)


def _every_flip(sums: FloatArray) -> FloatArray:
    """Totals under each of the 2^n sign patterns."""
    signs = 1.0 - 2.0 * ((np.arange(2**sums.size)[:, None] >> np.arange(sums.size)) & 1)
    return np.asarray(signs @ sums, dtype=np.float64)


def _flips_by_byte(sums: FloatArray) -> FloatArray:
    """Totals of each run of eight sums under each of 256 sign patterns: one random byte then flips eight at once."""
    padded = np.concatenate([sums, np.zeros(-sums.size % 8)]).reshape(-1, 8)
    return np.stack([_every_flip(eight) for eight in padded])


def bca_bootstrap(
    values: ArrayLike,
    rng: Generator,
    statistic: Callable[[FloatArray], FloatArray] | None = None,
    *,
    level: float = 0.95,
    resamples: int = 2_000,
    unit: str = "",
) -> Estimate:
    """Bias-corrected and accelerated bootstrap of any statistic of independent values.

    ``statistic`` reduces the last axis (default: mean). Source: Efron 1987.
    """
    intervals.check_level(level)
    x = vector(values)
    reduce = statistic or (lambda rows: np.asarray(rows.mean(axis=-1)))
    if x.size < 2:
        return intervals.unknown("bca_bootstrap", level=level, unit=unit, reason="fewer than two observations")
    centre = float(reduce(x))
    draws = _resampled(x, rng, reduce, resamples)
    low, high = _bca_limits(draws, centre, _jackknife(x, reduce), level)
    found = Estimate(
        estimate=centre,
        low=low,
        high=high,
        level=level,
        n=x.size,
        n_effective=float(x.size),
        method="bca_bootstrap",
        unit=unit,
        denominators=Denominators(scored=x.size),
    )
    why = f"all {x.size} values are equal" if np.ptp(x) == 0.0 else f"all {resamples} resamples give the same"
    return with_width(found, why)


def _resampled(x: FloatArray, rng: Generator, reduce: Callable[[FloatArray], FloatArray], resamples: int) -> FloatArray:
    rows = max(1, _CHUNK_CELLS // x.size)
    parts = [
        reduce(x[rng.integers(0, x.size, (min(rows, resamples - start), x.size))])
        for start in range(0, resamples, rows)
    ]
    return np.concatenate(parts)


def _jackknife(x: FloatArray, reduce: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Leave-one-out values; beyond a few thousand observations a systematic sample of them is as good."""
    kept = np.linspace(0, x.size - 1, min(x.size, 2_000)).astype(np.int64)
    return np.array([float(reduce(np.delete(x, index))) for index in kept])


def _bca_limits(draws: FloatArray, centre: float, jackknife: FloatArray, level: float) -> tuple[float, float]:
    below = (np.sum(draws < centre) + 0.5 * np.sum(draws == centre)) / draws.size
    bias = NormalDist().inv_cdf(min(max(float(below), 1e-9), 1.0 - 1e-9))
    spread = jackknife.mean() - jackknife
    scale = float(np.sum(spread**2)) ** 1.5
    acceleration = float(np.sum(spread**3)) / (6.0 * scale) if scale > 0.0 else 0.0
    limits = []
    for tail in ((1.0 - level) / 2.0, (1.0 + level) / 2.0):
        z = bias + normal_quantile(tail)
        limits.append(float(np.quantile(draws, normal_cdf(bias + z / (1.0 - acceleration * z)))))
    return limits[0], limits[1]
