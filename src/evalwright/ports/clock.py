"""Time and randomness, as arguments."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Where now comes from."""

    def now_ns(self) -> int:
        """Unix time in nanoseconds."""
        ...
