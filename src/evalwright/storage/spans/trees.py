"""One trace as a light tree, and which project a trace id belongs to."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalwright.domain.errors import NotFound
from evalwright.domain.span import CostSource, SpanKind, SpanStatus
from evalwright.domain.trace import ScoreSummary, SpanNode, TraceTree
from evalwright.domain.tree import build_tree
from evalwright.storage.spans.codec import optional_float
from evalwright.storage.spans.engine import Engine
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.scores import summarise_scores
from evalwright.storage.spans.select import fetch
from evalwright.storage.spans.summaries import PREVIEW, bounds_sql, summarise_traces

_COLUMNS: Final = (
    "span_id", "parent_span_id", "name", "kind", "start_ns", "end_ns", "status", "model", "agent_name", "tool_name",
    "input_tokens", "output_tokens", "cost", "cost_source", "usage_rollup", "flags",
)  # fmt: skip


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


def trace_tree(engine: Engine, project: str, trace_id: str) -> TraceTree:
    """Returns the summary and every node of a trace, without payloads."""
    project = find_project(engine, project, trace_id)
    summary = summarise_traces(engine, project, [trace_id]).get(trace_id)
    if summary is None:
        raise trace_not_found(trace_id)
    binder = Binder()
    sql = (
        f"SELECT {', '.join(_COLUMNS)}, substringUTF8(input, 1, {PREVIEW}) AS input_preview,"
        f" substringUTF8(output, 1, {PREVIEW}) AS output_preview"
        f" FROM span_rows FINAL {bounds_sql(engine, binder, project, [trace_id])}"
    )
    rows = list(fetch(engine, sql, binder))
    scores = summarise_scores(engine, project, "span_id", trace_id=trace_id)
    return TraceTree(summary=summary, nodes=build_tree([_node(row, scores) for row in rows]))


def _node(row: dict[str, Any], scores: Mapping[str, Sequence[ScoreSummary]]) -> SpanNode:
    row.update(
        kind=SpanKind(row["kind"]),
        status=SpanStatus(row["status"]),
        cost=optional_float(row["cost"]),
        cost_source=CostSource(row["cost_source"]),
        usage_rollup=bool(row["usage_rollup"]),
        flags=tuple(row["flags"]),
    )
    return SpanNode(duration_ns=max(0, row["end_ns"] - row["start_ns"]), scores=scores.get(row["span_id"], ()), **row)
