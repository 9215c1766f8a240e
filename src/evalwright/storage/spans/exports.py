"""Streams every match of a query; memory holds one block at a time."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal

from evalwright.filters import parse
from evalwright.ports.spans import ListQuery
from evalwright.storage.spans.compile import SpanCompiler
from evalwright.storage.spans.engine import Engine, Settings
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.select import in_window
from evalwright.storage.spans.views import SCORE_VIEW_COLUMNS, SPAN_VIEW_COLUMNS

_FORMATS: Final = {"arrow": "ArrowStream", "jsonl": "JSONEachRow"}
_SETTINGS: Final[Settings] = {
    "date_time_output_format": "iso",
    "max_execution_time": 0,
    "max_block_size": 2_048,
    "preferred_block_size_bytes": 4 << 20,
    "output_format_arrow_string_as_string": 1,
    "output_format_arrow_low_cardinality_as_dictionary": 0,
    "max_threads": 1,
}


def export(
    engine: Engine, query: ListQuery, format: Literal["arrow", "jsonl"], table: Literal["spans", "scores"]
) -> Iterator[bytes]:
    """Yields an Arrow IPC stream or JSON lines with the columns of the SQL view of that name, in storage order.

    For scores the filter chooses traces: scores of every trace with a matching span are exported.
    """
    binder = Binder()
    sql = _spans_sql(query, binder) if table == "spans" else _scores_sql(query, binder)
    return engine.stream(sql, binder.params, fmt=_FORMATS[format], settings=_SETTINGS)


def _spans_sql(query: ListQuery, binder: Binder) -> str:
    return f"SELECT {SPAN_VIEW_COLUMNS} FROM (SELECT * FROM span_rows FINAL WHERE {_matching(query, binder)})"


def _scores_sql(query: ListQuery, binder: Binder) -> str:
    conditions = [f"project = {binder.bind(query.project)}", in_window(query.window, "created_ns", binder)]
    if query.filter.strip():
        spans = _matching(replace(query, window=type(query.window)()), binder)
        conditions.append(f"trace_id IN (SELECT trace_id FROM span_rows FINAL WHERE {spans})")
    return f"SELECT {SCORE_VIEW_COLUMNS} FROM (SELECT * FROM score_rows FINAL WHERE {' AND '.join(conditions)})"


def _matching(query: ListQuery, binder: Binder) -> str:
    project = binder.bind(query.project)
    node = parse(query.filter)
    condition = SpanCompiler(binder, project).compile(node) if node else "1"
    return f"project = {project} AND {in_window(query.window, 'start_ns', binder)} AND {condition}"
