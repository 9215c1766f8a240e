"""How many observations are needed, and what a given number can see."""

from __future__ import annotations

import math

from evalwright.domain.errors import InvalidInput
from evalwright.stats.distributions import normal_quantile


def items_needed(
    difference: float,
    *,
    omega2: float,
    sigma2_a: float = 0.0,
    sigma2_b: float = 0.0,
    trials_a: int = 1,
    trials_b: int = 1,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int:
    """Items so that a paired difference is found with probability ``power`` by a two-sided test at ``alpha``.

    n = (z_{alpha/2} + z_{beta})^2 (omega^2 + s_A^2/K_A + s_B^2/K_B) / difference^2, omega^2 the variance between
    items of the true difference, s^2 the variance between trials of one item. Source: Miller, arXiv 2411.00640.
    """
    if difference == 0.0:
        raise InvalidInput("a difference of 0 can never be found", hint="say the smallest difference that matters")
    variance = _variance(omega2, sigma2_a, sigma2_b, trials_a, trials_b)
    return math.ceil(_quantile_sum(alpha, power) ** 2 * variance / difference**2 - 1e-9)


def minimal_detectable_difference(
    items: int,
    *,
    omega2: float,
    sigma2_a: float = 0.0,
    sigma2_b: float = 0.0,
    trials_a: int = 1,
    trials_b: int = 1,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """The smallest true difference ``items`` items find with probability ``power``; inverse of ``items_needed``."""
    if items < 1:
        raise InvalidInput(f"items must be positive, got {items!r}")
    variance = _variance(omega2, sigma2_a, sigma2_b, trials_a, trials_b)
    return _quantile_sum(alpha, power) * math.sqrt(variance / items)


def seconds_to_detect(items: int, *, per_second: float, sample_rate: float = 1.0, share: float = 1.0) -> float:
    """How long live traffic takes to give ``items`` scored observations.

    ``per_second`` is all traffic, ``share`` the part the candidate gets, ``sample_rate`` the part that is scored.
    """
    rate = per_second * sample_rate * share
    if rate <= 0.0:
        raise InvalidInput("no observations arrive: traffic, sample rate and share must be positive")
    return items / rate


def items_to_decide(
    n: float, half_width: float, gap: float, *, confidence: float = 0.95, power: float = 0.8
) -> int | None:
    """Further items until a one-sided bound clears its bar with probability ``power``, if the estimate stays put.

    Args:
        n: items so far.
        half_width: distance from the estimate to its one-sided bound at ``confidence``.
        gap: distance from the estimate to the bar.

    Returns:
        None where no feasible number (under ten million) would decide.
    """
    if gap == 0.0 or not math.isfinite(gap) or not math.isfinite(half_width):
        return None
    quantile = normal_quantile(confidence)
    inflation = 1.0 + normal_quantile(power) / quantile
    total = n * (half_width / abs(gap) * inflation) ** 2
    return max(1, math.ceil(total - n)) if total < 1e7 else None


def _variance(omega2: float, sigma2_a: float, sigma2_b: float, trials_a: int, trials_b: int) -> float:
    if min(omega2, sigma2_a, sigma2_b) < 0.0 or min(trials_a, trials_b) < 1:
        raise InvalidInput("variances must not be negative and trials must be at least 1")
    return omega2 + sigma2_a / trials_a + sigma2_b / trials_b


def _quantile_sum(alpha: float, power: float) -> float:
    if not 0.0 < alpha < 1.0 or not 0.0 < power < 1.0:
        raise InvalidInput(f"alpha and power must lie between 0 and 1, got {alpha!r} and {power!r}")
    return normal_quantile(1.0 - alpha / 2.0) + normal_quantile(power)
