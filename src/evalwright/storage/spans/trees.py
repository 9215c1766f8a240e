"""One trace as a light tree, and which project a trace id belongs to."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import msgspec

from evalwright.domain.errors import NotFound
from evalwright.domain.span import CostSource, SpanKind, SpanStatus
from evalwright.domain.trace import ScoreSummary, SpanNode, TraceTree
from evalwright.domain.tree import Place, build_tree
from evalwright.storage.spans.engine import Engine
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.scores import summarise_trace_scores
from evalwright.storage.spans.select import fetch
from evalwright.storage.spans.summaries import Bounds, bounds_sql, find_bounds, summarise_trace


class _Row(msgspec.Struct, array_like=True, gc=False):
    """A node as it is read; decoding checks and converts every field at once."""

    span_id: str
    parent_span_id: str
    name: str
    kind: SpanKind
    start_ns: int
    end_ns: int
    duration_ns: int
    status: SpanStatus
    model: str
    agent_name: str
    tool_name: str
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    cost_source: CostSource
    usage_rollup: bool
    input_preview: str
    output_preview: str
    flags: tuple[str, ...]


_SQL: Final = {
    "duration_ns": "greatest(0, end_ns - start_ns)",
    "usage_rollup": "toBool(usage_rollup)",
    "input_preview": "input_head",
    "output_preview": "output_head",
}
_COLUMNS: Final = tuple(f"{_SQL[name]} AS {name}" if name in _SQL else name for name in _Row.__struct_fields__)
_BARE: Final = tuple(
    f"'' AS {name}" if name.endswith("_preview") else column
    for name, column in zip(_Row.__struct_fields__, _COLUMNS, strict=True)
)
_ROWS: Final = msgspec.json.Decoder(_Row)


def find_project(engine: Engine, project: str, trace_id: str) -> str:
    """Returns ``project``, or the one that holds the trace when it is empty.

    Raises:
        NotFound: no project holds it.
    """
    if project:
        return project
    binder = Binder()
    sql = f"SELECT project FROM trace_index WHERE trace_id = {binder.bind(trace_id)} ORDER BY last_ns DESC LIMIT 1"
    for row in fetch(engine, sql, binder):
        return str(row["project"])
    raise trace_not_found(trace_id)


def trace_not_found(trace_id: str) -> NotFound:
    """Returns the error for a trace that is not stored."""
    return NotFound(f"no trace {trace_id!r}", hint="it may belong to another project, or not have arrived yet")


def trace_tree(engine: Engine, project: str, trace_id: str, previews_up_to: int | None = None) -> TraceTree:
    """Returns the summary and every node of a trace, without payloads."""
    project = find_project(engine, project, trace_id)
    with ThreadPoolExecutor(2) as beside:
        scored = beside.submit(summarise_trace_scores, engine, project, trace_id)
        bounds = find_bounds(engine, project, [trace_id])
        totalled = beside.submit(summarise_trace, engine, project, trace_id, bounds)
        rows = _rows(engine, project, trace_id, bounds, previews_up_to)
        summary = totalled.result()
        of_trace, of_spans = scored.result()
    if summary is None:
        raise trace_not_found(trace_id)
    nodes = [_node(place, of_spans) for place in build_tree(rows)]
    return TraceTree(summary=replace(summary, scores=of_trace), nodes=nodes)


def _rows(engine: Engine, project: str, trace_id: str, bounds: Bounds, previews_up_to: int | None) -> list[_Row]:
    if previews_up_to is None:
        return _read(engine, project, trace_id, bounds, _COLUMNS)
    # Reading the previews of a few too many shows that the trace is long, and is given up for one read without them.
    rows = _read(engine, project, trace_id, bounds, _COLUMNS, previews_up_to + 1)
    return rows if len(rows) <= previews_up_to else _read(engine, project, trace_id, bounds, _BARE)


def _read(
    engine: Engine, project: str, trace_id: str, bounds: Bounds, columns: Sequence[str], most: int = 0
) -> list[_Row]:
    binder = Binder()
    few = f" LIMIT {most}" if most else ""
    sql = f"SELECT {', '.join(columns)} FROM span_rows FINAL {bounds_sql(binder, project, [trace_id], bounds)}{few}"
    return _ROWS.decode_lines(engine.query(sql, binder.params, fmt="JSONCompactEachRow"))


def _node(place: Place[_Row], scores: Mapping[str, Sequence[ScoreSummary]]) -> SpanNode:
    row, depth, orphan, share = place
    return SpanNode(
        span_id=row.span_id,
        parent_span_id=row.parent_span_id,
        name=row.name,
        kind=row.kind,
        start_ns=row.start_ns,
        end_ns=row.end_ns,
        duration_ns=row.duration_ns,
        status=row.status,
        model=row.model,
        agent_name=row.agent_name,
        tool_name=row.tool_name,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost=row.cost,
        cost_source=row.cost_source,
        usage_rollup=row.usage_rollup,
        input_preview=row.input_preview,
        output_preview=row.output_preview,
        flags=row.flags,
        orphan=orphan,
        depth=depth,
        latency_share=share,
        scores=scores.get(row.span_id, ()),
    )
