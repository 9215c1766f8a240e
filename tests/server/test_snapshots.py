"""Snapshots of a data folder: one at a time, nothing left behind, and nobody else may look."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from records import make_record_store

from evalwright.domain.errors import NotFound, StoreUnavailable
from evalwright.domain.span import Span
from evalwright.server.snapshots import Snapshots
from evalwright.storage.records import SqlRecordStore
from evalwright.storage.spans import FolderLock, SpanDatabase, embedded_span_store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "spool").mkdir(parents=True)
    (folder / "spool" / "0000000000000001.spool").write_bytes(b"waiting")
    (folder / "key-pepper").write_bytes(b"p" * 32)
    (folder / ".key-pepper.1.draft").write_bytes(b"draft")
    return folder


@pytest.fixture
def records(data: Path) -> Iterator[SqlRecordStore]:
    store = make_record_store(f"sqlite:///{data}/records.sqlite")
    store.open()
    yield store
    store.close()


@pytest.fixture
def spans(data: Path) -> Iterator[SpanDatabase]:
    store = embedded_span_store(data / "spans")
    store.open()
    store.write_spans([Span(project="p", trace_id="a" * 32, span_id="b" * 16, start_ns=1, end_ns=2)])
    yield store
    store.close()


@pytest.fixture
def snapshots(data: Path, spans: SpanDatabase, records: SqlRecordStore) -> Snapshots:
    numbers = count(1)
    return Snapshots(data, spans, records, lambda: f"sn_{next(numbers)}")


def folders(data: Path) -> list[str]:
    return sorted(each.name for each in (data / "snapshot").iterdir() if each.is_dir())


def test_a_snapshot_holds_all_that_is_kept_and_nothing_that_is_not(
    data: Path, snapshots: Snapshots, records: SqlRecordStore
) -> None:
    records.create_dataset("p", "golden")
    taken = data / "snapshot" / snapshots.take()
    assert sorted(each.name for each in taken.iterdir()) == ["key-pepper", "records.sqlite", "spans", "spool"]
    assert (taken / "spool" / "0000000000000001.spool").read_bytes() == b"waiting"
    with sqlite3.connect(taken / "records.sqlite") as copy:
        assert copy.execute("SELECT name FROM datasets").fetchall() == [("golden",)]
    copy.close()
    assert (data / "snapshot").stat().st_mode & 0o077 == taken.stat().st_mode & 0o077 == 0


def test_the_next_snapshot_replaces_the_last_and_dropping_leaves_none(data: Path, snapshots: Snapshots) -> None:
    snapshots.take()
    assert snapshots.take() == "sn_2"
    assert folders(data) == ["sn_2"]
    with pytest.raises(NotFound):
        snapshots.drop("sn_1")
    snapshots.drop("sn_2")
    assert folders(data) == []


def test_a_snapshot_that_fails_leaves_nothing(data: Path, snapshots: Snapshots, records: SqlRecordStore) -> None:
    records.close()
    (data / "records.sqlite").rename(data / "away")
    (data / "records.sqlite").mkdir()
    with pytest.raises(StoreUnavailable):
        snapshots.take()
    assert folders(data) == []


def test_a_start_removes_what_is_left_unless_somebody_copies_it(
    data: Path, snapshots: Snapshots, spans: SpanDatabase, records: SqlRecordStore
) -> None:
    snapshots.take()
    lock = FolderLock(data / "snapshot")
    lock.take()
    Snapshots(data, spans, records, lambda: "sn_9")
    assert folders(data) == ["sn_1"]
    lock.release()
    Snapshots(data, spans, records, lambda: "sn_9")
    assert folders(data) == []
