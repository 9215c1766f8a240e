"""Rank correlation for ordinal judgements."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import FloatArray, same_length, vector
from evalwright.stats.distributions import two_sided_quantile
from evalwright.stats.intervals import check_level, unknown

_ROWS = 256


def ranks(values: ArrayLike) -> FloatArray:
    """Ranks from 1, ties sharing their mean rank."""
    _, codes, counts = np.unique(vector(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[codes], dtype=np.float64)


def spearman(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Spearman's rho; Fisher's z with standard error sqrt((1 + r^2/2) / (n - 3)). Source: Bonett & Wright 2000."""
    x, y = _pair(first, second)
    a, b = ranks(x) - (x.size + 1) / 2.0, ranks(y) - (y.size + 1) / 2.0
    scale = math.sqrt(float(a @ a) * float(b @ b))
    r = float(a @ b) / scale if scale > 0.0 else math.nan
    return _fisher(r, x.size, (1.0 + r * r / 2.0, 3), "spearman_fisher_z", level)


def kendall(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Kendall's tau-b; Fisher's z with standard error sqrt(.437 / (n - 4)). Source: Kendall 1945; Fieller 1957.

    Pairs are counted while sorting, n log n of them looked at: Knight 1966.
    """
    x, y = _pair(first, second)
    ordered = y[np.lexsort((y, x))]
    pairs = x.size * (x.size - 1) / 2.0
    x_pairs, y_pairs = pairs - _ties(x[:, None]), pairs - _ties(y[:, None])
    agreeing = x_pairs + y_pairs - (pairs - _ties(np.stack([x, y], axis=1))) - 2.0 * _inversions(ordered)
    tau = agreeing / math.sqrt(x_pairs * y_pairs) if x_pairs > 0.0 and y_pairs > 0.0 else math.nan
    return _fisher(tau, x.size, (0.437, 4), "kendall_fisher_z", level)


def _ties(rows: FloatArray) -> float:
    """Pairs of equal rows."""
    counts = np.unique(rows, axis=0, return_counts=True)[1].astype(np.float64)
    return float(np.sum(counts * (counts - 1.0)) / 2.0)


def _inversions(values: FloatArray) -> float:
    """Pairs of which the earlier is greater."""
    if values.size <= _ROWS:
        return float(np.count_nonzero(np.triu(values[:, None] > values)))
    left, right = values[: values.size // 2], values[values.size // 2 :]
    across = left.size * right.size - float(np.sum(np.searchsorted(np.sort(left), right, side="right")))
    return across + _inversions(left) + _inversions(right)


def _pair(first: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray]:
    x, y = vector(first, "first"), vector(second, "second")
    same_length(x, y, "first and second")
    return x, y


def _fisher(r: float, n: int, variance: tuple[float, int], method: str, level: float) -> Estimate:
    check_level(level)
    scale, lost = variance
    if math.isnan(r):
        return unknown(method, level=level, reason="undefined: one side does not vary")
    low = high = math.nan
    if n > lost:
        half = two_sided_quantile(level) * math.sqrt(scale / (n - lost))
        z = math.atanh(min(max(r, -1.0 + 1e-15), 1.0 - 1e-15))
        low, high = (-1.0 if r <= -1.0 else math.tanh(z - half)), (1.0 if r >= 1.0 else math.tanh(z + half))
    return Estimate(
        estimate=r,
        low=low,
        high=high,
        level=level,
        n=n,
        n_effective=float(n),
        method=method,
        denominators=Denominators(scored=n),
        warnings=() if n > lost else (f"fewer than {lost + 1} pairs: no interval",),
    )
