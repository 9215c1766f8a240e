"""Rank correlation for ordinal judgements."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import FloatArray, IntArray, Labels, cluster_codes, same_length, vector
from evalwright.stats.distributions import two_sided_quantile
from evalwright.stats.intervals import check_level, unknown
from evalwright.stats.unvaried import RULE_OF_THREE, unseen_share

_BLOCKS = 20
_FEW_CLUSTERS = 10


def ranks(values: ArrayLike) -> FloatArray:
    """Ranks from 1, ties sharing their mean rank."""
    return _mean_ranks(_codes(vector(values)))


def _codes(values: FloatArray) -> IntArray:
    """Places among the distinct values: they order as the values do, and are counted instead of sorted."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _mean_ranks(codes: IntArray) -> FloatArray:
    counts = np.bincount(codes)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2.0)[codes], dtype=np.float64)


def spearman(first: ArrayLike, second: ArrayLike, clusters: Labels | None = None, *, level: float = 0.95) -> Estimate:
    """Spearman's rho; Fisher's z with standard error sqrt((1 + r^2/2) / (n - 3)). Source: Bonett & Wright 2000.

    With clusters the standard error is that of a delete-a-group jackknife over them (Kott 2001).
    """
    x, y = _pair(first, second)
    r = _rho(x, y)
    alone = _fisher(r, x.size, (1.0 + r * r / 2.0, 3), "spearman_fisher_z", level)
    found = alone if clusters is None else _clustered(alone, x, y, clusters, _rho)
    return _unless_perfect(found, x, lambda tau: (3.0 * tau - 1.0) / 2.0)


def _rho(x: IntArray, y: IntArray) -> float:
    a, b = _mean_ranks(x) - (x.size + 1) / 2.0, _mean_ranks(y) - (y.size + 1) / 2.0
    scale = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / scale if scale > 0.0 else math.nan


def kendall(first: ArrayLike, second: ArrayLike, clusters: Labels | None = None, *, level: float = 0.95) -> Estimate:
    """Kendall's tau-b; Fisher's z with standard error sqrt(.437 / (n - 4)). Source: Kendall 1945; Fieller 1957.

    With clusters the standard error is that of a delete-a-group jackknife over them (Kott 2001).
    """
    x, y = _pair(first, second)
    alone = _fisher(_tau(x, y), x.size, (0.437, 4), "kendall_fisher_z", level)
    found = alone if clusters is None else _clustered(alone, x, y, clusters, _tau)
    return _unless_perfect(found, x, lambda tau: tau)


def _tau(x: IntArray, y: IntArray) -> float:
    """Pairs are counted while sorting, n log n of them looked at: Knight 1966."""
    width = int(y.max(initial=0)) + 1
    joint = np.sort(x * width + y)
    pairs = x.size * (x.size - 1) / 2.0
    x_pairs, y_pairs = pairs - _ties(np.bincount(x)), pairs - _ties(np.bincount(y))
    runs = np.diff(np.flatnonzero(np.concatenate([[True], joint[1:] != joint[:-1], [True]])))
    agreeing = x_pairs + y_pairs - (pairs - _ties(runs)) - 2.0 * _inversions(joint % width)
    return agreeing / math.sqrt(x_pairs * y_pairs) if x_pairs > 0.0 and y_pairs > 0.0 else math.nan


def _clustered(
    alone: Estimate,
    x: IntArray,
    y: IntArray,
    clusters: Labels,
    statistic: Callable[[IntArray, IntArray], float],
) -> Estimate:
    """Returns the estimate with the interval that counts clusters, which is never narrower than one of single rows.

    Clusters are dealt into blocks, at most ``_BLOCKS``, largest first; the statistic is computed again without each.
    """
    codes, count = cluster_codes(clusters, x.size)
    if count == x.size or math.isnan(alone.low):
        return alone
    blocks = _dealt(codes, count)
    size = int(blocks.max()) + 1
    left = [statistic(x[blocks != block], y[blocks != block]) for block in range(size)]
    if size < 3 or any(math.isnan(each) for each in left):
        told = f"{count} clusters are too few: no interval"
        return replace(alone, low=math.nan, high=math.nan, n_effective=float(count), warnings=(*alone.warnings, told))
    z = np.arctanh(np.clip(left, -1.0 + 1e-15, 1.0 - 1e-15))
    error = math.sqrt(float(np.sum((z - z.mean()) ** 2)) * (size - 1) / size)
    half = two_sided_quantile(alone.level, size - 1) * error
    centre = math.atanh(min(max(alone.estimate, -1.0 + 1e-15), 1.0 - 1e-15))
    few = (f"only {count} clusters: the interval is rough",) if count < _FEW_CLUSTERS else ()
    return replace(
        alone,
        low=min(alone.low, math.tanh(centre - half)),
        high=max(alone.high, math.tanh(centre + half)),
        n_effective=float(count),
        df=size - 1,
        method=alone.method.replace("fisher_z", "jackknife"),
        warnings=(*alone.warnings, *few),
    )


def _dealt(codes: IntArray, count: int) -> IntArray:
    """Returns the block of each row: clusters go round by size, so that blocks hold about equally many rows."""
    order = np.argsort(-np.bincount(codes, minlength=count), kind="stable")
    block_of = np.empty(count, dtype=np.int64)
    size = min(count, _BLOCKS)
    places = np.arange(count)
    turns, steps = places // size, places % size
    block_of[order] = np.where(turns % 2 == 0, steps, size - 1 - steps)
    return np.asarray(block_of[codes], dtype=np.int64)


def _unless_perfect(found: Estimate, x: IntArray, from_tau: Callable[[float], float]) -> Estimate:
    """Returns the estimate; with what rows that were never seen could undo where all pairs are in one order.

    Rows of a share s take part in 1 - (1 - s)^2 of all pairs; turned round, these move tau by twice their part of
    the pairs without ties. Rho follows from tau by Daniels' inequality (1950).
    """
    if math.isnan(found.low) or abs(found.estimate) < 1.0 - 1e-12:
        return found
    share = unseen_share(found.n_effective, found.level)
    untied = 1.0 - _ties(np.bincount(x)) / (x.size * (x.size - 1) / 2.0)
    least = max(-1.0, from_tau(1.0 - 2.0 * (1.0 - (1.0 - share) ** 2) / untied))
    low, high = (least, 1.0) if found.estimate > 0.0 else (-1.0, -least)
    return replace(found, low=low, high=high, method=RULE_OF_THREE)


def _ties(counts: IntArray) -> float:
    """Pairs among equals, of which there are ``counts``."""
    return float(counts @ (counts - 1)) / 2.0


def _inversions(codes: IntArray) -> float:
    """Pairs of which the earlier is greater: they part at their first differing bit, where a one stands before a zero.

    Bit by bit from the highest, codes are sorted stably by what has been read of them; each pair is counted once.
    """
    found, places = 0, np.arange(codes.size)
    for bit in reversed(range(int(codes.max(initial=0)).bit_length())):
        ones, same = (codes >> bit) & 1, codes >> (bit + 1)
        starts = np.flatnonzero(np.concatenate([[True], same[1:] != same[:-1]]))
        lengths = np.diff(np.append(starts, codes.size))
        before = np.cumsum(ones) - ones
        before -= np.repeat(before[starts], lengths)
        found += int(before @ (1 - ones))
        after_zeros = np.repeat(starts + lengths - np.add.reduceat(ones, starts), lengths)
        moved = np.empty_like(codes)
        moved[np.where(ones == 1, after_zeros + before, places - before)] = codes
        codes = moved
    return float(found)


def _pair(first: ArrayLike, second: ArrayLike) -> tuple[IntArray, IntArray]:
    x, y = vector(first, "first"), vector(second, "second")
    same_length(x, y, "first and second")
    return _codes(x), _codes(y)


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
