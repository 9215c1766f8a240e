"""Many metrics or segments at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.errors import InvalidInput
from evalwright.stats.arrays import FloatArray, vector


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Adjusted p-values over the family that is shown; compare each with the false discovery rate you accept.

    Source: Benjamini & Hochberg 1995. The caller names the family: an adjustment without its family means nothing.
    """
    p = vector(p_values, "p_values")
    if p.size and (p.min() < 0.0 or p.max() > 1.0):
        raise InvalidInput("p_values must lie in [0, 1]")
    order = np.argsort(p)[::-1]
    scaled = p[order] * p.size / np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled))
    return adjusted
