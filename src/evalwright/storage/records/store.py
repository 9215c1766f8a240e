"""The record store: every noun over one database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evalwright.ports.clock import Clock
from evalwright.storage.records.cards import SqlCards
from evalwright.storage.records.datasets import SqlDatasets
from evalwright.storage.records.engine import Context, Database
from evalwright.storage.records.evaluators import SqlEvaluators
from evalwright.storage.records.experiments import SqlExperiments
from evalwright.storage.records.keys import SqlKeys
from evalwright.storage.records.migrate import migrate
from evalwright.storage.records.probes import SqlProbes
from evalwright.storage.records.views import SqlViews


class SqlRecordStore(SqlKeys, SqlEvaluators, SqlDatasets, SqlExperiments, SqlCards, SqlProbes, SqlViews):
    """Implements ``ports.records.RecordStore`` on SQLite or PostgreSQL.

    Args:
        url: ``sqlite:////path/records.db`` or ``postgresql://user:password@host/database``.
        clock: where now comes from.
        new_id: makes an id for a noun of ``domain.ids.PREFIXES``.
    """

    def __init__(self, url: str, clock: Clock, new_id: Callable[[str], str]) -> None:
        super().__init__(Context(Database(url), clock, new_id))

    def open(self) -> None:
        """Checks the file, and brings the schema to head.

        Raises:
            StoreUnavailable: the file is damaged, the server away, or the schema newer than this program.
        """
        self._db.prepare(migrate)

    def copy_to(self, path: Path) -> None:
        """Leaves a consistent copy of the SQLite file at ``path``; see ``Database.copy_to``."""
        self._db.copy_to(path)

    def close(self) -> None:
        """Closes connections. Safe to call twice."""
        self._db.close()
