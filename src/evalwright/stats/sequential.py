"""Answers that stay valid however often they are looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import FloatArray, is_binary, same_length, unit_vector
from evalwright.stats.intervals import check_level, unknown
from evalwright.stats.unvaried import not_estimable

SequentialVerdict: TypeAlias = Literal["fail", "pass", "continue"]
_PRIOR = 0.5
_BISECTIONS = 45
_BET_LIMIT = 0.5
_BETS = (0.1, 0.3, 0.6)


def rate_sequence(successes: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Bounds of the beta-binomial confidence sequence at each (successes so far, n so far).

    All bounds together miss the true rate with probability at most 1 - level, at whatever times they are read: the
    rates at which the Jeffreys mixture martingale has not reached 1 / alpha. Source:
    Howard et al. 2021, arXiv 1810.08240.
    """
    check_level(level)
    s, total = np.broadcast_arrays(np.asarray(successes, np.float64), np.asarray(n, np.float64))
    if np.any(s < 0) or np.any(s > total):
        raise InvalidInput("successes must lie between 0 and n")
    beta = np.vectorize(lambda a, b: math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b), otypes=[np.float64])
    threshold = beta(s + _PRIOR, total - s + _PRIOR) - beta(_PRIOR, _PRIOR) + math.log(1.0 - level)
    centre = np.where(total > 0, s / np.maximum(total, 1.0), 0.5)
    low = _boundary(s, total, threshold, np.zeros_like(s), centre)
    high = _boundary(s, total, threshold, np.ones_like(s), centre)
    return np.where(s > 0, low, 0.0), np.where(s < total, high, 1.0)


def _boundary(
    s: FloatArray, total: FloatArray, threshold: FloatArray, outside: FloatArray, inside: FloatArray
) -> FloatArray:
    """Where the likelihood falls to the threshold, by bisection; ends outside, so rounding never narrows."""
    for _ in range(_BISECTIONS):
        middle = (outside + inside) / 2.0
        with np.errstate(divide="ignore", invalid="ignore"):
            likelihood = np.where(s > 0, s * np.log(middle), 0.0)
            likelihood += np.where(s < total, (total - s) * np.log1p(-middle), 0.0)
        kept = likelihood > threshold
        inside, outside = np.where(kept, middle, inside), np.where(kept, outside, middle)
    return outside


def watched_rate(successes: int, n: int, *, level: float = 0.95) -> Estimate:
    """A rate under continuous watch: the confidence sequence now."""
    counts = Denominators(scored=n)
    if n == 0:
        return unknown("beta_binomial_sequence", level=level, unit="ratio", denominators=counts)
    low, high = rate_sequence(successes, n, level=level)
    return Estimate(
        estimate=successes / n,
        low=float(low),
        high=float(high),
        level=level,
        n=n,
        n_effective=float(n),
        method="beta_binomial_sequence",
        unit="ratio",
        denominators=counts,
    )


def mean_sequence(values: ArrayLike, *, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Running bounds for the mean of scores in [0, 1], in order of arrival.

    Predictable plug-in empirical Bernstein; bounds are intersected over time, which keeps the guarantee.
    Source: Waudby-Smith & Ramdas 2023 (arXiv 2010.09686), theorem 2.
    """
    check_level(level)
    x = unit_vector(values)
    alpha = 1.0 - level
    t = np.arange(1, x.size + 1)
    running = (0.5 + np.cumsum(x)) / (t + 1)
    variance = (0.25 + np.cumsum((x - running) ** 2)) / (t + 1)
    before_mean = np.concatenate([[0.5], running[:-1]])
    before_variance = np.concatenate([[0.25], variance[:-1]])
    bets = np.minimum(np.sqrt(2.0 * math.log(2.0 / alpha) / (before_variance * t * np.log1p(t))), _BET_LIMIT)
    penalty = np.cumsum(4.0 * (x - before_mean) ** 2 * (-np.log1p(-bets) - bets) / 4.0)
    total = np.cumsum(bets)
    centre, half = np.cumsum(bets * x) / total, (math.log(2.0 / alpha) + penalty) / total
    low = np.maximum.accumulate(np.maximum(0.0, centre - half))
    return low, np.minimum.accumulate(np.minimum(1.0, centre + half))


def watched_mean(values: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Mean of scores in [0, 1] under continuous watch; 0/1 scores use the tighter ``watched_rate``."""
    x = unit_vector(values)
    if x.size == 0 or is_binary(x):
        return watched_rate(int(x.sum()), x.size, level=level)
    low, high = mean_sequence(x, level=level)
    return _bernstein(float(x.mean()), (float(low[-1]), float(high[-1])), x.size, level, "ratio")


def _bernstein(centre: float, ends: tuple[float, float], n: int, level: float, unit: str = "") -> Estimate:
    """Bounds that were intersected over time can cross: then no one mean fits everything that was seen."""
    found = Estimate(
        estimate=centre,
        low=ends[0],
        high=ends[1],
        level=level,
        n=n,
        n_effective=float(n),
        method="empirical_bernstein_sequence",
        unit=unit,
        denominators=Denominators(scored=n),
    )
    if ends[0] >= ends[1]:
        return not_estimable(found, "the mean moved while it was watched")
    return replace(found, estimate=min(max(centre, ends[0]), ends[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialDecision:
    """Where a watched canary stands.

    ``evidence_against`` and ``evidence_for`` are e-values: bets against "not worse than the margin" and against "worse
    than the margin". ``decided_at`` is the pair at which the first of them reached 1 / alpha.
    """

    verdict: SequentialVerdict
    evidence_against: float
    evidence_for: float
    decided_at: int | None
    difference: Estimate


def noninferiority(baseline: ArrayLike, canary: ArrayLike, *, margin: float, alpha: float = 0.05) -> SequentialDecision:
    """Is the canary worse than the baseline by more than ``margin``? Look after every pair if you like.

    E = prod(1 + lambda_i d_i), d = (baseline - canary - margin) / (1 + margin), lambda from earlier pairs only: while
    the canary is not inferior E exceeds 1 / alpha ever with probability at most alpha. The mirror process passes.
    Source: Ramdas et al. 2023, Game-theoretic statistics and safe anytime-valid inference.

    Args:
        baseline: scores in [0, 1], in order of arrival.
        canary: scores of the same pairs (same item, or the next unit of the other arm).
        margin: tolerated worsening, in [0, 1).
        alpha: probability of a false alarm, and of a false pass.
    """
    a, b = unit_vector(baseline, "baseline"), unit_vector(canary, "canary")
    same_length(a, b, "baseline and canary")
    if not 0.0 <= margin < 1.0 or not 0.0 < alpha < 1.0:
        raise InvalidInput(f"margin must lie in [0, 1) and alpha in (0, 1), got {margin!r} and {alpha!r}")
    against = log_wealth((a - b - margin) / (1.0 + margin))
    favour = log_wealth((b - a + margin) / (1.0 + margin))
    bar = math.log(1.0 / alpha)
    fails, passes = _first(against >= bar), _first(favour >= bar)
    verdict: SequentialVerdict = "continue"
    if fails is not None or passes is not None:
        verdict = "fail" if passes is None or (fails is not None and fails <= passes) else "pass"
    return SequentialDecision(
        verdict=verdict,
        evidence_against=_largest(against),
        evidence_for=_largest(favour),
        decided_at=fails if verdict == "fail" else passes,
        difference=_watched_difference(a, b, 1.0 - alpha),
    )


def log_wealth(d: FloatArray) -> FloatArray:
    """Log of the e-process after each pair, along the last axis; ``d`` lies in [-1, 1].

    The wealth is split evenly over a few constant bets: the split that has won so far carries the next bet, which is
    a predictable lambda without tuning to an effect size nobody knows (method of mixtures, Howard et al. 2021).
    """
    wealths = [np.cumsum(np.log1p(bet * d), axis=-1) for bet in _BETS]
    return np.asarray(np.logaddexp.reduce(wealths, axis=0) - math.log(len(_BETS)), dtype=np.float64)


def _first(reached: NDArray[np.bool_]) -> int | None:
    return int(np.argmax(reached)) + 1 if reached.any() else None


def _largest(log_values: FloatArray) -> float:
    return math.exp(min(700.0, float(log_values.max()))) if log_values.size else 1.0


def _watched_difference(a: FloatArray, b: FloatArray, level: float) -> Estimate:
    """Canary minus baseline with a bound that is valid at every look."""
    if a.size == 0:
        return unknown("empirical_bernstein_sequence", level=level)
    low, high = mean_sequence((b - a + 1.0) / 2.0, level=level)
    ends = 2.0 * float(low[-1]) - 1.0, 2.0 * float(high[-1]) - 1.0
    return _bernstein(float((b - a).mean()), ends, a.size, level)
