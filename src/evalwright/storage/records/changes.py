"""Writing items: what really changed becomes one new version, in a handful of statements."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from evalwright.domain.errors import InvalidInput
from evalwright.ports.records import NewItem
from evalwright.storage.records.names import MAX_NAME
from evalwright.storage.records.tables import OPEN, clean_text, datasets, items, to_json

_CHUNK: Final = 2_000  # SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535


def chunks(values: Collection[str]) -> Iterator[list[str]]:
    """Yields the values in lists short enough to be parameters of one statement."""
    ordered = list(values)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def _hash(*parts: Any) -> str:
    return hashlib.sha256(to_json(parts, canonical=True).encode()).hexdigest()[:32]


def _row_of(item: NewItem) -> dict[str, Any]:
    """Returns the columns an item decides."""
    if len(item.key) > MAX_NAME:
        raise InvalidInput(f"an item key has {len(item.key)} characters", hint=f"use at most {MAX_NAME}")
    content = {
        "input": item.input,
        "expected": item.expected,
        "metadata": dict(item.metadata or {}),
        "split": clean_text(item.split),
        "tags": list(item.tags),
        "source_trace_id": item.source_trace_id,
        "source_span_id": item.source_span_id,
    }
    return {"key": clean_text(item.key) or _hash(item.input), "content_hash": _hash(content), **content}


def _last_by_key(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in rows}


class ItemWriter:
    """Makes the next version of one dataset, inside one transaction that holds the dataset's lock."""

    def __init__(self, connection: sa.Connection, dataset: sa.Row[Any], now_ns: int) -> None:
        self._connection = connection
        self._dataset = dataset
        self._version = dataset.version + 1
        self._now_ns = now_ns

    def add(self, new_items: Sequence[NewItem], new_id: Callable[[str], str]) -> Mapping[str, Any]:
        """Upserts by key; of equal keys in one call the last counts. Changed items keep id and position.

        Returns the counts of ``ChangedDataset``.
        """
        wanted = _last_by_key(map(_row_of, new_items))
        held = self._held(wanted)
        changed = [key for key, row in wanted.items() if key in held and held[key].content_hash != row["content_hash"]]
        added = [key for key in wanted if key not in held]
        self._close(changed)
        rows = [{**wanted[key], "id": held[key].id, "position": held[key].position} for key in changed]
        first = self._dataset.next_position
        rows += [{**wanted[key], "id": new_id("item"), "position": first + n} for n, key in enumerate(added)]
        if rows:
            fixed = {"dataset_id": self._dataset.id, "added_version": self._version, "removed_version": OPEN}
            self._connection.execute(items.insert(), [{**row, **fixed} for row in rows])
            self._bump(len(added), next_position=first + len(added))
        return {
            "given": len(new_items),
            "added": len(added),
            "changed": len(changed),
            "unchanged": len(wanted) - len(added) - len(changed),
            "repeated": len(new_items) - len(wanted),
        }

    def remove(self, keys: Sequence[str]) -> None:
        """Takes items out; unknown keys are passed over."""
        held = self._held({clean_text(key): {} for key in keys})
        self._close(list(held))
        if held:
            self._bump(-len(held), next_position=self._dataset.next_position)

    def _newest(self, keys: list[str]) -> sa.ColumnElement[bool]:
        return sa.and_(items.c.dataset_id == self._dataset.id, items.c.removed_version == OPEN, items.c.key.in_(keys))

    def _held(self, wanted: Collection[str]) -> dict[str, Any]:
        columns = sa.select(items.c.key, items.c.id, items.c.position, items.c.content_hash)
        found: dict[str, Any] = {}
        for keys in chunks(wanted):
            rows = self._connection.execute(columns.where(self._newest(keys))).all()
            found.update({row.key: row for row in rows})
        return found

    def _close(self, gone: list[str]) -> None:
        for keys in chunks(gone):
            self._connection.execute(items.update().where(self._newest(keys)).values(removed_version=self._version))

    def _bump(self, growth: int, *, next_position: int) -> None:
        self._connection.execute(
            datasets.update()
            .where(datasets.c.id == self._dataset.id)
            .values(
                version=self._version,
                item_count=self._dataset.item_count + growth,
                next_position=next_position,
                updated_ns=self._now_ns,
            )
        )
