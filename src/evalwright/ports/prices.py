"""Prices of model calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts of one call; ``input_tokens`` includes cache, ``output_tokens`` includes reasoning."""

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


class Prices(Protocol):
    """Looks prices up; pure data, no network."""

    def price(self, *, model: str, provider: str, usage: Usage, at_ns: int) -> float | None:
        """USD of one call, or None for an unknown model or unusable counts. Never raises."""
        ...
