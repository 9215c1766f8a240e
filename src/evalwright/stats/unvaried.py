"""What an interval may claim where the sample shows no variation: never that there is none."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, TypeAlias

from evalwright.domain.estimate import Estimate

Bounds: TypeAlias = tuple[float, float]
RULE_OF_THREE: Final = "rule_of_three"
_ROUNDING: Final = 1e-12


def unseen_share(n: float, level: float) -> float:
    """Largest share of a population that ``n`` independent observations may all have missed; about 3.7 / n at 95 %.

    Clopper and Pearson's upper bound for 0 of n, ``1 - (alpha / 2) ** (1 / n)``. Source: Clopper & Pearson 1934;
    Hanley & Lippman-Hand 1983 (the rule of three is its one-sided approximation).
    """
    return -math.expm1(math.log((1.0 - level) / 2.0) / n) if n > 0.0 else 1.0


def is_negligible(error: float, *values: float) -> bool:
    """Whether a standard error is zero but for rounding in numbers of this size."""
    return error <= _ROUNDING * max(map(abs, values), default=0.0)


def not_estimable(found: Estimate, why: str) -> Estimate:
    """The estimate without an interval, and why: equal values say nothing of how far others may lie."""
    told = (*found.warnings, f"interval not estimable: {why}")
    return replace(found, low=math.nan, high=math.nan, warnings=told)


def reaching(found: Estimate, n: float, bounds: Bounds | None, why: str) -> Estimate:
    """The estimate with an interval as wide as what ``n`` independent observations cannot have seen.

    The share they may have missed can lie at either end of the range of values, which moves the mean that far. Where
    the range is unknown an interval without width becomes none at all.
    """
    if bounds is None:
        return not_estimable(found, why)
    share = unseen_share(n, found.level)
    low = found.estimate - share * (found.estimate - bounds[0])
    high = found.estimate + share * (bounds[1] - found.estimate)
    if found.low <= low and high <= found.high:
        return found
    return replace(found, low=min(found.low, low), high=max(found.high, high), method=RULE_OF_THREE)


def with_width(found: Estimate, why: str) -> Estimate:
    """The estimate as it is, unless both ends meet or cross: then it has no interval."""
    return not_estimable(found, why) if found.low >= found.high else found
