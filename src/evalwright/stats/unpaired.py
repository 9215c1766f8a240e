"""Two independent rates, each with its own interval: their difference and whether it is there at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.distributions import normal_cdf
from evalwright.stats.intervals import unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDifference:
    """``difference`` is first minus second; ``p_value`` is two-sided."""

    difference: Estimate
    p_value: float


def rate_difference(first: Estimate, second: Estimate) -> RateDifference:
    """Difference of two rates over different things, from the interval and effective size of each.

    Newcombe's hybrid score interval, which never leaves [-1, 1] and is real at 0/n; the p-value is of the pooled score
    test at the effective sizes, so clusters count as what they are worth. Source: Newcombe 1998, method 10.
    """
    if any(math.isnan(each.low) or each.n_effective <= 0.0 for each in (first, second)):
        nothing = unknown("newcombe", level=first.level, unit="ratio", reason="a side has no interval")
        return RateDifference(difference=nothing, p_value=1.0)
    centre = first.estimate - second.estimate
    below = math.hypot(first.estimate - first.low, second.high - second.estimate)
    above = math.hypot(first.high - first.estimate, second.estimate - second.low)
    found = Estimate(
        estimate=centre,
        low=max(-1.0, centre - below),
        high=min(1.0, centre + above),
        level=first.level,
        n=first.n + second.n,
        n_effective=first.n_effective + second.n_effective,
        method="newcombe",
        unit="ratio",
        denominators=Denominators(scored=first.n + second.n),
        warnings=tuple(dict.fromkeys((*first.warnings, *second.warnings))),
    )
    return RateDifference(difference=found, p_value=_score_test(first, second))


def _score_test(first: Estimate, second: Estimate) -> float:
    n, m = first.n_effective, second.n_effective
    pooled = (first.estimate * n + second.estimate * m) / (n + m)
    square = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)
    if square <= 0.0:
        return 1.0
    return min(1.0, 2.0 * normal_cdf(-abs(first.estimate - second.estimate) / math.sqrt(square)))
