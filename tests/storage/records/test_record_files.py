"""Files that are damaged, servers that are away, URLs that are wrong: an answer with a hint, never a traceback."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from records import make_record_store

from evalwright.domain.errors import InvalidInput, StoreUnavailable
from evalwright.ports.records import NewItem
from evalwright.storage.records import SqlRecordStore


def store_at(path: Path) -> SqlRecordStore:
    return make_record_store(f"sqlite:///{path}")


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("healthy") / "records.db"
    store = store_at(path)
    store.open()
    dataset = store.create_dataset("p", "golden")
    store.add_items(dataset.id, [NewItem(key=f"k{n}", input="x" * 400) for n in range(200)])
    store.close()
    return path


def test_a_file_that_is_no_database_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.write_text("this is a shopping list, not a database\n" * 100)
    store = store_at(path)
    with pytest.raises(StoreUnavailable, match="not a database") as caught:
        store.open()
    assert "backup" in caught.value.hint
    store.close()


@given(share=st.floats(0, 1))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_cut_anywhere_opens_whole_or_is_refused(healthy: Path, tmp_path: Path, share: float) -> None:
    path = tmp_path / "cut.db"
    for left in tmp_path.glob("cut.db*"):
        left.unlink()
    whole = healthy.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    store = store_at(path)
    try:
        store.open()
        found = [held.item_count for held in store.list_datasets("p").items]
        assert found == ([] if share == 0 or int(len(whole) * share) == 0 else [200])
    except StoreUnavailable:
        event("refused")
    finally:
        store.close()


@given(where=st.floats(0, 0.999), junk=st.binary(min_size=1, max_size=64))
@settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_file_with_junk_anywhere_never_gives_a_bare_traceback(
    healthy: Path, tmp_path: Path, where: float, junk: bytes
) -> None:
    path = tmp_path / "junk.db"
    for left in tmp_path.glob("junk.db*"):
        left.unlink()
    data = bytearray(healthy.read_bytes())
    start = int(len(data) * where)
    data[start : start + len(junk)] = junk
    path.write_bytes(data)
    store = store_at(path)
    try:
        store.open()
        for dataset in store.list_datasets("p").items:
            store.list_items(dataset.id, limit=1000)
    except StoreUnavailable:
        event("refused")
    finally:
        store.close()


def test_a_folder_that_does_not_exist_is_made(tmp_path: Path) -> None:
    store = store_at(tmp_path / "new" / "folder" / "records.db")
    store.open()
    assert store.list_keys() == []
    store.close()


def test_a_path_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = store_at(tmp_path / "file" / "records.db")
    with pytest.raises(StoreUnavailable):
        store.open()


def test_a_write_lock_held_elsewhere_is_unavailable_not_a_crash(
    healthy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalwright.storage.records import engine

    monkeypatch.setattr(engine, "_SQLITE_PRAGMAS", ("busy_timeout=50",))
    path = tmp_path / "locked.db"
    shutil.copy(healthy, path)
    store = store_at(path)
    store.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked") as caught:
        store.create_dataset("p", "second")
    assert caught.value.retry_after_s > 0
    other.execute("ROLLBACK")
    other.close()
    assert store.create_dataset("p", "second").name == "second"
    store.close()


def test_a_commit_survives_power_loss_and_references_are_checked(healthy: Path) -> None:
    store = store_at(healthy)
    with store._db.read() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        assert found == ["wal", 2]
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "sqlite3:///x"])
def test_a_url_records_cannot_live_at_is_refused_with_examples(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_record_store(url)
    assert "postgresql://" in caught.value.hint


def test_a_server_that_is_away_is_unavailable_and_its_password_stays_secret() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        store = make_record_store(f"postgresql://someone:hunter2@127.0.0.1:{port}/records")
        with pytest.raises(StoreUnavailable) as caught:
            store.open()
    assert "hunter2" not in str(caught.value)
    store.close()
