"""Repeated trials of one item: could it (pass@k), and does it every time (pass^k)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import FloatArray, Labels, vector
from evalwright.stats.intervals import rate


def pass_at_k(
    successes: ArrayLike, trials: ArrayLike, k: int, clusters: Labels | None = None, *, level: float = 0.95
) -> Estimate:
    """Probability that at least one of k trials succeeds: 1 - C(n-c, k) / C(n, k), averaged over items.

    ``successes`` and ``trials`` are counts per item. Source: Chen et al. 2021, arXiv 2107.03374. The interval is over
    items (or ``clusters`` of items).
    """
    c, n = _counts(successes, trials, k)
    return _over_items(1.0 - _all_of(n - c, n, k), n, k, clusters, level)


def pass_hat_k(
    successes: ArrayLike, trials: ArrayLike, k: int, clusters: Labels | None = None, *, level: float = 0.95
) -> Estimate:
    """Probability that all of k trials succeed: C(c, k) / C(n, k), averaged over items.

    Unbiased, unlike (c/n)^k: 8 of 10 at k = 3 gives .467, not .512. Source: tau-bench, arXiv 2406.12045.
    """
    c, n = _counts(successes, trials, k)
    return _over_items(_all_of(c, n, k), n, k, clusters, level)


def _counts(successes: ArrayLike, trials: ArrayLike, k: int) -> tuple[FloatArray, FloatArray]:
    c, n = np.broadcast_arrays(vector(successes, "successes"), vector(trials, "trials"))
    if k < 1:
        raise InvalidInput(f"k must be at least 1, got {k!r}")
    if c.size and (np.any(c < 0) or np.any(c > n) or np.any(c != np.floor(c)) or np.any(n != np.floor(n))):
        raise InvalidInput("successes and trials must be whole counts with 0 <= successes <= trials")
    return c, n


def _all_of(c: FloatArray, n: FloatArray, k: int) -> FloatArray:
    """C(c, k) / C(n, k) as the product of (c-i)/(n-i): exact enough, no overflow; NaN-free only where n >= k."""
    steps = np.arange(k, dtype=np.float64)
    top = np.maximum(c[:, None] - steps, 0.0)
    return np.asarray(np.prod(top / np.maximum(n[:, None] - steps, 1.0), axis=1), dtype=np.float64)


def _over_items(values: FloatArray, n: FloatArray, k: int, clusters: Labels | None, level: float) -> Estimate:
    """Average items that have k trials; the others are counted as skipped, never guessed."""
    usable = n >= k
    counts = Denominators(scored=int(usable.sum()), skipped=int((~usable).sum()))
    kept = None if clusters is None else np.asarray(clusters)[usable]
    return rate(values[usable], kept, level=level, denominators=counts)
