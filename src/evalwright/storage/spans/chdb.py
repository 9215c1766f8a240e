"""The embedded engine: ClickHouse as a library, one folder, one process."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from evalwright.domain.errors import EvalwrightError, StoreUnavailable
from evalwright.storage.spans.engine import (
    INSERT_SETTINGS,
    READ_SETTINGS,
    Params,
    Settings,
    inline_settings,
    translate,
)
from evalwright.storage.spans.lock import FolderLock
from evalwright.storage.spans.params import encode_param

READERS: Final = 4
_MERGE_NICENESS: Final = 19
_ROWS_KEPT: Final = 32 << 20
LOG: Final = logging.getLogger(__name__)
_STARTUP: Final = {
    "background_pool_size": 2,
    "background_schedule_pool_size": 2,
    "background_schedule_pool_initial_size": 2,
    "mark_cache_size": 64 << 20,
    "primary_index_cache_size": 64 << 20,
    "index_mark_cache_size": 32 << 20,
    "text_index_tokens_cache_size": 16 << 20,
    "text_index_header_cache_size": 16 << 20,
    "text_index_postings_cache_size": 16 << 20,
    "compiled_expression_cache_size": 8 << 20,
    "query_condition_cache_size": 1 << 20,
}


class ChdbEngine:
    """chDB over a folder. Reads run on a few connections of their own, beside one for writing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FolderLock(folder)
        self._writer: Any = None
        self._readers: list[Any] = []
        self._free = threading.Condition()
        self._idle: list[Any] = []
        self._write_lock = threading.Lock()
        self._rows = _RowsFile()
        self._merges_yield = False

    @property
    def name(self) -> str:
        """``chdb``."""
        return "chdb"

    def open(self) -> None:
        """Takes the folder's lock and connects.

        Raises:
            StoreUnavailable: another process holds the folder, or it cannot be opened.
        """
        self._lock.take()
        try:
            self._writer = self._connect(INSERT_SETTINGS)
            reading = {**READ_SETTINGS, **_threads()}
            self._readers = [self._connect(reading) for _ in range(READERS)]
            self._idle = list(self._readers)
            self._tell_of_damage()
        except Exception as error:
            self._lock.release()
            raise translate(error) from error

    def close(self) -> None:
        """Waits for running queries, closes the connections and frees the folder."""
        with self._write_lock, self._free:
            self._free.wait_for(lambda: len(self._idle) == len(self._readers))
            connections = [*self._readers, self._writer]
            self._readers, self._idle, self._writer = [], [], None
            self._free.notify_all()
        for connection in connections:
            if connection is not None:
                connection.close()
        self._rows.trim(0)
        self._lock.release()

    def command(self, sql: str) -> None:
        """Runs a statement on the writing connection."""
        with self._writing() as connection:
            connection.query(sql, "Null")

    def query(self, sql: str, params: Params, *, fmt: str = "JSONEachRow", settings: Settings | None = None) -> bytes:
        """Runs one SELECT on a free reading connection."""
        text = sql + inline_settings(settings) if settings else sql
        with self._reading() as connection:
            try:
                return bytes(connection.query(text, fmt, params=_encode(params)).bytes())
            except Exception:
                _rinse(connection)
                raise

    def stream(self, sql: str, params: Params, *, fmt: str, settings: Settings | None = None) -> Iterator[bytes]:
        """Yields the answer block by block; holds a reading connection until exhausted or closed."""
        text = sql + inline_settings(settings) if settings else sql
        with self._reading() as connection:
            result = connection.send_query(text, fmt, params=_encode(params))
            with contextlib.closing(result):
                for piece in result:
                    yield bytes(piece.bytes())

    def insert(self, table: str, columns: Sequence[str], data: Sequence[bytes], *, fmt: str = "JSONEachRow") -> None:
        """Inserts and fsyncs one block of rows; inserts take turns.

        The rows go through a file in memory and one INSERT, which answers for the commit too: chDB's own streaming
        insert reports rows as written that a full disk has refused.
        """
        with self._writing() as connection:
            infile = f"FROM INFILE '{self._rows.fill(data)}' COMPRESSION 'none' FORMAT {fmt}"
            connection.query(f"INSERT INTO {table} ({', '.join(columns)}) {infile}", "Null")
            self._rows.trim(_ROWS_KEPT)
            if not self._merges_yield:  # the engine starts those threads with its first table
                _let_merges_yield()
                self._merges_yield = True

    def _tell_of_damage(self) -> None:
        """Says which rows are missing because their files were damaged; the engine sets those aside without a word."""
        sql = (
            "SELECT table, count(), any(path) FROM system.detached_parts"
            " WHERE startsWith(reason, 'broken') GROUP BY table ORDER BY table FORMAT TSV"
        )
        for line in bytes(self._writer.query(sql, "TSV").bytes()).decode().splitlines():
            table, parts, example = line.split("\t")
            LOG.warning(
                "%s damaged part(s) of %r were set aside, the rows in them are missing: restore a backup to have them"
                " again, or delete what is like %r to be told no more",
                parts,
                table,
                example,
            )

    def _connect(self, settings: Mapping[str, str | int]) -> Any:
        from chdb.session import Session

        arguments = "&".join(f"{name}={value}" for name, value in _STARTUP.items())
        session: Any = Session(f"{self._folder / 'chdb'}?{arguments}")  # type: ignore[no-untyped-call]
        session.query(inline_settings(settings).replace(" SETTINGS ", "SET "), "Null")
        return session

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Any]:
        with self._write_lock, _translated():
            if self._writer is None:
                raise _closed()
            yield self._writer

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Any]:
        with self._free:
            self._free.wait_for(lambda: bool(self._idle) or not self._readers)
            if not self._readers:
                raise _closed()
            connection = self._idle.pop()
        try:
            with _translated():
                yield connection
        finally:
            with self._free:
                self._idle.append(connection)
                self._free.notify_all()


class _RowsFile:
    """What inserts are read from: a file in memory or, where the system has none, one without a name on disk.

    It is kept from one insert to the next: making its pages and clearing them costs as much as filling them.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    def fill(self, data: Sequence[bytes]) -> str:
        """Puts ``data`` in the place of what was there; returns the path that reads it."""
        if self._file is None:
            self._file = _nameless_file()
        self._file.seek(0)
        self._file.writelines(data)
        self._file.truncate()
        self._file.seek(0)
        return f"/dev/fd/{self._file.fileno()}"

    def trim(self, kept: int) -> None:
        """Gives the file up if it holds ``kept`` bytes or more."""
        if self._file is not None and os.fstat(self._file.fileno()).st_size >= kept:
            self._file.close()
            self._file = None


def _threads() -> Settings:
    """Returns as many threads as cores this process may use; the engine counts those of the machine."""
    cores = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else cores
    return {"max_threads": usable} if usable < cores else {}


def _nameless_file() -> IO[bytes]:
    return os.fdopen(os.memfd_create("rows"), "w+b") if sys.platform == "linux" else tempfile.TemporaryFile()


def _let_merges_yield() -> None:
    """Gives the engine's merging threads a low priority: on a busy machine requests go first, merges catch up later.

    Linux counts priority by thread. The engine itself slows inserts down when merges fall far behind.
    """
    for task in Path("/proc/self/task").glob("*"):
        with contextlib.suppress(OSError):
            if (task / "comm").read_text().startswith("MergeMutate"):
                os.setpriority(os.PRIO_PROCESS, int(task.name), _MERGE_NICENESS)


def _rinse(connection: Any) -> None:
    """Throws away what a failed query had written already.

    chDB keeps those bytes and would put them before the answer to the next query of the connection, whoever asked it.
    """
    connection.query("SELECT 1", "Null")


def _encode(params: Params) -> dict[str, str]:
    return {name: encode_param(value) for name, value in params.items()}


def _closed() -> StoreUnavailable:
    return StoreUnavailable("the span store is closed")


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except EvalwrightError:
        raise
    except (RuntimeError, OSError, ValueError) as error:
        raise translate(error) from error
