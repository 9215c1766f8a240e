"""Reads of full spans: lists by filter, and the spans of one trace."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalwright.domain.span import Span
from evalwright.domain.trace import Page
from evalwright.ports.spans import ListQuery
from evalwright.storage.spans.compile import SpanCompiler, span_column
from evalwright.storage.spans.engine import Engine
from evalwright.storage.spans.log_events import LogEvents
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.select import Listing, fetch, in_window, recent_first
from evalwright.storage.spans.span_rows import READ_COLUMNS, decode_span
from evalwright.storage.spans.spread import Spreads
from evalwright.storage.spans.summaries import Bounds, bounds_sql, find_bounds

_IDS: Final = ("trace_id", "span_id")


def _numeric(name: str) -> tuple[str, type]:
    return f"ifNull(toFloat64({span_column(name)}), -1.)", float


_SORTS: Final[Mapping[str, tuple[str, type]]] = {
    "start_time": ("start_ns", int),
    "end_time": ("end_ns", int),
    **{
        name: _numeric(name)
        for name in ("latency_ms", "ttft_ms", "cost", "input_tokens", "output_tokens", "total_tokens")
    },
}


def list_spans(engine: Engine, query: ListQuery, spreads: Spreads, events: LogEvents) -> Page[Span]:
    """Returns a page of spans: their places first, from light columns, then the payloads of that page only."""
    listing = Listing("spans", query, _SORTS, ids=2)
    rows = recent_first(spreads, query, listing, lambda narrowed: _places(engine, narrowed, listing))
    found = _read_places(engine, events, query.project, rows[: listing.limit])
    items = [found[row["trace_id"], row["span_id"]] for row in rows[: listing.limit] if _place(row) in found]
    return Page(items=items, next_cursor=listing.next_cursor(rows, ("sort_key", *_IDS)))


def _places(engine: Engine, query: ListQuery, listing: Listing) -> list[dict[str, Any]]:
    binder = Binder()
    sort = listing.sort
    sql = (
        f"SELECT trace_id, span_id, start_ns, {sort.expression} AS sort_key FROM span_rows FINAL"
        f" WHERE {span_conditions(query, listing, binder)} AND {sort.after(listing.place, _IDS, binder)}"
        f" {sort.order_by(_IDS)} LIMIT {listing.limit + 1}"
    )
    return list(fetch(engine, sql, binder))


def span_conditions(query: ListQuery, listing: Listing, binder: Binder) -> str:
    """Returns the condition over ``span_rows`` of a list request, cursor apart."""
    project = binder.bind(query.project)
    condition = SpanCompiler(binder, project).compile(listing.node) if listing.node else "1"
    return f"project = {project} AND {in_window(query.window, 'start_ns', binder)} AND {condition}"


def trace_spans(
    engine: Engine,
    events: LogEvents,
    project: str,
    trace_id: str,
    span_ids: Sequence[str] = (),
    bounds: Bounds | None = None,
) -> Sequence[Span]:
    """Returns full spans of one trace in start order; ``bounds`` are looked up unless given."""
    binder = Binder()
    bounds = bounds or find_bounds(engine, project, [trace_id])
    sql = (
        f"SELECT {', '.join(READ_COLUMNS)} FROM span_rows FINAL"
        f" {bounds_sql(binder, project, [trace_id], bounds, span_ids)} ORDER BY start_ns, span_id"
    )

    def read() -> list[Span]:
        return [decode_span(row) for row in fetch(engine, sql, binder)]

    return events.joined(project, [trace_id], span_ids, bounds, read)


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["trace_id"], row["span_id"]


def _read_places(
    engine: Engine, events: LogEvents, project: str, rows: Sequence[Mapping[str, Any]]
) -> Mapping[tuple[str, str], Span]:
    if not rows:
        return {}
    binder = Binder()
    traces, ids = sorted({row["trace_id"] for row in rows}), sorted({row["span_id"] for row in rows})
    starts = [row["start_ns"] for row in rows]
    sql = (
        f"SELECT {', '.join(READ_COLUMNS)} FROM span_rows FINAL PREWHERE project = {binder.bind(project)}"
        f" AND trace_id IN {binder.bind(traces)} AND span_id IN {binder.bind(ids)}"
        f" WHERE start_ns IN {binder.bind(starts)}"
    )

    def read() -> list[Span]:
        return [decode_span(row) for row in fetch(engine, sql, binder)]

    spans = events.joined(project, traces, ids, Bounds(min(starts), max(starts)), read)
    return {(span.trace_id, span.span_id): span for span in spans}
