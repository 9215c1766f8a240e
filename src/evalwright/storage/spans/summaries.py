"""Trace summaries for a known, small set of trace ids."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from evalwright.domain.span import SpanKind, SpanStatus
from evalwright.domain.trace import ScoreSummary, TraceSummary
from evalwright.semconv import words
from evalwright.storage.spans.codec import optional_float
from evalwright.storage.spans.engine import POINT_READ, Engine
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.scores import summarise_scores
from evalwright.storage.spans.select import fetch
from evalwright.storage.spans.totals import ROOT, TRACE_TOTALS

_FIRST_FILLED: Final = ("session_id", "user_id", "agent_name", "environment", "release")
_ROOT_FIELDS: Final = ("span_id", "parent_span_id", "name", "kind", "status", "input_head", "output_head")


class Bounds(NamedTuple):
    """Between which starts the spans of some traces lie."""

    first_ns: int
    last_ns: int


def find_bounds(engine: Engine, project: str, trace_ids: Sequence[str]) -> Bounds:
    """Returns the bounds of the traces, from the trace index."""
    index = Binder()
    sql = (
        "SELECT min(first_ns) AS first, max(last_ns) AS last FROM trace_index"
        f" WHERE project = {index.bind(project)} AND trace_id IN {index.bind(list(trace_ids))}"
    )
    row = next(iter(fetch(engine, sql, index, POINT_READ)))
    return Bounds(row["first"], row["last"])


def bounds_sql(
    binder: Binder, project: str, trace_ids: Sequence[str], bounds: Bounds, span_ids: Sequence[str] = ()
) -> str:
    """Returns the clauses that find the spans of ``trace_ids`` (of them ``span_ids``) by primary key instead of a scan.

    PREWHERE names key columns only, which every copy of a span shares, so it is safe under FINAL; payload of other rows
    is then never read.
    """
    only = f" AND span_id IN {binder.bind(list(span_ids))}" if span_ids else ""
    return (
        f"PREWHERE project = {binder.bind(project)} AND trace_id IN {binder.bind(list(trace_ids))}{only}"
        f" WHERE start_ns >= {binder.bind(bounds.first_ns)} AND start_ns <= {binder.bind(bounds.last_ns)}"
    )


def summarise_traces(
    engine: Engine, project: str, trace_ids: Sequence[str], bounds: Bounds | None = None
) -> Mapping[str, TraceSummary]:
    """Returns the summary of each trace that exists. Scores are read while the spans are."""
    if not trace_ids:
        return {}
    with ThreadPoolExecutor(1) as beside:
        scored = beside.submit(summarise_scores, engine, project, "trace_id", trace_ids)
        rows = _totals(engine, project, trace_ids, bounds or find_bounds(engine, project, trace_ids))
        scores = scored.result()
    return {row["trace_id"]: _summary(project, row, scores.get(row["trace_id"], ())) for row in rows}


def summarise_trace(engine: Engine, project: str, trace_id: str, bounds: Bounds) -> TraceSummary | None:
    """Returns the summary of one trace without its scores; None when it does not exist."""
    return next((_summary(project, row, ()) for row in _totals(engine, project, [trace_id], bounds)), None)


def _totals(engine: Engine, project: str, trace_ids: Sequence[str], bounds: Bounds) -> list[dict[str, Any]]:
    binder = Binder()
    filled = ", ".join(f"argMinIf({name}, {ROOT}, {name} != '') AS any_{name}" for name in _FIRST_FILLED)
    sql = (
        f"SELECT trace_id, {TRACE_TOTALS}, argMin(tuple({', '.join(_ROOT_FIELDS)}), {ROOT}) AS root, {filled},"
        " arraySort(groupUniqArrayIf(20)(model, model != '')) AS models,"
        " arraySort(groupUniqArrayArray(100)(tags)) AS all_tags, countIf(notEmpty(flags)) AS flagged_spans"
        f" FROM span_rows FINAL {bounds_sql(binder, project, trace_ids, bounds)} GROUP BY trace_id"
    )
    return list(fetch(engine, sql, binder, POINT_READ))


def _summary(project: str, row: Mapping[str, Any], scores: Sequence[ScoreSummary]) -> TraceSummary:
    span_id, parent_span_id, name, kind, status, input_head, output_head = row["root"]
    return TraceSummary(
        project=project,
        trace_id=row["trace_id"],
        root_span_id=span_id,
        root_missing=bool(parent_span_id) and parent_span_id != span_id,
        name=name,
        kind=SpanKind(kind),
        start_ns=row["first_ns"],
        end_ns=row["final_ns"],
        duration_ns=row["final_ns"] - row["first_ns"],
        status=SpanStatus(status),
        tags=tuple(row["all_tags"]),
        models=tuple(row["models"]),
        span_count=row["span_count"],
        error_count=row["error_count"],
        input_tokens=row["trace_input_tokens"],
        output_tokens=row["trace_output_tokens"],
        cost=optional_float(row["trace_cost"]),
        unpriced_spans=row["unpriced_spans"],
        input_preview=words(input_head),
        output_preview=words(output_head),
        flagged_spans=row["flagged_spans"],
        scores=scores,
        **{field: row[f"any_{field}"] for field in _FIRST_FILLED},
    )
