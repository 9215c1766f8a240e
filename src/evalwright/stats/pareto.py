"""Candidates no other candidate beats on every metric."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalwright.domain.errors import InvalidInput


def pareto_front(points: ArrayLike, directions: Sequence[str]) -> NDArray[np.bool_]:
    """Mask of the non-dominated rows of ``points`` (candidates by metrics).

    A row is dominated when another is at least as good everywhere and better somewhere. Rows with a missing metric
    (NaN) are never on the front. ``directions`` holds ``higher`` or ``lower`` per metric.
    """
    matrix = np.asarray(points, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != len(directions):
        raise InvalidInput(f"points must have one column per direction, got {matrix.shape} for {len(directions)}")
    if set(directions) - {"higher", "lower"}:
        raise InvalidInput(f"directions must be 'higher' or 'lower', got {list(directions)!r}")
    signed = matrix * np.array([1.0 if direction == "higher" else -1.0 for direction in directions])
    front: NDArray[np.bool_] = ~np.isnan(signed).any(axis=1)
    complete = signed[front]
    front[front] = [
        not bool(np.any(np.all(complete >= row, axis=1) & np.any(complete > row, axis=1))) for row in complete
    ]
    return front
