"""Keyset paging: a cursor names the last row seen, so that writes between pages neither repeat nor skip rows."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from evalwright.domain.errors import InvalidInput
from evalwright.domain.trace import Page

T = TypeVar("T")

MAX_LIMIT: Final = 10_000


def encode_cursor(kind: str, values: Sequence[Any]) -> str:
    """Returns an opaque cursor that only ``decode_cursor`` of the same ``kind`` takes."""
    return base64.urlsafe_b64encode(json.dumps([kind, *values]).encode()).decode().rstrip("=")


def not_a_cursor(cursor: str) -> InvalidInput:
    """Returns the error for text that no page of this list gave out."""
    return InvalidInput(f"{cursor!r} is not a cursor of this list", hint="leave cursor out to start anew")


def decode_cursor(cursor: str, kind: str, types: Sequence[type]) -> tuple[Any, ...]:
    """Returns the values of a cursor.

    Raises:
        InvalidInput: it is not a cursor, or one of another list.
    """
    try:
        held = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        held = None
    fits = isinstance(held, list) and len(held) == len(types) + 1 and held[0] == kind
    if not fits or any(type(value) is not wanted for value, wanted in zip(held[1:], types, strict=True)):
        raise not_a_cursor(cursor)
    return tuple(held[1:])


def read_page(
    connection: sa.Connection,
    query: sa.Select[Any],
    keys: Sequence[sa.Column[Any]],
    build: Callable[[sa.Row[Any]], T],
    *,
    kind: str,
    limit: int,
    cursor: str,
    descending: bool = False,
) -> Page[T]:
    """Reads one page of ``query`` in the order of ``keys``, which must be unique together.

    Args:
        connection: where to read.
        query: the rows, unordered; must select ``keys``.
        keys: the order.
        build: makes a result of a row.
        kind: name of the list; cursors of other lists are refused.
        limit: rows on a page.
        cursor: ``next_cursor`` of the page before, or empty.
        descending: largest first.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"limit {limit} is out of range", hint=f"use 1 to {MAX_LIMIT}")
    if cursor:
        last = sa.tuple_(*(sa.literal(v) for v in decode_cursor(cursor, kind, [key.type.python_type for key in keys])))
        query = query.where(sa.tuple_(*keys) < last if descending else sa.tuple_(*keys) > last)
    order = [key.desc() if descending else key.asc() for key in keys]
    rows = connection.execute(query.order_by(*order).limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    next_cursor = encode_cursor(kind, [rows[-1]._mapping[key] for key in keys]) if more else ""
    return Page(items=[build(row) for row in rows], next_cursor=next_cursor)
