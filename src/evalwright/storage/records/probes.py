"""Probe reports."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Final

import sqlalchemy as sa

from evalwright.domain.probing import StoredProbe
from evalwright.domain.trace import Page
from evalwright.storage.records.engine import Part
from evalwright.storage.records.names import checked_name
from evalwright.storage.records.tables import probe_reports
from evalwright.storage.records.versions import KeptByVersion


def _probe(row: sa.Row[Any]) -> StoredProbe:
    return StoredProbe(**row._mapping)


_KEPT: Final = KeptByVersion(
    table=probe_reports,
    build=_probe,
    kind="probes",
    noun="probe report",
    hint="`evalwright evaluators probes NAME` lists them",
)


class SqlProbes(Part):
    """Implements ``ports.records.ProbeStore``."""

    def add_probe(self, probe: StoredProbe) -> StoredProbe:
        """Stores a report; id and time are the store's."""
        checked_name("evaluator", probe.evaluator)
        stored = replace(probe, id=self._new_id("probe"), created_ns=self._clock.now_ns())
        with self._db.write() as connection:
            connection.execute(probe_reports.insert().values(**asdict(stored)))
        return stored

    def list_probes(
        self, project: str, *, evaluator: str = "", version: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[StoredProbe]:
        """Returns a page, newest first."""
        return _KEPT.page(self._db, project, evaluator=evaluator, version=version, limit=limit, cursor=cursor)

    def find_probe(self, project: str, probe_id: str) -> StoredProbe:
        """Returns one report.

        Raises:
            NotFound: there is none of this id in the project.
        """
        return _KEPT.find(self._db, project, probe_id)
