"""Stores and spans for the tests of the span store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evalwright.domain.span import Span, SpanKind
from evalwright.storage.spans import SpanDatabase, embedded_span_store
from evalwright.storage.spans.clickhouse import ClickHouseEngine

HOUR = 3_600 * 10**9
START = 1_790_000_000 * 10**9
FRONT = Path(__file__).with_name("clickhouse_front.py")


def trace_of(number: int) -> str:
    return f"{number:032x}"


def make_span(
    number: int, *, trace: int = 1, parent: int = 0, start: int = START, ms: int = 1_000, **fields: Any
) -> Span:
    given: dict[str, Any] = {
        "project": "p",
        "trace_id": trace_of(trace),
        "span_id": f"{number:016x}",
        "parent_span_id": f"{parent:016x}" if parent else "",
        "name": f"step {number}",
        "kind": SpanKind.LLM,
        "start_ns": start,
        "end_ns": start + ms * 10**6,
    }
    return Span(**{**given, **fields})


@contextmanager
def clickhouse_front(folder: Path) -> Iterator[str]:
    """Yields the URL of a front over chDB in a process of its own."""
    command = [sys.executable, str(FRONT), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/default"
        finally:
            process.kill()


@contextmanager
def opened_store(kind: str, folder: Path, **options: Any) -> Iterator[SpanDatabase]:
    """Yields an open store: ``chdb``, or ``clickhouse`` over the front."""
    if kind == "chdb":
        store = embedded_span_store(folder, **options)
        store.open()
        try:
            yield store
        finally:
            store.close()
        return
    with clickhouse_front(folder) as url:
        store = SpanDatabase(ClickHouseEngine(url, compress=False), **options)
        store.open()
        try:
            yield store
        finally:
            store.close()
