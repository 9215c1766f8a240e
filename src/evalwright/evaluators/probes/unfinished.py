"""Answers of a probe run, kept until it has a report and no longer."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from evalwright.domain.evaluator import Outcome


class Unfinished(MutableMapping[str, Outcome]):
    """A part of a cache that belongs to one run: what was stopped goes on, what is finished is asked anew.

    A probe measures how a judge answers when it is asked: answers of a finished run would make drift and noise vanish.
    """

    def __init__(self, inner: MutableMapping[str, Outcome]) -> None:
        self._inner = inner
        self._mine: set[str] = set()
        self._missing: set[str] = set()
        self.resumed = 0
        """Answers that an earlier, unfinished run had given already."""

    def __getitem__(self, key: str) -> Outcome:
        try:
            found = self._inner[key]
        except KeyError:
            self._missing.add(key)
            raise
        self.resumed += key not in self._mine
        self._mine.add(key)
        return found

    def __setitem__(self, key: str, outcome: Outcome) -> None:
        self._inner[key] = outcome
        self._mine.add(key)
        self._missing.discard(key)

    def __delitem__(self, key: str) -> None:
        del self._inner[key]
        self._mine.discard(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._inner)

    def __len__(self) -> int:
        return len(self._inner)

    def finish(self) -> None:
        """Forgets the answers of this run, unless some are missing because the judge failed: those are asked again."""
        if self._missing:
            return
        for key in self._mine:
            self._inner.pop(key, None)
        self._mine.clear()
