"""A mapping that remembers only its newest entries: what a long-lived process may hold of what passes through it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(OrderedDict[K, V], Generic[K, V]):
    """At most ``size`` entries of those that were remembered, the oldest first. Not thread-safe."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def remember(self, key: K, value: V) -> None:
        """Makes this the newest entry; over the size the oldest goes."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._size:
            self.popitem(last=False)
