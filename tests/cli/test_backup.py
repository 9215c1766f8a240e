"""Backups: whole or not at all, and nothing is ever overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalwright.cli.main import main
from evalwright.storage.spans import FolderLock


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the shape the server leaves, links and all."""
    monkeypatch.delenv("EVALWRIGHT_CONFIG", raising=False)
    monkeypatch.setenv("EVALWRIGHT_ENDPOINT", "http://127.0.0.1:9")  # and not a server this machine happens to run
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data"
    store = folder / "spans" / "chdb" / "store" / "a1"
    store.mkdir(parents=True)
    (store / "part.bin").write_bytes(b"spans" * 1000)
    (folder / "spans" / "chdb" / "default").symlink_to("store/a1")
    (folder / "spool").mkdir()
    (folder / "records.sqlite").write_bytes(b"records")
    return folder


def test_a_backup_comes_back_with_its_links_and_empty_folders(data: Path, tmp_path: Path) -> None:
    saved, again = tmp_path / "saved", tmp_path / "again"
    assert main(["backup", str(saved), "--data", str(data)]) == 0
    assert main(["restore", str(saved), "--data", str(again)]) == 0
    assert (again / "spans/chdb/default/part.bin").read_bytes() == b"spans" * 1000
    assert (again / "spans/chdb/default").readlink() == Path("store/a1")
    assert (again / "spool").is_dir()
    assert (again.stat().st_mode & 0o077, saved.stat().st_mode & 0o077) == (0, 0)


def test_a_folder_that_a_server_holds_is_not_copied(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = FolderLock(data / "spans")
    lock.take()
    try:
        assert main(["backup", str(tmp_path / "saved"), "--data", str(data)]) == 3
    finally:
        lock.release()
    assert "stop it first" in capsys.readouterr().err
    assert not (tmp_path / "saved").exists()


@pytest.mark.parametrize("where", ["saved", "data/inside"])
def test_a_backup_needs_a_new_folder_outside_the_data(data: Path, tmp_path: Path, where: str) -> None:
    (tmp_path / "saved").mkdir()
    assert main(["backup", str(tmp_path / where), "--data", str(data)]) == 2
    assert list((tmp_path / "saved").iterdir()) == []


def cut(saved: Path) -> None:
    (saved / "data" / "records.sqlite").write_bytes(b"record")


def lose(saved: Path) -> None:
    (saved / "data" / "records.sqlite").unlink()


def add(saved: Path) -> None:
    (saved / "data" / "stray").write_bytes(b"")


def unlist(saved: Path) -> None:
    (saved / "evalwright-backup.json").unlink()


def from_the_future(saved: Path) -> None:
    (saved / "evalwright-backup.json").write_text(json.dumps({"format": 99, "files": []}))


@pytest.mark.parametrize("damage", [cut, lose, add, unlist, from_the_future])
def test_a_damaged_backup_is_refused_and_leaves_nothing_behind(
    data: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    assert main(["backup", str(tmp_path / "saved"), "--data", str(data)]) == 0
    damage(tmp_path / "saved")
    assert main(["restore", str(tmp_path / "saved"), "--data", str(tmp_path / "again")]) == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "saved"]


def test_a_restore_never_overwrites_data(data: Path, tmp_path: Path) -> None:
    assert main(["backup", str(tmp_path / "saved"), "--data", str(data)]) == 0
    assert main(["restore", str(tmp_path / "saved"), "--data", str(data)]) == 2
    assert (data / "records.sqlite").read_bytes() == b"records"


def test_stores_on_servers_are_backed_up_by_their_own_tools(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVALWRIGHT_SPANS_URL", "clickhouse://me:very-secret@host:8123/db")
    assert main(["backup", str(tmp_path / "saved"), "--data", str(data)]) == 2
    assert "very-secret" not in capsys.readouterr().err
