"""The longest run of pairs that keeps the order of both sides."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def longest_alignment(fits: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Returns pairs (left, right), both rising, as many as can be (Hunt and Szymanski 1977).

    Args:
        fits: for each left element the right elements it may be paired with, rising.

    Example:
        >>> longest_alignment([[1], [0], [2]])
        [(0, 1), (2, 2)]
    """
    ends: list[int] = []
    chains: list[tuple[int, int, int | None]] = []
    last: list[int] = []
    for left, rights in enumerate(fits):
        for right in reversed(rights):
            length = bisect_left(ends, right)
            chains.append((left, right, last[length - 1] if length else None))
            ends[length : length + 1] = [right]
            last[length : length + 1] = [len(chains) - 1]
    return _unwind(chains, last[-1] if last else None)


def _unwind(chains: Sequence[tuple[int, int, int | None]], at: int | None) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    while at is not None:
        left, right, at = chains[at]
        pairs.append((left, right))
    return pairs[::-1]
