"""Record stores for tests: a clock that only tests move, ids that count."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from evalwright.domain.ids import make_id
from evalwright.storage.records import SqlRecordStore


@dataclass
class TestClock:
    """Now, one microsecond later at every look."""

    __test__ = False
    now: int = 1_790_000_000_000_000_000

    def now_ns(self) -> int:
        self.now += 1_000
        return self.now


@dataclass
class CountingIds:
    """Ids in order."""

    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __call__(self, noun: str) -> str:
        return make_id(noun, unix_ms=1_790_000_000_000, random_80_bits=next(self.numbers))


def make_record_store(url: str, clock: TestClock | None = None) -> SqlRecordStore:
    """Returns a store that is not open yet."""
    return SqlRecordStore(url, clock or TestClock(), CountingIds())
