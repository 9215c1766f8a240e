"""Rates and means of sampled traffic, weighted by how likely each observation was to be sampled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import Labels, cluster_codes, same_length, vector
from evalwright.stats.distributions import two_sided_quantile
from evalwright.stats.intervals import average, check_level, cluster_warnings, is_ratio, unknown, wilson_bounds
from evalwright.stats.unvaried import Bounds, is_negligible, not_estimable, reaching


def hajek(
    values: ArrayLike,
    inclusion: ArrayLike,
    clusters: Labels | None = None,
    *,
    level: float = 0.95,
    unit: str = "",
    denominators: Denominators | None = None,
    bounds: Bounds | None = None,
) -> Estimate:
    """sum(y / pi) / sum(1 / pi): the mean of all traffic from a sample with known inclusion probabilities.

    Linearised variance with clusters as primary units and no finite-population correction, since the question is about
    the process, not about one day. Scores in [0, 1] get Wilson's interval at the effective size. Equal probabilities
    give ``average``. Source: Hajek 1971; Sarndal, Swensson & Wretman 1992, 5.7.
    """
    check_level(level)
    y, pi = vector(values), vector(inclusion, "inclusion")
    same_length(y, pi, "values and inclusion")
    if pi.size and (pi.min() <= 0.0 or pi.max() > 1.0):
        raise InvalidInput("inclusion probabilities must lie in (0, 1]")
    if pi.size == 0 or pi.min() == pi.max():
        return average(y, clusters, level=level, unit=unit, denominators=denominators, bounds=bounds)
    weights = 1.0 / pi
    centre = float(weights @ y / weights.sum())
    codes, count = cluster_codes(clusters, y.size)
    parts = np.bincount(codes, weights=weights * (y - centre), minlength=count) / weights.sum()
    error = math.sqrt(count / (count - 1) * float(parts @ parts)) if count > 1 else math.nan
    df = count - 1 if count > 1 else None
    quantile = two_sided_quantile(level, df)
    kish = float(weights.sum() ** 2 / (weights @ weights))
    found = Estimate(
        estimate=centre,
        low=centre - quantile * error,
        high=centre + quantile * error,
        level=level,
        n=y.size,
        n_effective=min(kish, float(count)),
        df=df,
        method="hajek",
        unit=unit,
        denominators=denominators or Denominators(scored=y.size),
        warnings=cluster_warnings(count),
    )
    same = is_negligible(error, float(y.min()), float(y.max()))
    if is_ratio(y, unit, bounds):
        return _bounded(found, 0.0 if same else error, quantile)
    if df is None or not (same or bounds):
        return found
    return reaching(found, found.n_effective, bounds, f"all {y.size} values are equal")


def _bounded(found: Estimate, error: float, quantile: float) -> Estimate:
    spread = found.estimate * (1.0 - found.estimate)
    effective = spread / error**2 if error > 0.0 and spread > 0.0 else found.n_effective
    low, high = wilson_bounds(found.estimate, effective, quantile)
    return replace(found, low=low, high=high, n_effective=effective, method="wilson_effective", unit="ratio")


def stratified(strata: Sequence[ArrayLike], sizes: Sequence[float], *, level: float = 0.95, unit: str = "") -> Estimate:
    """Mean over a population split in strata of known ``sizes``, each sampled on its own.

    sum W_h mean_h, variance sum W_h^2 s_h^2 / n_h, Satterthwaite's degrees of freedom. Source: Cochran 1977, 5.4.
    """
    check_level(level)
    samples = [vector(values, "strata") for values in strata]
    if len(samples) != len(sizes) or min(sizes, default=0) <= 0:
        raise InvalidInput("every stratum needs a positive size")
    n = sum(sample.size for sample in samples)
    if any(sample.size < 2 for sample in samples):
        reason = "a stratum has fewer than two observations"
        return unknown("stratified", level=level, unit=unit, denominators=Denominators(scored=n), reason=reason)
    weights = np.asarray(sizes, dtype=np.float64) / sum(sizes)
    parts = np.array([w * w * sample.var(ddof=1) / sample.size for w, sample in zip(weights, samples, strict=True)])
    square = float(parts.sum())
    lost = float(np.sum(parts**2 / np.array([sample.size - 1 for sample in samples])))
    df = max(1, math.floor(square * square / lost)) if lost > 0.0 else n - len(samples)
    centre = float(sum(w * sample.mean() for w, sample in zip(weights, samples, strict=True)))
    half = two_sided_quantile(level, df) * math.sqrt(square)
    pooled = float(np.concatenate(samples).var(ddof=1))
    found = Estimate(
        estimate=centre,
        low=centre - half,
        high=centre + half,
        level=level,
        n=n,
        n_effective=pooled / square if square > 0.0 else float(n),
        df=df,
        method="stratified",
        unit=unit,
        denominators=Denominators(scored=n),
    )
    same = is_negligible(math.sqrt(square), *(float(np.abs(sample).max()) for sample in samples))
    return not_estimable(found, "all values within each stratum are equal") if same else found
