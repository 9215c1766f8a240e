"""Datasets. An item row lives from ``added_version`` until before ``removed_version``: a version costs its change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from evalwright.domain.dataset import ChangedDataset, Dataset, Item
from evalwright.domain.errors import Conflict, NotFound
from evalwright.domain.trace import Page
from evalwright.ports.records import NewItem
from evalwright.storage.records.changes import ItemWriter, chunks
from evalwright.storage.records.engine import Part
from evalwright.storage.records.names import checked_name
from evalwright.storage.records.paging import not_a_cursor, read_page
from evalwright.storage.records.tables import datasets, experiments, items


def _dataset(row: sa.Row[Any]) -> Dataset:
    return Dataset(**_fields(row))


def _fields(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "project": row.project,
        "name": row.name,
        "description": row.description,
        "version": row.version,
        "item_count": row.item_count,
        "created_ns": row.created_ns,
        "updated_ns": row.updated_ns,
    }


def _item(row: sa.Row[Any]) -> Item:
    held = row._mapping
    return Item(
        id=row.id,
        key=row.key,
        input=row.input,
        expected=row.expected,
        metadata=held["metadata"] or {},
        split=row.split,
        tags=tuple(row.tags),
        source_trace_id=row.source_trace_id,
        source_span_id=row.source_span_id,
    )


def items_of_version(dataset_id: str, version: int) -> sa.ColumnElement[bool]:
    """Holds for the item rows that a version shows."""
    return sa.and_(
        items.c.dataset_id == dataset_id, items.c.added_version <= version, items.c.removed_version > version
    )


def get_dataset(connection: sa.Connection, dataset_id: str, *, lock: bool = False) -> sa.Row[Any]:
    """Returns the row of a dataset; with ``lock`` no other writer changes it before the transaction ends.

    Raises:
        NotFound: no dataset has this id.
    """
    query = sa.select(datasets).where(datasets.c.id == dataset_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(f"there is no dataset {dataset_id!r}", hint="evalwright datasets list shows them")
    return row


def checked_version(dataset: sa.Row[Any], version: int) -> int:
    """Returns the version asked for, the newest for 0.

    Raises:
        NotFound: the dataset never had it.
    """
    if not 0 <= version <= dataset.version:
        raise NotFound(
            f"dataset {dataset.name!r} has no version {version}", hint=f"its newest version is {dataset.version}"
        )
    return version or int(dataset.version)


class SqlDatasets(Part):
    """Implements ``ports.records.DatasetStore``."""

    def create_dataset(self, project: str, name: str, description: str = "") -> Dataset:
        """Makes an empty dataset at version 0."""
        checked_name("dataset", name)
        dataset_id, now = self._new_id("dataset"), self._clock.now_ns()
        row = {"id": dataset_id, "project": project, "name": name, "description": description}
        try:
            with self._db.write() as connection:
                connection.execute(datasets.insert().values(**row, created_ns=now, updated_ns=now))
                return _dataset(get_dataset(connection, dataset_id))
        except IntegrityError as error:
            raise Conflict(
                f"project {project!r} already has a dataset {name!r}", hint="add items to it, or choose another name"
            ) from error

    def list_datasets(self, project: str, *, limit: int = 50, cursor: str = "") -> Page[Dataset]:
        """Returns datasets, newest first."""
        query = sa.select(datasets).where(datasets.c.project == project)
        keys = [datasets.c.created_ns, datasets.c.id]
        with self._db.read() as connection:
            return read_page(
                connection, query, keys, _dataset, kind="datasets", limit=limit, cursor=cursor, descending=True
            )

    def find_dataset(self, project: str, name_or_id: str) -> Dataset:
        """Returns the dataset with this id, else with this name."""
        same = (datasets.c.id == name_or_id) | (datasets.c.name == name_or_id)
        by_id_first = sa.case((datasets.c.id == name_or_id, 0), else_=1)
        query = sa.select(datasets).where(datasets.c.project == project, same).order_by(by_id_first).limit(1)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(
                f"there is no dataset {name_or_id!r} in project {project!r}",
                hint="evalwright datasets list shows them",
            )
        return _dataset(row)

    def add_items(self, dataset_id: str, new_items: Sequence[NewItem]) -> ChangedDataset:
        """Upserts by key in one new version; the same items again change nothing and keep the version."""
        with self._db.write() as connection:
            row = get_dataset(connection, dataset_id, lock=True)
            writer = ItemWriter(connection, row, self._clock.now_ns())
            counts = writer.add(new_items, self._new_id)
            return ChangedDataset(**_fields(get_dataset(connection, dataset_id)), **counts)

    def remove_items(self, dataset_id: str, keys: Sequence[str]) -> Dataset:
        """Leaves the items out of a new version; keys that are not there change nothing."""
        with self._db.write() as connection:
            row = get_dataset(connection, dataset_id, lock=True)
            ItemWriter(connection, row, self._clock.now_ns()).remove(keys)
            return _dataset(get_dataset(connection, dataset_id))

    def list_items(
        self, dataset_id: str, *, version: int = 0, split: str = "", limit: int = 100, cursor: str = ""
    ) -> Page[Item]:
        """Returns items of a version (0: newest) in order of addition; a changed item keeps its place."""
        # The cursor carries the version it began with, so that a write between pages does not mix two.
        pinned, _, inner = cursor.partition(".")
        if cursor and not inner:
            raise not_a_cursor(cursor)
        with self._db.read() as connection:
            asked = version or (int(pinned) if pinned.isdecimal() else 0)
            found = checked_version(get_dataset(connection, dataset_id), asked)
            query = sa.select(items).where(items_of_version(dataset_id, found))
            if split:
                query = query.where(items.c.split == split)
            kind = f"items of {dataset_id} {found} {split}"
            page = read_page(connection, query, [items.c.position], _item, kind=kind, limit=limit, cursor=inner)
        return Page(items=page.items, next_cursor=f"{found}.{page.next_cursor}" if page.next_cursor else "")

    def item_inputs(self, dataset_id: str, *, version: int, keys: Collection[str]) -> Mapping[str, Any]:
        """Returns the inputs of the items with these keys, however long the dataset is."""
        found: dict[str, Any] = {}
        with self._db.read() as connection:
            shown = items_of_version(dataset_id, version)
            for some in chunks(set(keys)):
                query = sa.select(items.c.key, items.c.input).where(shown, items.c.key.in_(some))
                found.update((key, given) for key, given in connection.execute(query))
        return found

    def delete_dataset(self, dataset_id: str) -> None:
        """Deletes a dataset with its items; refused while experiments refer to them."""
        with self._db.write() as connection:
            row = get_dataset(connection, dataset_id, lock=True)
            used = sa.select(experiments.c.name).where(experiments.c.dataset_id == dataset_id).limit(1)
            name = connection.execute(used).scalar_one_or_none()
            if name is not None:
                raise Conflict(
                    f"experiment {name!r} was run on dataset {row.name!r}", hint="delete its experiments first"
                )
            connection.execute(items.delete().where(items.c.dataset_id == dataset_id))
            connection.execute(datasets.delete().where(datasets.c.id == dataset_id))
