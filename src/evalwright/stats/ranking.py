"""Which of several candidates is best, given that items and repeats are a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.stats.arrays import FloatArray, vector
from evalwright.stats.intervals import average, wilson
from evalwright.stats.resampling import RESAMPLES

_CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """One candidate: its score, and how often it comes out best when the items are drawn again."""

    name: str
    score: Estimate
    probability_best: Estimate


def rank(
    scores: Mapping[str, ArrayLike], rng: Generator, *, direction: str = "higher", resamples: int = RESAMPLES
) -> Sequence[Rank]:
    """Candidates from best to worst over the same items; ties share the win.

    ``scores`` holds per-item means (over k repeats) per candidate, items in one order. ``probability_best`` has the
    interval of its own Monte Carlo error. Items are resampled together for all candidates, so the comparison is paired.
    """
    matrix = np.array([vector(values, name) for name, values in scores.items()]) if scores else np.empty((0, 0))
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InvalidInput("ranking needs at least one candidate and one item, the same items for each")
    if direction not in ("higher", "lower"):
        raise InvalidInput(f"direction must be 'higher' or 'lower', got {direction!r}")
    wins = _wins(matrix if direction == "higher" else -matrix, rng, resamples)
    ranks = [
        Rank(name=name, score=average(row), probability_best=wilson(float(won), resamples))
        for name, row, won in zip(scores, matrix, wins, strict=True)
    ]
    return sorted(ranks, key=lambda each: each.score.estimate, reverse=direction == "higher")


def _wins(matrix: FloatArray, rng: Generator, resamples: int) -> FloatArray:
    items = matrix.shape[1]
    wins = np.zeros(matrix.shape[0])
    for start in range(0, resamples, _CHUNK):
        size = min(_CHUNK, resamples - start)
        weights = rng.multinomial(items, np.full(items, 1.0 / items), size=size)
        means = weights @ matrix.T
        best = np.isclose(means, means.max(axis=1, keepdims=True), rtol=1e-12, atol=1e-12)
        wins += (best / best.sum(axis=1, keepdims=True)).sum(axis=0)
    return np.minimum(wins, resamples)
