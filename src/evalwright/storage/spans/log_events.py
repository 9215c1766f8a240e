"""Events of spans that arrived as log records, read for all spans of an answer at once."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from evalwright.domain.span import Span, SpanEvent
from evalwright.semconv import event_of_log, with_log_events
from evalwright.storage.spans.codec import clamp_int64, decode_mapping
from evalwright.storage.spans.engine import POINT_READ, Engine
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.schema import HOUR_NS
from evalwright.storage.spans.select import fetch
from evalwright.storage.spans.summaries import Bounds

MOST_EVENTS: Final = 1_000
"""Events that are joined to one span; of more, the first."""

_COLUMNS: Final = "trace_id, span_id, time_ns, event_name, body, attributes, dedupe_key"
_EARLY: Final = HOUR_NS
_LATE: Final = 24 * HOUR_NS
"""How far from the starts of spans their events are looked for: clocks differ, and spans last."""

Place = tuple[str, str]
"""Trace and span id."""


class LogEvents:
    """Events of spans that arrived as log records.

    Of a store that only this process writes to it knows when there are none at all, and asks no more.
    """

    def __init__(self, engine: Engine, *, alone: bool) -> None:
        self._engine = engine
        self._alone = alone
        self._written = self._none_before = False

    def note_written(self) -> None:
        """To be called before log records are written."""
        self._written = True

    def joined(
        self,
        project: str,
        traces: Sequence[str],
        ids: Sequence[str],
        bounds: Bounds,
        read: Callable[[], list[Span]],
    ) -> list[Span]:
        """Returns the spans that ``read`` reads with their events that arrived as logs: one lookup, made meanwhile.

        ``traces`` and ``ids`` say which spans those are (no ids: all of the traces), ``bounds`` when they start.
        """
        if self._has_none():
            return read()
        with ThreadPoolExecutor(1) as beside:
            lookup = beside.submit(_read, self._engine, project, traces, ids, bounds)
            spans = read()
            reported = lookup.result()
        if not reported:
            return spans
        return [with_log_events(span, reported.get((span.trace_id, span.span_id), ())) for span in spans]

    def _has_none(self) -> bool:
        if not self._alone or self._written:
            return False
        if not self._none_before:
            self._none_before = not self._engine.query("SELECT 1 FROM log_rows LIMIT 1", {})
        return self._none_before and not self._written


def _read(
    engine: Engine, project: str, traces: Sequence[str], ids: Sequence[str], bounds: Bounds
) -> Mapping[Place, Sequence[SpanEvent]]:
    binder = Binder()
    only = f" AND span_id IN {binder.bind(list(ids))}" if ids else ""
    first, last = clamp_int64(bounds.first_ns - _EARLY), clamp_int64(bounds.last_ns + _LATE)
    # Equal rows are dropped here, not by FINAL: that would read the bodies of all rows around to tell them apart.
    sql = (
        f"SELECT * EXCEPT dedupe_key FROM (SELECT {_COLUMNS} FROM log_rows WHERE project = {binder.bind(project)}"
        f" AND time_ns >= {binder.bind(first)} AND time_ns <= {binder.bind(last)}"
        f" AND trace_id IN {binder.bind(list(traces))}{only} AND span_id != '' AND event_name != ''"
        " ORDER BY time_ns, dedupe_key LIMIT 1 BY dedupe_key)"
        f" ORDER BY time_ns, dedupe_key LIMIT {MOST_EVENTS} BY trace_id, span_id"
    )
    found: dict[Place, list[SpanEvent]] = defaultdict(list)
    for row in fetch(engine, sql, binder, POINT_READ):
        event = event_of_log(row["time_ns"], row["event_name"], row["body"], decode_mapping(row["attributes"]))
        found[row["trace_id"], row["span_id"]].append(event)
    return found
