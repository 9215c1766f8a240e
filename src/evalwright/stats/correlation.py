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

_ROWS = 512
_FEW_CELLS = 100_000


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
    """Kendall's tau-b; Fisher's z with standard error sqrt(.437 / (n - 4)). Source: Kendall 1945; Fieller 1957."""
    x, y = _pair(first, second)
    concordance, x_pairs, y_pairs = _pairs_by_value(x, y) or _pairs_one_by_one(x, y)
    tau = concordance / math.sqrt(x_pairs * y_pairs) if x_pairs and y_pairs else math.nan
    return _fisher(tau, x.size, (0.437, 4), "kendall_fisher_z", level)


def _pairs_by_value(x: FloatArray, y: FloatArray) -> tuple[float, float, float] | None:
    """Concordant minus discordant ordered pairs, and those untied in x and in y; None where most values differ."""
    a, a_codes = np.unique(x, return_inverse=True)
    b, b_codes = np.unique(y, return_inverse=True)
    if a.size * b.size > _FEW_CELLS:
        return None
    table = np.bincount(a_codes * b.size + b_codes, minlength=a.size * b.size).reshape(a.size, b.size)
    counts = table.astype(np.float64)
    below = np.zeros((a.size + 1, b.size + 1))
    below[1:, 1:] = counts.cumsum(axis=0).cumsum(axis=1)
    left, last = below[:-1], below[:-1, -1:]
    concordance = 2.0 * float(np.sum(counts * (left[:, :-1] - (last - left[:, 1:]))))
    n = float(x.size) ** 2
    return concordance, n - float(np.sum(counts.sum(axis=1) ** 2)), n - float(np.sum(counts.sum(axis=0) ** 2))


def _pairs_one_by_one(x: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    concordance = x_pairs = y_pairs = 0.0
    for start in range(0, x.size, _ROWS):
        dx = np.sign(x[start : start + _ROWS, None] - x)
        dy = np.sign(y[start : start + _ROWS, None] - y)
        concordance += float(np.sum(dx * dy))
        x_pairs += float(np.count_nonzero(dx))
        y_pairs += float(np.count_nonzero(dy))
    return concordance, x_pairs, y_pairs


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
