"""When to send a request again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

RETRYABLE: Final = frozenset({429, 502, 503, 504})


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Returns the seconds of a ``Retry-After`` header; None when there is none that is a number."""
    text = headers.get("retry-after", "").strip()
    return float(text) if text.isdecimal() and len(text) < 8 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """Attempts after the first, with waits that double; a server's own wish goes before."""

    attempts: int = 4
    first_wait_s: float = 0.2
    longest_wait_s: float = 20.0

    def wait_s(self, attempt: int, wish_s: float | None) -> float | None:
        """Returns how long to wait before attempt number ``attempt`` (1: the first repeat), or None to give up."""
        if attempt > self.attempts or (wish_s is not None and wish_s > self.longest_wait_s):
            return None
        doubling = min(self.first_wait_s * 2.0 ** (attempt - 1), self.longest_wait_s)
        return max(wish_s or 0.0, doubling * random.uniform(0.5, 1.0))
