"""The real API over real HTTP: records in SQLite, spans in memory."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

sys.path.insert(0, str(Path(__file__).resolve().parent / "ports"))

from collector import running_collector
from memory_spans import MemorySpanStore
from records import make_record_store

import evalwright as ew
from evalwright.domain.content import SpanContent
from evalwright.server.app import create_app
from evalwright.server.auth import Authenticator
from evalwright.server.deps import Deps, SystemClock
from evalwright.server.idempotency import IdempotencyCache
from evalwright.storage.records import SqlRecordStore


class _NoIntake:
    def snapshot(self) -> Mapping[str, Any]:
        return {"accepted_spans": 0}

    def prometheus(self) -> str:
        return ""


@dataclass
class LiveServer:
    """Where it listens, and what it writes to."""

    endpoint: str
    records: SqlRecordStore
    spans: MemorySpanStore


@contextmanager
def running_server(folder: Path) -> Iterator[LiveServer]:
    """Yields a server on a free port; it ends with the block."""
    clock = SystemClock()
    records = make_record_store(f"sqlite:///{folder}/records.db")
    records.open()
    spans = MemorySpanStore()
    deps = Deps(
        spans=spans,
        records=records,
        clock=clock,
        authenticator=Authenticator(records, clock, b"p" * 32, open_locally=True),
        idempotency=IdempotencyCache(clock, max_entries=1000),
        intake=_NoIntake(),
        content=lambda span: SpanContent(),
        started_ns=clock.now_ns(),
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(deps), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield LiveServer(f"http://127.0.0.1:{listener.getsockname()[1]}", records, spans)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
        records.close()


@contextmanager
def server_of_traced_trials(folder: Path) -> Iterator[LiveServer]:
    """Yields a server while this program traces its trials.

    The spans go to a collector: the server has no door for them, and FastAPI traces itself once a tracer provider is
    set, so that spans sent to it would make spans without end.
    """
    with running_collector() as collector, running_server(folder) as live:
        ew.init("elsewhere", endpoint=collector.endpoint, interval_s=0.05)
        try:
            yield live
        finally:
            ew.shutdown()
