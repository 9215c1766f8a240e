"""What is kept about one version of an evaluator: read by project, evaluator and version, newest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from evalwright.domain.errors import NotFound
from evalwright.domain.trace import Page
from evalwright.storage.records.engine import Database
from evalwright.storage.records.paging import read_page

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptByVersion(Generic[T]):
    """Reads of such a table. ``kind`` names its cursors; ``noun`` and ``hint`` speak of an id that is not there."""

    table: sa.Table
    build: Callable[[sa.Row[Any]], T]
    kind: str
    noun: str
    hint: str

    def page(
        self, database: Database, project: str, *, evaluator: str, version: str, limit: int, cursor: str
    ) -> Page[T]:
        """Returns a page, newest first; an empty ``evaluator`` or ``version`` stands for all."""
        columns = self.table.c
        query = sa.select(self.table).where(columns.project == project)
        if evaluator:
            query = query.where(columns.evaluator == evaluator)
        if version:
            query = query.where(columns.evaluator_version == version)
        keys = [columns.created_ns, columns.id]
        with database.read() as connection:
            return read_page(
                connection, query, keys, self.build, kind=self.kind, limit=limit, cursor=cursor, descending=True
            )

    def find(self, database: Database, project: str, kept_id: str) -> T:
        """Returns the one of this id.

        Raises:
            NotFound: the project has none.
        """
        query = sa.select(self.table).where(self.table.c.project == project, self.table.c.id == kept_id)
        with database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"there is no {self.noun} {kept_id!r} in project {project!r}", hint=self.hint)
        return self.build(row)
