"""Verdicts kept in a file, so that a second run asks only for what is new."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Outcome

DEFAULT: Final = Path(".evalwright") / "verdicts.sqlite"


class VerdictCache(MutableMapping[str, Outcome]):
    """Outcomes by content hash in one SQLite file; each is on disk once it is set. Close it, or use ``with``."""

    def __init__(self, path: str | Path = DEFAULT) -> None:
        """Opens the file, and makes it with its folder when it is not there.

        Raises:
            InvalidInput: the file cannot be opened, or is no such cache.
        """
        self._path = Path(path)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self._path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, outcome BLOB NOT NULL)")
        except (OSError, sqlite3.Error) as error:
            raise InvalidInput(
                f"cannot keep verdicts in {str(path)!r}: {error}", hint="give another file, or delete it"
            ) from error

    def __getitem__(self, key: str) -> Outcome:
        row = self._db.execute("SELECT outcome FROM verdicts WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        try:
            return msgspec.json.decode(row[0], type=Outcome)
        except msgspec.MsgspecError:
            raise KeyError(key) from None  # written by another version: as good as not there

    def __setitem__(self, key: str, outcome: Outcome) -> None:
        body = msgspec.json.encode(outcome, enc_hook=repr)
        self._db.execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?)", (key, body))

    def __delitem__(self, key: str) -> None:
        if not self._db.execute("DELETE FROM verdicts WHERE key = ?", (key,)).rowcount:
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (row[0] for row in self._db.execute("SELECT key FROM verdicts"))

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM verdicts").fetchone()[0])

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
