"""Has a distribution moved: numbers, labels, embeddings."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import FloatArray, IntArray, Labels, vector
from evalwright.stats.distributions import chi2_sf, kolmogorov_sf
from evalwright.stats.resampling import RESAMPLES, percentile_estimate, resample_counts

_MAX_EMBEDDINGS = 1_000
_SMALL_CELL = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftTest:
    """A test of "nothing moved": its statistic, p-value and both sample sizes."""

    statistic: float
    p_value: float
    method: str
    n_baseline: int
    n_current: int
    warnings: tuple[str, ...] = ()


def bin_edges(baseline: ArrayLike, bins: int = 10) -> FloatArray:
    """Inner edges at the baseline's quantiles. Keep them: drift over time is only comparable with fixed bins."""
    x = vector(baseline, "baseline")
    if x.size == 0 or bins < 2:
        raise InvalidInput("bins need a baseline and at least two of them")
    return np.unique(np.quantile(x, np.linspace(0.0, 1.0, bins + 1)[1:-1]))


def psi(
    baseline: ArrayLike,
    current: ArrayLike,
    edges: ArrayLike,
    rng: Generator,
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Population stability index sum (q - p) ln(q / p) over fixed bins, with a bootstrap interval.

    Half an observation is added to every bin. Without any drift it still averages about (bins - 1)(1/n + 1/m), which
    is named in a warning when the value is not above it. Source: Siddiqi 2006; Yurdakul 2018 for the null distribution.
    """
    inner = vector(edges, "edges")
    old, new = _histogram(vector(baseline, "baseline"), inner), _histogram(vector(current, "current"), inner)
    n, m = int(old.sum()), int(new.sum())
    if n == 0 or m == 0:
        return percentile_estimate(math.nan, np.empty(0), n=0, level=level, denominators=None)
    point = float(_psi(old[None, :], new[None, :])[0])
    draws = _psi(resample_counts(old, rng, resamples), resample_counts(new, rng, resamples))
    found = percentile_estimate(point, draws, n=m, level=level, denominators=Denominators(scored=m))
    floor = (old.size - 1) * (1.0 / n + 1.0 / m)
    if point <= floor:
        return replace(found, warnings=(*found.warnings, f"no more than sampling alone gives ({floor:.2g})"))
    return found


def _histogram(values: FloatArray, edges: FloatArray) -> IntArray:
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=edges.size + 1).astype(np.int64)


def _psi(old: FloatArray | IntArray, new: FloatArray | IntArray) -> FloatArray:
    p = (old + 0.5) / (old.sum(axis=-1, keepdims=True) + 0.5 * old.shape[-1])
    q = (new + 0.5) / (new.sum(axis=-1, keepdims=True) + 0.5 * new.shape[-1])
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=-1), dtype=np.float64)


def kolmogorov_smirnov(baseline: ArrayLike, current: ArrayLike) -> DriftTest:
    """Largest gap between two distribution functions, with the asymptotic p-value. Source: Smirnov 1939."""
    x, y = np.sort(vector(baseline, "baseline")), np.sort(vector(current, "current"))
    if x.size == 0 or y.size == 0:
        raise InvalidInput("both samples need at least one value")
    everything = np.concatenate([x, y])
    gaps = np.searchsorted(x, everything, "right") / x.size - np.searchsorted(y, everything, "right") / y.size
    statistic = float(np.abs(gaps).max())
    p_value = kolmogorov_sf(math.sqrt(x.size * y.size / (x.size + y.size)) * statistic)
    warnings = () if min(x.size, y.size) >= 30 else ("fewer than 30 values: the p-value is rough",)
    return DriftTest(
        statistic=statistic,
        p_value=p_value,
        method="kolmogorov_smirnov",
        n_baseline=x.size,
        n_current=y.size,
        warnings=warnings,
    )


def chi_square(baseline: Labels, current: Labels) -> DriftTest:
    """Whether labels are distributed as before. Source: Pearson 1900."""
    old, new = np.asarray(baseline), np.asarray(current)
    if old.size == 0 or new.size == 0:
        raise InvalidInput("both samples need at least one label")
    _, codes = np.unique(np.concatenate([old, new]), return_inverse=True)
    size = int(codes.max()) + 1
    table = np.stack([np.bincount(part, minlength=size) for part in (codes[: old.size], codes[old.size :])])
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    thin = bool(expected.min() < _SMALL_CELL)
    return DriftTest(
        statistic=statistic,
        p_value=chi2_sf(statistic, size - 1) if size > 1 else 1.0,
        method="chi_square",
        n_baseline=old.size,
        n_current=new.size,
        warnings=("labels expected fewer than 5 times: the p-value is rough",) if thin and size > 1 else (),
    )


def maximum_mean_discrepancy(
    baseline: ArrayLike, current: ArrayLike, rng: Generator, *, permutations: int = 500
) -> DriftTest:
    """Distance of two clouds of embeddings (rows), Gaussian kernel of median width, permutation p-value.

    Samples beyond 1,000 rows are thinned at random. Source: Gretton et al. 2012.
    """
    x, y = (_thinned(np.asarray(rows, dtype=np.float64), rng) for rows in (baseline, current))
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or min(len(x), len(y)) < 2:
        raise InvalidInput(f"embeddings must be rows of one width, two at least, got {x.shape} and {y.shape}")
    kernel = _gaussian_kernel(np.concatenate([x, y]))
    signs = np.concatenate([np.full(len(x), 1.0 / len(x)), np.full(len(y), -1.0 / len(y))])
    shuffled = rng.permuted(np.tile(signs, (permutations, 1)), axis=1)
    observed = float(signs @ kernel @ signs)
    values = np.einsum("bi,bi->b", shuffled @ kernel, shuffled)
    return DriftTest(
        statistic=observed,
        p_value=(1.0 + float(np.sum(values >= observed - 1e-12))) / (permutations + 1.0),
        method="maximum_mean_discrepancy",
        n_baseline=len(x),
        n_current=len(y),
    )


def _thinned(rows: FloatArray, rng: Generator) -> FloatArray:
    return rows if len(rows) <= _MAX_EMBEDDINGS else rows[rng.choice(len(rows), _MAX_EMBEDDINGS, replace=False)]


def _gaussian_kernel(rows: FloatArray) -> FloatArray:
    norms = np.einsum("ij,ij->i", rows, rows)
    squares = np.maximum(0.0, norms[:, None] + norms[None, :] - 2.0 * rows @ rows.T)
    width = float(np.median(squares[np.triu_indices(len(rows), 1)])) or 1.0
    return np.asarray(np.exp(-squares / width), dtype=np.float64)
