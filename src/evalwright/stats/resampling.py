"""Bootstrap from counts: resampling a table costs the same for 100 rows and for a million."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import FloatArray, IntArray
from evalwright.stats.intervals import check_level, unknown
from evalwright.stats.unvaried import RULE_OF_THREE, Bounds, not_estimable, unseen_share

RESAMPLES = 1_000
_MANY = 1_000


def resample_counts(counts: IntArray, rng: Generator, resamples: int = RESAMPLES) -> FloatArray:
    """``resamples`` bootstrap copies of a vector of counts (rows drawn with replacement, then counted again)."""
    total = int(counts.sum())
    if total == 0:
        return np.zeros((resamples, counts.size))
    if counts.size > _MANY and total <= 4 * counts.size:  # many rare kinds: drawing rows beats drawing their counts
        kinds = np.repeat(np.arange(counts.size), counts)
        draws = (np.bincount(kinds[rng.integers(0, total, total)], minlength=counts.size) for _ in range(resamples))
        return np.stack(list(draws)).astype(np.float64)
    return rng.multinomial(total, counts / total, size=resamples).astype(np.float64)


def percentile_estimate(
    point: float,
    draws: FloatArray,
    *,
    n: int,
    level: float = 0.95,
    unit: str = "",
    denominators: Denominators | None,
    reach: Bounds | None = None,
) -> Estimate:
    """Percentile interval over bootstrap draws; draws where the statistic does not exist are left out and named.

    Where all draws give the same, ``reach`` is what the rows behind them cannot exclude; without it there is no
    interval.
    """
    check_level(level)
    counts = denominators or Denominators(scored=n)
    if n == 0 or math.isnan(point):
        reason = "" if n == 0 else "undefined: one label fills the table"
        return unknown("bootstrap", level=level, unit=unit, denominators=counts, reason=reason)
    defined = draws[np.isfinite(draws)]
    tails = ((1.0 - level) / 2.0, (1.0 + level) / 2.0)
    low, high = (float(x) for x in np.quantile(defined, tails)) if defined.size else (math.nan, math.nan)
    warnings: tuple[str, ...] = ()
    if defined.size < draws.size:
        warnings = (f"undefined in {draws.size - defined.size} of {draws.size} resamples",)
    found = Estimate(
        estimate=point,
        low=min(low, point),
        high=max(high, point),
        level=level,
        n=n,
        n_effective=float(n),
        method="bootstrap",
        unit=unit,
        denominators=counts,
        warnings=warnings,
    )
    if found.high - found.low > 1e-12 or math.isnan(low):
        return found
    if reach is None or reach[0] >= reach[1]:
        return not_estimable(found, f"all {defined.size} resamples give the same")
    return replace(found, low=reach[0], high=reach[1], method=RULE_OF_THREE)


def share_reach(point: float, n: float, level: float) -> Bounds:
    """What ``n`` independent rows cannot exclude of a share: those they may all have missed lie at either end."""
    missed = unseen_share(n, level)
    return point * (1.0 - missed), point + missed * (1.0 - point)


def agreement_reach(point: float, n: float, worst: float, level: float) -> Bounds | None:
    """The same for agreement beyond chance, which is 1 - observed / expected, where it is perfect; None elsewhere.

    ``worst`` is the largest disagreement a row can show over the expected one: few rows of a rare label say little.
    """
    if not math.isclose(point, 1.0, abs_tol=1e-9):
        return None
    return max(-1.0, 1.0 - unseen_share(n, level) * worst), 1.0
