"""Connections: one transaction per call on SQLite or PostgreSQL, and their failures in our words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql, sqlite

from evalwright.domain.errors import InvalidInput, StoreUnavailable
from evalwright.ports.clock import Clock

_WRITE: Final = "evalwright_write"
_SQLITE_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000")
_CHECKED_BYTES: Final = 64 * 2**20
_MIGRATION_LOCK: Final = 0x6576616C  # one number every process that migrates agrees on


def _make_engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError as error:
        raise InvalidInput("the records URL is not a database URL", hint=_URL_HINT) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite_engine(parsed)
    if backend != "postgresql":
        raise InvalidInput(f"records cannot live in {backend!r}", hint=_URL_HINT)
    try:
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=24,
            connect_args={"connect_timeout": 5, "application_name": "evalwright"},
        )
    except ModuleNotFoundError as error:
        raise StoreUnavailable(
            "the PostgreSQL driver is not installed", hint="pip install 'evalwright[cluster]'"
        ) from error


_URL_HINT: Final = "use sqlite:////path/to/records.db or postgresql://user:password@host/database"


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise InvalidInput("records in SQLite need a file", hint=_URL_HINT)
    engine = sa.create_engine(url, pool_size=8, max_overflow=24)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver must not open transactions by itself: it would do so late, and only for some statements.
        connection.isolation_level = None
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A writer that starts as a reader cannot wait for its turn: SQLite answers "locked" at once.
        writes = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except exc.IntegrityError:
        raise
    except (exc.DBAPIError, exc.TimeoutError, UnicodeDecodeError) as error:
        raise StoreUnavailable(
            f"the record store failed: {_first_line(error)}", hint="see whether its disk or server is well, then retry"
        ) from error


def _first_line(error: Exception) -> str:
    """Returns the driver's message without SQL and parameters, which may hold what users sent."""
    if isinstance(error, exc.TimeoutError):
        return "no connection was free in time"
    if isinstance(error, UnicodeDecodeError):  # what sqlite3 raises for text it finds broken
        return "it holds broken text"
    origin = error.orig if isinstance(error, exc.DBAPIError) else error
    return str(origin).strip().partition("\n")[0]


class Database:
    """One engine. Thread-safe; connections open lazily."""

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)

    @property
    def is_sqlite(self) -> bool:
        """True on SQLite, false on PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with _translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that commits on leaving, and rolls back when the block raises."""
        with _translated(), self.engine.execution_options(**{_WRITE: True}).begin() as connection:
            yield connection

    def prepare(self, migrate: Callable[[sa.Connection], None]) -> None:
        """Checks the file, then runs the migration in one transaction that no second process can enter."""
        if self.is_sqlite:
            self._check_file()
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            migrate(connection)

    def copy_to(self, path: Path) -> None:
        """Leaves a consistent copy of an SQLite file at ``path`` while others read and write.

        Raises:
            InvalidInput: the records are on a server, which has tools of its own.
            StoreUnavailable: the copy could not be written.
        """
        if not self.is_sqlite:
            raise InvalidInput("the records are not kept in a file", hint="back them up with their own tools")
        try:
            with (
                contextlib.closing(self.engine.raw_connection()) as source,
                contextlib.closing(sqlite3.connect(path)) as copy,
            ):
                cast(sqlite3.Connection, source.driver_connection).backup(copy)
        except (sqlite3.Error, exc.TimeoutError) as error:
            raise StoreUnavailable(f"cannot copy the records: {error}", hint="the records are untouched") from error

    def close(self) -> None:
        """Closes idle connections; a later call opens new ones."""
        self.engine.dispose()

    def _check_file(self) -> None:
        path = Path(self.engine.url.database or "")
        hint = f"restore {path} from a backup, or move it away to start with empty records"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.engine.connect() as connection:
                faults = _faults(connection, path)
        except (exc.DBAPIError, UnicodeDecodeError, OSError) as error:
            raise StoreUnavailable(f"the record file cannot be opened: {_first_line(error)}", hint=hint) from error
        if faults:
            raise StoreUnavailable(f"the record file is damaged: {faults}", hint=hint)


def _faults(connection: sa.Connection, path: Path) -> str:
    """Returns the first fault SQLite finds; files over 64 MiB are only measured, so that start stays quick."""
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    size = pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    if size > _CHECKED_BYTES:
        wal = path.with_name(path.name + "-wal")
        cut = path.stat().st_size < size and not wal.exists()
        return "it is shorter than it says" if cut else ""
    answer = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    return "" if answer == "ok" else answer


Upsert = postgresql.Insert | sqlite.Insert


def upsert(connection: sa.Connection, table: sa.Table) -> Upsert:
    """Returns an INSERT that knows ``on_conflict_do_update`` in the connection's dialect."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


@dataclass(frozen=True, slots=True)
class Context:
    """What each part of the store works with."""

    database: Database
    clock: Clock
    new_id: Callable[[str], str]


class Part:
    """One noun's share of the store."""

    def __init__(self, context: Context) -> None:
        self._db = context.database
        self._clock = context.clock
        self._new_id = context.new_id
