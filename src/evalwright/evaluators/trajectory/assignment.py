"""Maximum matching of two lists: as many pairs as can be, each element in one pair at most.

A pair either fits or does not, so the cost is 0 or 1 and the optimal assignment is a maximum bipartite matching.
Hopcroft and Karp (SIAM J. Comput. 2, 1973) find one in O(pairs * sqrt(elements)), without the cost matrix and the scipy
that a general assignment needs. Taking the first fit for each element in turn finds too few: where one reference fits
both calls and another only the first, it can spend the first call on the former and leave the latter unmatched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


def maximum_matching(fits: Sequence[Sequence[int]], size: int) -> list[int | None]:
    """Returns for each left element the right element it is paired with, or None.

    Args:
        fits: for each left element the right elements it may be paired with, the preferred first.
        size: how many right elements there are.

    Example:
        >>> maximum_matching([[0, 1], [0]], 2)
        [1, 0]
    """
    left: list[int | None] = [None] * len(fits)
    right: list[int | None] = [None] * size
    while True:
        layer = _layers(fits, left, right)
        grown = [_augment(start, fits, left, right, layer) for start, pair in enumerate(left) if pair is None]
        if not any(grown):
            return left


def _layers(fits: Sequence[Sequence[int]], left: Sequence[int | None], right: Sequence[int | None]) -> dict[int, int]:
    """Breadth first from the free left elements: how many pairs an alternating path needs to reach each."""
    layer = {start: 0 for start, pair in enumerate(left) if pair is None}
    queue = deque(layer)
    while queue:
        here = queue.popleft()
        for candidate in fits[here]:
            owner = right[candidate]
            if owner is not None and owner not in layer:
                layer[owner] = layer[here] + 1
                queue.append(owner)
    return layer


def _augment(
    start: int,
    fits: Sequence[Sequence[int]],
    left: list[int | None],
    right: list[int | None],
    layer: dict[int, int],
) -> bool:
    """Depth first along the layers to a free right element; swaps the pairs on the way. Keeps its own stack."""
    path: list[tuple[int, int]] = []
    waiting = [(start, iter(fits[start]))]
    while waiting:
        here, candidates = waiting[-1]
        candidate = next(candidates, None)
        if candidate is None:
            layer.pop(here, None)
            waiting.pop()
            del path[len(waiting) - 1 if waiting else 0 :]
            continue
        owner = right[candidate]
        if owner is None:
            for member, taken in [*path, (here, candidate)]:
                left[member], right[taken] = taken, member
            return True
        if layer.get(owner) == layer[here] + 1:
            path.append((here, candidate))
            waiting.append((owner, iter(fits[owner])))
    return False
