"""How often each project was written to: what tells a reader that nothing is new."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

MAX_PROJECTS: Final = 10_000


class ChangeCounts:
    """Counts writes by project, in bounded memory. Thread-safe; counts only grow."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._floor = 0

    def of(self, project: str) -> int:
        """Returns the count of one project."""
        with self._lock:
            return self._counts.get(project, self._floor)

    @contextmanager
    def noted(self, projects: Iterable[str]) -> Iterator[None]:
        """Counts when the block ends, even by an error: what it wrote by then may be seen, and never is before."""
        try:
            yield
        finally:
            self._add(set(projects))

    def _add(self, projects: set[str]) -> None:
        with self._lock:
            if len(self._counts) + len(projects) > MAX_PROJECTS:
                # Forgotten projects look changed, which costs their readers one look.
                self._floor = 1 + max((self._floor, *self._counts.values()))
                self._counts.clear()
            for project in projects:
                self._counts[project] = self._counts.get(project, self._floor) + 1
