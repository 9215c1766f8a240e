"""What every estimator does to its input first: finite float vectors, dense cluster codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalwright.domain.errors import InvalidInput

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
Labels: TypeAlias = Sequence[Any] | NDArray[Any]


def vector(values: ArrayLike, name: str = "values") -> FloatArray:
    """One-dimensional float array; refuses NaN and infinity, which would spread silently through every mean."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise InvalidInput(f"{name} must be one-dimensional, got {array.ndim} dimensions")
    if not np.isfinite(array).all():
        raise InvalidInput(f"{name} must be finite", hint="drop missing values first and count them as skipped")
    return array


def unit_vector(values: ArrayLike, name: str = "values") -> FloatArray:
    """Like ``vector`` for scores that must lie in [0, 1]."""
    array = vector(values, name)
    if array.size and (array.min() < 0.0 or array.max() > 1.0):
        raise InvalidInput(f"{name} must lie in [0, 1], got {array.min()!r} to {array.max()!r}")
    return array


def same_length(first: FloatArray, second: FloatArray, names: str) -> None:
    """Refuse vectors that cannot be paired element by element."""
    if first.size != second.size:
        raise InvalidInput(f"{names} must have one length, got {first.size} and {second.size}")


def cluster_codes(clusters: Labels | None, size: int) -> tuple[IntArray, int]:
    """Codes 0..C-1 per observation and the number of clusters; without clusters each observation is its own."""
    if clusters is None:
        return np.arange(size, dtype=np.int64), size
    if len(clusters) != size:
        raise InvalidInput(f"clusters must name one cluster per value, got {len(clusters)} for {size}")
    names, codes = np.unique(np.asarray(clusters), return_inverse=True)
    return codes.astype(np.int64), int(names.size)


def is_binary(array: FloatArray) -> bool:
    """Whether every value is exactly 0 or 1."""
    return bool(np.isin(array, (0.0, 1.0)).all())
