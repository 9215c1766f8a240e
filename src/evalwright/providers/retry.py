"""When a failed attempt is worth another, and after how long."""

from __future__ import annotations

import math
import random
from email.utils import parsedate_to_datetime
from typing import Final

RETRIABLE: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""HTTP statuses that a later attempt may not meet again."""

SLOW_DOWN: Final = frozenset({429, 503, 529})
"""Those that ask for fewer calls."""


def retry_after_s(header: str | None, *, now_s: float) -> float | None:
    """Returns the wait a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date); None when unusable."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - now_s
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def backoff_s(attempt: int, *, base_s: float, cap_s: float, rng: random.Random) -> float:
    """Returns an exponential wait with full jitter, so that clients refused together do not come back together."""
    return rng.uniform(0.0, min(cap_s, base_s * 2.0**attempt))
