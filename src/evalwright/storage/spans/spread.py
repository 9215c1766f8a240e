"""How the traces of a project lie in time: a hint, some seconds old at most, of where to look for the newest first."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from evalwright.domain.recent import Recent
from evalwright.storage.spans.codec import decode_rows
from evalwright.storage.spans.engine import POINT_READ, Engine
from evalwright.storage.spans.params import Binder

MAX_AGE_S: Final = 10.0
MAX_PROJECTS: Final = 1_000


class Spread(NamedTuple):
    """Start of the first and of the last span in nanoseconds, and the number of traces."""

    first: int
    last: int
    traces: int


class Spreads:
    """Reads spreads and remembers them for a while. Thread-safe."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._known: Recent[str, tuple[float, Spread]] = Recent(MAX_PROJECTS)

    def of(self, project: str) -> Spread:
        """Returns the spread of a project; of one without traces, zeros."""
        now = self._clock()
        with self._lock:
            read_at, spread = self._known.get(project, (now - MAX_AGE_S, None))
        if spread is None or now - read_at >= MAX_AGE_S:
            spread = self._read(project)
            if spread.traces:
                with self._lock:
                    self._known.remember(project, (now, spread))
        return spread

    def _read(self, project: str) -> Spread:
        binder = Binder()
        sql = (
            "SELECT min(first_ns) AS first, max(last_ns) AS last, count() AS traces FROM trace_index"
            f" WHERE project = {binder.bind(project)}"
        )
        (row,) = decode_rows(self._engine.query(sql, binder.params, settings=POINT_READ))
        return Spread(row["first"], row["last"], row["traces"])
