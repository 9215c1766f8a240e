"""Verdicts of judges kept in a file, so that the same question is paid for once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Outcome

DEFAULT: Final = Path(".evalwright") / "verdicts.sqlite"
MAX_BYTES: Final = 128 * 2**20
MAX_AGE_S: Final = 30 * 86_400.0
"""A model may change behind its name: what it said longer ago than this is asked for again."""

_BUSY_S: Final = 5.0
_WRITES_BETWEEN_PRUNINGS: Final = 500
_DAMAGED: Final = ".damaged"


class VerdictCache(MutableMapping[str, Outcome]):
    """Outcomes by content hash in one SQLite file; each is on disk once it is set. Close it, or use ``with``.

    Several processes may use one file. Over ``max_bytes`` the oldest verdicts go, over ``max_age_s`` any. A fault of
    the file after it was opened costs only what is kept: reading finds nothing, writing keeps nothing, ``faults``
    counts.
    """

    def __init__(
        self,
        path: str | Path = DEFAULT,
        *,
        max_bytes: int = MAX_BYTES,
        max_age_s: float = MAX_AGE_S,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """Opens the file, and makes it with its folder when it is not there.

        Raises:
            InvalidInput: the file cannot be opened, or is no such cache.
        """
        self.path = Path(path)
        self.faults = 0
        self._max_bytes, self._max_age_s, self._now_s = max_bytes, max_age_s, now_s
        self._writes = 0
        try:
            self._db = _opened(self.path)
        except (OSError, sqlite3.Error) as error:
            raise InvalidInput(
                f"cannot keep verdicts in {str(path)!r}: {error}", hint="give another file, or delete it"
            ) from error
        self._prune()

    @classmethod
    def at_hand(cls, path: str | Path = DEFAULT) -> Self:
        """Opens a cache nobody asked for by name: a damaged file is put aside, and a new one begun.

        Raises:
            InvalidInput: there is no place to keep it, such as a folder that cannot be written to.
        """
        place = Path(path)
        try:
            found = cls(place)
            if found._is_whole():
                return found
            found.close()
        except InvalidInput as error:
            if not isinstance(error.__cause__, sqlite3.DatabaseError) or not place.is_file():
                raise
        with suppress(OSError):
            place.replace(place.with_name(place.name + _DAMAGED))
            for tail in ("-wal", "-shm"):
                place.with_name(place.name + tail).unlink(missing_ok=True)
        return cls(place)

    def __getitem__(self, key: str) -> Outcome:
        row = self._asked("SELECT outcome FROM verdicts WHERE key = ? AND made >= ?", key, self._oldest_s())
        if row is None:
            raise KeyError(key)
        try:
            return msgspec.json.decode(row[0], type=Outcome)
        except msgspec.MsgspecError:
            raise KeyError(key) from None  # written by another version, or damaged: as good as not there

    def __setitem__(self, key: str, outcome: Outcome) -> None:
        body = msgspec.json.encode(outcome, enc_hook=repr)
        self._asked("INSERT OR REPLACE INTO verdicts (key, outcome, made) VALUES (?, ?, ?)", key, body, self._now_s())
        self._writes += 1
        if self._writes % _WRITES_BETWEEN_PRUNINGS == 0:
            self._prune()

    def __delitem__(self, key: str) -> None:
        if self._asked("DELETE FROM verdicts WHERE key = ? RETURNING key", key) is None:
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (row[0] for row in self._db.execute("SELECT key FROM verdicts WHERE made >= ?", (self._oldest_s(),)))

    def __len__(self) -> int:
        found = self._asked("SELECT count(*) FROM verdicts WHERE made >= ?", self._oldest_s())
        return int(found[0]) if found else 0

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _oldest_s(self) -> float:
        return self._now_s() - self._max_age_s

    def _asked(self, query: str, *parameters: object) -> tuple[bytes, ...] | None:
        try:
            found: tuple[bytes, ...] | None = self._db.execute(query, parameters).fetchone()
        except sqlite3.Error:
            self.faults += 1
            return None
        return found

    def _is_whole(self) -> bool:
        try:
            return bool(self._db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
        except sqlite3.Error:
            return False

    def _prune(self) -> None:
        """Deletes what is too old and, over the limit, the oldest of the rest, a tenth at a time."""
        try:
            self._db.execute("DELETE FROM verdicts WHERE made < ?", (self._oldest_s(),))
            while self._used_bytes() > self._max_bytes:
                tenth = "SELECT max(1, count(*) / 10) FROM verdicts"
                oldest = f"SELECT key FROM verdicts ORDER BY made LIMIT ({tenth})"  # noqa: S608 - constants
                if not self._db.execute(f"DELETE FROM verdicts WHERE key IN ({oldest})").rowcount:  # noqa: S608
                    break
            self._db.executescript("PRAGMA incremental_vacuum")  # `execute` would stop after the first page
        except sqlite3.Error:
            self.faults += 1

    def _used_bytes(self) -> int:
        pages, free, size = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)


def _opened(path: Path) -> sqlite3.Connection:
    """Returns a connection to a file that only its owner can read: verdicts quote what was judged."""
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.parent.name == DEFAULT.parent.name:
            (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    path.touch(mode=0o600)
    db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S, check_same_thread=False)
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    for _ in range(50):
        # Two processes that begin one file meet here, and this statement does not wait for its turn.
        with suppress(sqlite3.OperationalError):
            if db.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",):
                break
        time.sleep(0.02)
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA journal_size_limit = 4194304")
    db.execute("BEGIN IMMEDIATE")
    table = "CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, outcome BLOB NOT NULL, made REAL NOT NULL)"
    db.execute(table)
    if "made" not in {row[1] for row in db.execute("PRAGMA table_info(verdicts)")}:
        db.execute("ALTER TABLE verdicts ADD COLUMN made REAL NOT NULL DEFAULT 0")
    db.execute("CREATE INDEX IF NOT EXISTS verdicts_made ON verdicts (made)")
    db.execute("COMMIT")
