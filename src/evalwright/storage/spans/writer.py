"""Durable, idempotent writes.

The sort key of a span holds its start hour, so a redelivery in the same hour replaces by itself. One whose start moved
to another hour would be stored twice; the writer finds those through the trace index and hides the older copy with a
tombstone in the same insert.
"""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, TypeAlias

from evalwright.domain.score import Score
from evalwright.domain.span import Span
from evalwright.storage.spans import score_rows
from evalwright.storage.spans.codec import decode_rows, encode, encode_text, optional_int64
from evalwright.storage.spans.engine import Engine
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.schema import HOUR_NS
from evalwright.storage.spans.span_rows import WRITE_COLUMNS, Tombstone, encode_spans, version_of

Key: TypeAlias = tuple[str, str, str]

LOG_COLUMNS: Final = (
    "project", "time_ns", "observed_ns", "trace_id", "span_id", "session_id", "event_name", "severity", "body",
    "attributes", "resource", "scope_name", "dedupe_key",
)  # fmt: skip
METRIC_COLUMNS: Final = (
    "project", "time_ns", "start_ns", "name", "type", "unit", "temporality", "monotonic", "value", "count", "sum",
    "buckets", "attributes", "resource", "scope_name", "dedupe_key",
)  # fmt: skip
_JSON_TEXT: Final = frozenset(("attributes", "resource", "buckets", "body"))
_INTEGERS: Final = frozenset(("time_ns", "observed_ns", "start_ns", "count"))


class Writer:
    """The writing half of the store. Span batches take turns, so that looking and inserting are one step."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()

    def write_spans(self, spans: Sequence[Span]) -> None:
        """Upserts a batch on (project, trace_id, span_id); durable on return."""
        newest = _newest(spans)
        if not newest:
            return
        with self._turn:
            stale = self._moved(newest)
            if not newest:
                return
            rows = encode_spans(list(newest.values()), stale)
            self._engine.insert("span_rows", WRITE_COLUMNS, rows, fmt="Native")

    def write_scores(self, scores: Sequence[Score]) -> None:
        """Upserts scores on (project, id); a score keeps its target: with another trace it is another score."""
        newest = {(score.project, score.id): score for score in sorted(scores, key=attrgetter("created_ns"))}
        self._insert("score_rows", score_rows.COLUMNS, map(score_rows.encode_score, newest.values()))

    def write_logs(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Appends log records, one per ``dedupe_key``."""
        self._insert("log_rows", LOG_COLUMNS, (_encode_row(row, LOG_COLUMNS) for row in rows))

    def write_metrics(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Appends metric points, one per ``dedupe_key``."""
        self._insert("metric_rows", METRIC_COLUMNS, (_encode_row(row, METRIC_COLUMNS) for row in rows))

    def _insert(self, table: str, columns: Sequence[str], rows: Iterable[bytes]) -> None:
        data = b"\n".join(rows)
        if data:
            self._engine.insert(table, columns, [data])

    def _moved(self, newest: dict[Key, Span]) -> list[Tombstone]:
        """Returns tombstones for copies in other hours; drops from ``newest`` what is older than its copy."""
        suspects = self._suspects(newest)
        if not suspects:
            return []
        tombstones = []
        for row in self._copies(suspects):
            key = (row["project"], row["trace_id"], row["span_id"])
            span = newest.get(key)
            if span is None or row["start_ns"] // HOUR_NS == span.start_ns // HOUR_NS:
                continue
            if row["version"] > version_of(span):
                del newest[key]
            else:
                tombstones.append(Tombstone(*key, row["start_ns"], version_of(span)))
        return tombstones

    def _suspects(self, newest: dict[Key, Span]) -> list[Span]:
        """Spans of traces that are known to reach into another hour than the span's."""
        binder = Binder()
        traces = binder.bind(sorted({key[1] for key in newest}))
        sql = (
            "SELECT project, trace_id, min(first_ns) AS first, max(last_ns) AS last FROM trace_index"
            f" WHERE trace_id IN {traces} GROUP BY project, trace_id"
        )
        known = {
            (row["project"], row["trace_id"]): (row["first"] // HOUR_NS, row["last"] // HOUR_NS)
            for row in decode_rows(self._engine.query(sql, binder.params))
        }
        if not known:
            return []
        found = []
        for span in newest.values():
            hour = span.start_ns // HOUR_NS
            if known.get((span.project, span.trace_id), (hour, hour)) != (hour, hour):
                found.append(span)
        return found

    def _copies(self, suspects: Sequence[Span]) -> Iterable[dict[str, Any]]:
        binder = Binder()
        traces = binder.bind(sorted({span.trace_id for span in suspects}))
        spans = binder.bind(sorted({span.span_id for span in suspects}))
        sql = (
            "SELECT project, trace_id, span_id, start_ns, version FROM span_rows FINAL"
            f" WHERE trace_id IN {traces} AND span_id IN {spans} AND start_ns >="
            f" (SELECT min(first_ns) FROM trace_index WHERE trace_id IN {traces})"
        )
        return decode_rows(self._engine.query(sql, binder.params))


def _newest(spans: Sequence[Span]) -> dict[Key, Span]:
    newest: dict[Key, Span] = {}
    for span in spans:
        key = (span.project, span.trace_id, span.span_id)
        rival = newest.get(key)
        if rival is None or version_of(span) >= version_of(rival):
            newest[key] = span
    return newest


def _encode_row(row: Mapping[str, Any], columns: Sequence[str]) -> bytes:
    return encode({name: _plain(name, row[name]) for name in columns if row.get(name) is not None})


def _plain(name: str, value: Any) -> Any:
    if name in _INTEGERS:
        return optional_int64(value)
    if name in _JSON_TEXT and not isinstance(value, str):
        return encode_text(value)
    return int(value) if name == "monotonic" else value
