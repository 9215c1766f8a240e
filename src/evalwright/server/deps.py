"""What the app is built from. ``serve`` fills it with the real parts, tests with in-memory ones."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from starlette.routing import BaseRoute

from evalwright.domain.content import SpanContent
from evalwright.domain.ids import make_id
from evalwright.domain.span import Span
from evalwright.ports.clock import Clock
from evalwright.ports.models import ChatModel
from evalwright.ports.records import RecordStore
from evalwright.ports.spans import SpanStore
from evalwright.server.auth import Authenticator
from evalwright.server.idempotency import IdempotencyCache
from evalwright.server.metrics import RequestCounts
from evalwright.server.outcomes import KnownOutcomes


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Unix time in nanoseconds."""
        return time.time_ns()


class IntakeCounts(Protocol):
    """What the app shows of intake."""

    def snapshot(self) -> Mapping[str, Any]:
        """Counts since start, by name."""
        ...

    def prometheus(self) -> str:
        """The same as Prometheus text."""
        ...


class SnapshotTaker(Protocol):
    """Makes copies of all data while the server runs."""

    def take(self) -> str:
        """Leaves a copy in the data folder and returns its name."""
        ...

    def drop(self, name: str) -> None:
        """Removes a copy; NotFound when there is none of that name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The settings routes need."""

    max_body_bytes: int = 64 * 2**20
    max_sql_rows: int = 10_000
    sql_timeout_s: float = 10.0
    worker_threads: int = 40
    default_project: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Everything the app reaches. Opened and closed by whoever made it, never by the app."""

    spans: SpanStore
    records: RecordStore
    clock: Clock
    authenticator: Authenticator
    idempotency: IdempotencyCache
    intake: IntakeCounts
    content: Callable[[Span], SpanContent]
    accepts: Callable[[], bool] = lambda: True
    check_room: Callable[[], None] = lambda: None
    snapshots: SnapshotTaker | None = None
    changes: Callable[[str], int | None] = lambda _: None
    otlp: Sequence[BaseRoute] = ()
    counts: RequestCounts = field(default_factory=RequestCounts)
    outcomes: KnownOutcomes = field(default_factory=KnownOutcomes)
    bounds: Bounds = field(default_factory=Bounds)
    allowed_hosts: frozenset[str] = frozenset()
    allowed_origins: frozenset[str] = frozenset()
    any_host: bool = False
    ui_dir: Path | None = None
    started_ns: int = 0
    open_model: Callable[[], AbstractAsyncContextManager[ChatModel]] | None = None

    def new_id(self, noun: str) -> str:
        """Returns a fresh id for a noun of ``domain.ids``."""
        return make_id(noun, unix_ms=self.clock.now_ns() // 1_000_000, random_80_bits=secrets.randbits(80))
