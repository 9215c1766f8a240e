"""Snapshots of the data folder while the server runs: what ``evalwright backup`` copies from.

A snapshot lies inside the data folder, on the same disk, and consists of links wherever files never change. One exists
at a time; the next one, or the next start, removes it.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from evalwright.domain.errors import EvalwrightError, NotFound, StoreUnavailable
from evalwright.storage.records import SqlRecordStore
from evalwright.storage.spans import FolderLock, SpanDatabase

FOLDER: Final = "snapshot"
"""Under the data folder; the lock in it is held by whoever copies from a snapshot."""

_STORES: Final = frozenset({FOLDER, "spans", "spool", "records.sqlite", "records.sqlite-wal", "records.sqlite-shm"})


class Snapshots:
    """Takes and drops the snapshot of one data folder. Thread-safe; one at a time."""

    def __init__(self, data: Path, spans: SpanDatabase, records: SqlRecordStore, new_id: Callable[[], str]) -> None:
        """Removes what a run that was killed has left, unless someone is still copying it."""
        self._data = data
        self._home = data / FOLDER
        self._spans = spans
        self._records = records
        self._new_id = new_id
        self._turn = threading.Lock()
        if self._home.is_dir():
            self._clear_unless_read()

    def take(self) -> str:
        """Leaves everything that was acknowledged before the call in a new folder, and returns its name.

        What is copied first may be written on meanwhile; the order makes that harmless. A request leaves the spool only
        once it is in the store, so the spool comes before the spans; a trial is recorded only once its scores are
        stored, so the records come before them too.

        Raises:
            StoreUnavailable: the disk or a store refused; nothing is lost and nothing of it is left.
        """
        with self._turn:
            self._clear()
            name = self._new_id()
            folder = self._home / name
            try:
                self._home.mkdir(exist_ok=True, mode=0o700)
                folder.mkdir(mode=0o700)
                self._link_spool(folder / "spool")
                self._copy_rest(folder)
                self._records.copy_to(folder / "records.sqlite")
                self._spans.snapshot(folder / "spans")
            except OSError as error:
                self._clear()
                raise StoreUnavailable(f"cannot take a snapshot: {error.strerror}", hint="is the disk full?") from error
            except EvalwrightError:
                self._clear()
                raise
            return name

    def drop(self, name: str) -> None:
        """Removes the snapshot.

        Raises:
            NotFound: there is none of that name.
        """
        with self._turn:
            if name not in self._names():
                raise NotFound(f"there is no snapshot {name!r}")
            shutil.rmtree(self._home / name, ignore_errors=True)

    def _names(self) -> list[str]:
        return [each.name for each in self._home.iterdir() if each.is_dir()] if self._home.is_dir() else []

    def _clear(self) -> None:
        for name in self._names():
            shutil.rmtree(self._home / name, ignore_errors=True)

    def _clear_unless_read(self) -> None:
        lock = FolderLock(self._home)
        try:
            lock.take()
        except StoreUnavailable:
            return
        self._clear()
        lock.release()

    def _link_spool(self, to: Path) -> None:
        to.mkdir(mode=0o700)
        spool = self._data / "spool"
        for file in sorted(spool.iterdir()) if spool.is_dir() else ():
            try:
                os.link(file, to / file.name)
            except FileNotFoundError:  # replayed a moment ago: it is in the store
                continue

    def _copy_rest(self, to: Path) -> None:
        for each in self._data.iterdir():
            if each.name in _STORES or each.name.startswith("."):
                continue
            if each.is_dir():
                shutil.copytree(each, to / each.name, symlinks=True)
            else:
                shutil.copy2(each, to / each.name, follow_symlinks=False)
