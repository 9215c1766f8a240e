"""Intervals for one rate or mean, independent or clustered."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import FloatArray, IntArray, Labels, cluster_codes, is_binary, unit_vector, vector
from evalwright.stats.distributions import beta_quantile, two_sided_quantile
from evalwright.stats.unvaried import RULE_OF_THREE, Bounds, is_negligible, reaching, unseen_share

FEW_CLUSTERS = 10
ADJUSTED_PAIRED = "adjusted_paired_t"
_SYMMETRIC = frozenset({"clustered_t", "t", "paired_t", "hajek", "stratified", "ppi_plus_plus"})


def check_level(level: float) -> float:
    """Refuse confidence levels outside (0, 1)."""
    if not 0.0 < level < 1.0:
        raise InvalidInput(f"level must lie between 0 and 1, got {level!r}", hint="write 0.95 for 95 %")
    return level


def unknown(
    method: str, *, level: float = 0.95, unit: str = "", denominators: Denominators | None = None, reason: str = ""
) -> Estimate:
    """The estimate of nothing: NaN throughout, n = 0."""
    return Estimate(
        estimate=math.nan,
        low=math.nan,
        high=math.nan,
        level=level,
        method=method,
        unit=unit,
        denominators=denominators or Denominators(),
        warnings=(reason,) if reason else ("no observations",),
    )


def wilson_bounds(p: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's score bounds for a rate seen over ``n`` (effective) observations."""
    ratio = quantile * quantile / n
    centre = (p + ratio / 2.0) / (1.0 + ratio)
    half = math.sqrt(max(0.0, ratio * (p * (1.0 - p) + ratio / 4.0))) / (1.0 + ratio)
    return (0.0 if p <= 0.0 else max(0.0, centre - half), 1.0 if p >= 1.0 else min(1.0, centre + half))


def wilson(
    successes: float, n: float, *, level: float = 0.95, denominators: Denominators | None = None, unit: str = "ratio"
) -> Estimate:
    """Rate of independent successes; real intervals at 0/n and n/n.

    Source: Wilson 1927; recommended over the CLT below a few hundred by Bowyer et al., arXiv 2503.01747.
    """
    check_level(level)
    if not 0 <= successes <= n:
        raise InvalidInput(f"successes must lie between 0 and n, got {successes!r} of {n!r}")
    counts = denominators or Denominators(scored=round(n))
    if n == 0:
        return unknown("wilson", level=level, unit=unit, denominators=counts)
    p = successes / n
    low, high = wilson_bounds(p, n, two_sided_quantile(level))
    return Estimate(
        estimate=p,
        low=low,
        high=high,
        level=level,
        n=round(n),
        n_effective=float(n),
        method="wilson",
        unit=unit,
        denominators=counts,
    )


def clopper_pearson(successes: int, n: int, *, level: float = 0.95) -> Estimate:
    """Rate with guaranteed (conservative) coverage, for contracts rather than for charts.

    Source: Clopper & Pearson 1934.
    """
    base = wilson(successes, n, level=level)
    if n == 0:
        return replace(base, method="clopper_pearson")
    tail = (1.0 - level) / 2.0
    low = 0.0 if successes == 0 else beta_quantile(tail, successes, n - successes + 1)
    high = 1.0 if successes == n else beta_quantile(1.0 - tail, successes + 1, n - successes)
    return replace(base, low=low, high=high, method="clopper_pearson")


def cluster_standard_error(values: FloatArray, codes: IntArray, count: int) -> float:
    """Standard error of the mean when values of one cluster move together.

    sqrt(C/(C-1) * sum_c (sum_{i in c} (s_i - mean))^2) / n. Source: Miller, arXiv 2411.00640; equals the
    sandwich estimator of an intercept-only regression. NaN with fewer than two clusters.
    """
    if count < 2:
        return math.nan
    sums = np.bincount(codes, weights=values - values.mean(), minlength=count)
    return math.sqrt(count / (count - 1) * float(sums @ sums)) / values.size


def cluster_warnings(count: int) -> tuple[str, ...]:
    """What a reader must know about an interval over this few independent clusters."""
    if count < 2:
        return ("one cluster: no interval can be estimated",)
    return (f"only {count} independent clusters: the interval is itself uncertain",) if count < FEW_CLUSTERS else ()


def mean(
    values: ArrayLike,
    clusters: Labels | None = None,
    *,
    level: float = 0.95,
    unit: str = "",
    denominators: Denominators | None = None,
    bounds: Bounds | None = None,
) -> Estimate:
    """Mean of anything, with Student's t on C - 1 degrees of freedom over clusters.

    With ``bounds``, the range values can take, the interval reaches at least as far as what so few observations may all
    have missed; without them, equal values have no interval. Source: Miller, Adding error bars to evals, arXiv
    2411.00640 (the standard error); t for small numbers of clusters; ``unvaried`` for equal values.
    """
    check_level(level)
    x = vector(values)
    _refuse_outside(x, bounds)
    method = "t" if clusters is None else "clustered_t"
    counts = denominators or Denominators(scored=x.size)
    if x.size == 0:
        return unknown(method, level=level, unit=unit, denominators=counts)
    codes, count = cluster_codes(clusters, x.size)
    error = cluster_standard_error(x, codes, count)
    centre = float(x.mean())
    df = count - 1 if count > 1 else None
    half = error * two_sided_quantile(level, df) if df else math.nan
    same = df is not None and is_negligible(error, float(x.min()), float(x.max()))
    found = Estimate(
        estimate=centre,
        low=centre - half,
        high=centre + half,
        level=level,
        n=x.size,
        n_effective=_effective(float(x.var(ddof=1)), 0.0 if same else error, count) if df else 1.0,
        df=df,
        method=method,
        unit=unit,
        denominators=counts,
        warnings=cluster_warnings(count),
    )
    if df is None or not (same or bounds):
        return found
    return reaching(found, count, bounds, f"all {_equal_things(x, count)} are equal")


def _equal_things(x: FloatArray, clusters: int) -> str:
    return f"{x.size} values" if x.min() == x.max() else f"means of {clusters} clusters"


def _refuse_outside(x: FloatArray, bounds: Bounds | None) -> None:
    if bounds is not None and x.size and not bounds[0] <= x.min() <= x.max() <= bounds[1]:
        raise InvalidInput(f"values must lie in {bounds!r}, got {float(x.min())!r} to {float(x.max())!r}")


def _effective(variance: float, error: float, clusters: int) -> float:
    """Independent observations that would give this standard error; the clusters themselves when it is zero."""
    return variance / error**2 if error > 0.0 and variance > 0.0 else float(clusters)


def rate(
    values: ArrayLike,
    clusters: Labels | None = None,
    *,
    level: float = 0.95,
    unit: str = "ratio",
    denominators: Denominators | None = None,
) -> Estimate:
    """Mean of scores in [0, 1]: Wilson's interval at the effective sample size, so it never leaves [0, 1].

    Plain Wilson for independent 0/1 outcomes. Otherwise n_eff = p(1-p)/SE^2 with the clustered standard error and
    Student's t on C - 1 degrees of freedom. Source: Wilson 1927; Korn & Graubard 1998 for the effective size.
    """
    check_level(level)
    x = unit_vector(values)
    binary = is_binary(x)
    counts = denominators or Denominators(scored=x.size)
    if x.size == 0 or (clusters is None and binary):
        return wilson(float(x.sum()), x.size, level=level, denominators=counts, unit=unit)
    codes, count = cluster_codes(clusters, x.size)
    p = min(1.0, max(0.0, float(x.mean())))
    error = cluster_standard_error(x, codes, count)
    effective = _effective(p * (1.0 - p), 0.0 if is_negligible(error, p) else error, count)
    effective = min(effective, float(x.size)) if binary else effective
    df = count - 1 if count > 1 else None
    low, high = wilson_bounds(p, effective, two_sided_quantile(level, df))
    return Estimate(
        estimate=p,
        low=low,
        high=high,
        level=level,
        n=x.size,
        n_effective=effective,
        df=df,
        method="wilson_effective",
        unit=unit,
        denominators=counts,
        warnings=cluster_warnings(count),
    )


def average(
    values: ArrayLike,
    clusters: Labels | None = None,
    *,
    level: float = 0.95,
    unit: str = "",
    denominators: Denominators | None = None,
    bounds: Bounds | None = None,
) -> Estimate:
    """``rate`` for unit-less scores that all lie in [0, 1], ``mean`` for everything else.

    The one entry point for callers that do not know what a score's values look like. ``bounds`` is the scale where it
    is known: on one from 1 to 5 a sample of ones is no rate.
    """
    x = vector(values)
    if is_ratio(x, unit, bounds):
        return rate(x, clusters, level=level, denominators=denominators)
    return mean(x, clusters, level=level, unit=unit, denominators=denominators, bounds=bounds)


def is_ratio(x: FloatArray, unit: str = "", bounds: Bounds | None = None) -> bool:
    """Whether values are scores in [0, 1]: by their scale where it is known, else by how they look."""
    ends = bounds or ((float(x.min()), float(x.max())) if x.size else (0.0, 1.0))
    return unit in ("", "ratio") and ends[0] >= 0.0 and ends[1] <= 1.0


def at_level(estimate: Estimate, level: float) -> Estimate:
    """The same estimate with its interval at another level, from the effective size and degrees of freedom kept in it.

    Raises:
        InvalidInput: the interval came from resampling and cannot be rescaled.
    """
    check_level(level)
    if level == estimate.level or math.isnan(estimate.low):
        return replace(estimate, level=level)
    quantile = two_sided_quantile(level, estimate.df)
    if estimate.method in ("wilson", "wilson_effective"):
        low, high = wilson_bounds(estimate.estimate, estimate.n_effective, quantile)
    elif estimate.method in _SYMMETRIC or estimate.method == ADJUSTED_PAIRED:
        low, high = _rescale(estimate, quantile / two_sided_quantile(estimate.level, estimate.df))
    elif estimate.method == RULE_OF_THREE:
        wider = quantile / two_sided_quantile(estimate.level, estimate.df)
        n = estimate.n_effective
        wider = max(wider, unseen_share(n, level) / unseen_share(n, estimate.level))
        low = estimate.estimate - wider * (estimate.estimate - estimate.low)
        high = estimate.estimate + wider * (estimate.high - estimate.estimate)
    else:
        raise InvalidInput(
            f"an interval made by {estimate.method!r} at level {estimate.level!r} cannot be moved to {level!r}",
            hint="estimate again at the level you need",
        )
    return replace(estimate, low=low, high=high, level=level)


def _rescale(estimate: Estimate, factor: float) -> tuple[float, float]:
    if estimate.method != ADJUSTED_PAIRED:
        half = max(estimate.high - estimate.estimate, estimate.estimate - estimate.low) * factor
        low, high = estimate.estimate - half, estimate.estimate + half
        bounded = estimate.method == "ppi_plus_plus" and estimate.unit == "ratio"
        return (max(0.0, low), min(1.0, high)) if bounded else (low, high)
    if estimate.low <= -1.0 and estimate.high >= 1.0:
        return estimate.low, estimate.high
    clusters = (estimate.df or 2) - 1
    centre = estimate.estimate / (1.0 + 2.0 / clusters)
    half = max(estimate.high - centre, centre - estimate.low) * factor
    return max(-1.0, centre - half), min(1.0, centre + half)
