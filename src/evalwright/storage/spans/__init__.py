"""Spans, scores, logs and metrics in chDB or ClickHouse: one schema, one SQL, two engines."""

from __future__ import annotations

from pathlib import Path

from evalwright.storage.spans.chdb import ChdbEngine
from evalwright.storage.spans.clickhouse import ClickHouseEngine
from evalwright.storage.spans.lock import FolderLock
from evalwright.storage.spans.store import SpanDatabase
from evalwright.storage.spans.views import RecordRows

__all__ = ["FolderLock", "RecordRows", "SpanDatabase", "clickhouse_span_store", "embedded_span_store"]


def embedded_span_store(folder: Path, *, record_rows: RecordRows | None = None) -> SpanDatabase:
    """Returns the store that keeps everything in ``folder``, which one process owns at a time. Call ``open`` on it."""
    return SpanDatabase(ChdbEngine(folder), record_rows=record_rows, folder=folder)


def clickhouse_span_store(url: str, *, record_rows: RecordRows | None = None) -> SpanDatabase:
    """Returns the store on a ClickHouse server, ``http(s)://user:password@host:port/database``. Call ``open`` on it."""
    return SpanDatabase(ClickHouseEngine(url), record_rows=record_rows)
