"""What every list query shares: the project, the window, the sort order, the place after a cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evalwright.domain.errors import InvalidInput
from evalwright.filters import Node, parse
from evalwright.ports.spans import ListQuery, Window
from evalwright.storage.spans.codec import decode_rows, encode
from evalwright.storage.spans.cursor import make_cursor, read_cursor
from evalwright.storage.spans.engine import Engine, Settings
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.spread import Spreads

MAX_LIMIT = 1_000
_FIRST_LOOK_NS = 10 * 10**9
_FIRST_LOOK_PAGES = 8
_LOOKS = 3
_LEAST_WIDER, _MOST_WIDER = 8, 240


def fetch(engine: Engine, sql: str, binder: Binder, settings: Settings | None = None) -> Iterator[dict[str, Any]]:
    """Runs ``sql`` and yields its rows."""
    return decode_rows(engine.query(sql, binder.params, settings=settings))


@dataclass(frozen=True, slots=True)
class Sort:
    """A resolved sort: ``expression`` is SQL of this package and never NULL; ids break ties in the same direction."""

    expression: str
    kind: type
    descending: bool

    @property
    def direction(self) -> str:
        """``DESC`` or ``ASC``."""
        return "DESC" if self.descending else "ASC"

    def after(self, place: Sequence[str | int | float] | None, ids: Sequence[str], binder: Binder) -> str:
        """Returns the condition for rows after ``place``."""
        if place is None:
            return "1"
        first = float(place[0]) if self.kind is float else int(place[0])
        bound = ", ".join([binder.bind(first), *(binder.bind(str(value)) for value in place[1:])])
        return f"({', '.join([self.expression, *ids])}) {'<' if self.descending else '>'} ({bound})"

    def order_by(self, ids: Sequence[str]) -> str:
        """Returns the ORDER BY clause."""
        return "ORDER BY " + ", ".join(f"{column} {self.direction}" for column in (self.expression, *ids))


def resolve_sort(text: str, allowed: Mapping[str, tuple[str, type]]) -> Sort:
    """Returns the sort ``text`` asks for.

    Raises:
        InvalidInput: not one of ``allowed``.
    """
    name = text.removeprefix("-")
    if name not in allowed:
        raise InvalidInput(f"cannot sort by {name!r}", hint=f"sort by one of {', '.join(allowed)}")
    expression, kind = allowed[name]
    return Sort(expression, kind, text.startswith("-"))


def check_limit(limit: int, most: int = MAX_LIMIT) -> int:
    """Returns ``limit`` if it is at least 1 and no more than ``most``, else raises InvalidInput."""
    if not 1 <= limit <= most:
        raise InvalidInput(f"limit is {limit}", hint=f"ask for 1 to {most}")
    return limit


def in_window(window: Window, column: str, binder: Binder) -> str:
    """Returns the condition that ``column`` lies in ``window``."""
    conditions = []
    if window.start_ns is not None:
        conditions.append(f"{column} >= {binder.bind(window.start_ns)}")
    if window.end_ns is not None:
        conditions.append(f"{column} < {binder.bind(window.end_ns)}")
    return " AND ".join(conditions) or "1"


def recent_first(
    spreads: Spreads, query: ListQuery, listing: Listing, read: Callable[[ListQuery], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Returns the rows of ``read``, tried on recent windows before all of time if the newest are wanted.

    A full page of a recent window is the page: nothing older can belong to it. The first window would hold some pages
    of traces were they spread evenly; how many rows a window held says how much wider the next has to be.
    """
    sort, window = listing.sort, query.window
    if not (sort.descending and sort.expression in {"start_ns", "first_ns"}) or window.start_ns is not None:
        return read(query)
    known = spreads.of(query.project)
    until = int(listing.place[0]) if listing.place else min(known.last, window.end_ns or known.last)
    share = _FIRST_LOOK_PAGES * listing.limit / max(1, known.traces)
    length = max(_FIRST_LOOK_NS, int((known.last - known.first) * min(1.0, share)))
    for _ in range(_LOOKS):
        if until - length <= known.first:
            break
        rows = read(replace(query, window=Window(start_ns=max(0, until - length), end_ns=window.end_ns)))
        if len(rows) > listing.limit:
            return rows
        length *= min(_MOST_WIDER, max(_LEAST_WIDER, 4 * listing.limit // len(rows))) if rows else _MOST_WIDER
    return read(query)


class Listing:
    """A list request made ready: parsed filter, resolved sort, decoded cursor, and the way to make the next one."""

    def __init__(self, noun: str, query: ListQuery, sorts: Mapping[str, tuple[str, type]], ids: int) -> None:
        self.limit = check_limit(query.limit)
        self.node: Node | None = parse(query.filter)
        self.sort = resolve_sort(query.sort, sorts)
        window = query.window
        self._key = encode([noun, query.project, query.filter, query.sort, window.start_ns, window.end_ns]).decode()
        self.place = read_cursor(self._key, query.cursor, (self.sort.kind, *[str] * ids))

    def next_cursor(self, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
        """Returns the cursor after row ``limit`` of ``rows``, which hold one more when there is a next page."""
        if len(rows) <= self.limit:
            return ""
        last = rows[self.limit - 1]
        return make_cursor(self._key, [last[name] for name in names])
