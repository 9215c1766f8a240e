"""Probe reports."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from evalwright.domain.errors import NotFound
from evalwright.domain.probing import StoredProbe
from evalwright.domain.trace import Page
from evalwright.storage.records.engine import Part
from evalwright.storage.records.names import checked_name
from evalwright.storage.records.paging import read_page
from evalwright.storage.records.tables import probe_reports


def _probe(row: sa.Row[Any]) -> StoredProbe:
    return StoredProbe(**row._mapping)


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
        query = sa.select(probe_reports).where(probe_reports.c.project == project)
        if evaluator:
            query = query.where(probe_reports.c.evaluator == evaluator)
        if version:
            query = query.where(probe_reports.c.evaluator_version == version)
        keys = [probe_reports.c.created_ns, probe_reports.c.id]
        with self._db.read() as connection:
            return read_page(
                connection, query, keys, _probe, kind="probes", limit=limit, cursor=cursor, descending=True
            )

    def find_probe(self, project: str, probe_id: str) -> StoredProbe:
        """Returns one report.

        Raises:
            NotFound: there is none of this id in the project.
        """
        query = sa.select(probe_reports).where(probe_reports.c.project == project, probe_reports.c.id == probe_id)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(
                f"there is no probe report {probe_id!r} in project {project!r}",
                hint="`evalwright evaluators probes NAME` lists them",
            )
        return _probe(row)
