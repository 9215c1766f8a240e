"""Lists of traces: ids first, from the small trace index where the query allows, then their summaries."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evalwright.domain.trace import Page, TraceSummary
from evalwright.filters import (
    And,
    Compare,
    FieldRef,
    FieldTarget,
    FieldType,
    IsNull,
    Node,
    Not,
    Or,
    ScoreRef,
    find_field,
)
from evalwright.ports.spans import ListQuery
from evalwright.storage.spans.compile import SpanCompiler, score_rows_sql
from evalwright.storage.spans.engine import Engine, Settings
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.select import Listing, fetch, in_window, recent_first
from evalwright.storage.spans.spread import Spreads
from evalwright.storage.spans.summaries import Bounds, summarise_traces
from evalwright.storage.spans.totals import ROOT, TRACE_LATENCY, TRACE_TOKENS, TRACE_TOTALS

_COLUMNS: Final[Mapping[str, str]] = {
    "span_count": "span_count",
    "error_count": "error_count",
    "trace_latency_ms": TRACE_LATENCY,
    "trace_cost": "trace_cost",
    "trace_tokens": TRACE_TOKENS,
    "root_name": "root_name",
}
_START: Final = ("first_ns", int)
_SORTS: Final[Mapping[str, tuple[str, type]]] = {
    "start_time": _START,
    "latency_ms": (TRACE_LATENCY, float),
    "trace_latency_ms": (TRACE_LATENCY, float),
    "cost": ("ifNull(trace_cost, -1.)", float),
    "trace_cost": ("ifNull(trace_cost, -1.)", float),
    "total_tokens": (f"ifNull({TRACE_TOKENS}, -1)", int),
    "trace_tokens": (f"ifNull({TRACE_TOKENS}, -1)", int),
    "span_count": ("toInt64(span_count)", int),
    "error_count": ("toInt64(error_count)", int),
}


def list_traces(engine: Engine, query: ListQuery, spreads: Spreads) -> Page[TraceSummary]:
    """Returns a page of traces. See docs/reference/filters.md for what span fields mean here."""
    listing = Listing("traces", query, _SORTS, ids=1)

    def read(narrowed: ListQuery) -> list[dict[str, Any]]:
        binder = Binder()
        sql = trace_ids_sql(narrowed, listing, binder)
        settings: Settings = {} if listing.node else {"max_threads": 1}
        return list(fetch(engine, f"{sql} LIMIT {listing.limit + 1}", binder, settings))

    # A narrower window saves nothing where no span is scanned.
    scans = listing.node is not None and not all(isinstance(each, ScoreRef) for each in _operands(listing.node))
    rows = recent_first(spreads, query, listing, read) if scans else read(query)
    page = rows[: listing.limit]
    ids = [row["trace_id"] for row in page]
    bounds = Bounds(min(row["first_ns"] for row in page), max(row["final_ns"] for row in page)) if page else None
    summaries = summarise_traces(engine, query.project, ids, bounds)
    return Page(
        items=[summaries[trace_id] for trace_id in ids if trace_id in summaries],
        next_cursor=listing.next_cursor(rows, ("sort_key", "trace_id")),
    )


def trace_ids_sql(query: ListQuery, listing: Listing, binder: Binder) -> str:
    """Returns the ordered SELECT of ``trace_id`` and ``sort_key``, without LIMIT."""
    project = binder.bind(query.project)
    condition = TraceCompiler(binder, project, query).compile(listing.node) if listing.node else "1"
    totals_needed = listing.sort.expression != _START[0] or (listing.node is not None and _names_trace(listing.node))
    source = _totals_sql(project) if totals_needed else _index_sql(project)
    sort = listing.sort
    return (
        f"SELECT trace_id, first_ns, final_ns, {sort.expression} AS sort_key FROM ({source})"
        f" WHERE {in_window(query.window, 'first_ns', binder)} AND {condition}"
        f" AND {sort.after(listing.place, ('trace_id',), binder)} {sort.order_by(('trace_id',))}"
    )


def _index_sql(project: str) -> str:
    return (
        "SELECT trace_id, min(trace_index.first_ns) AS first_ns, max(trace_index.last_ns) AS final_ns FROM trace_index"
        f" WHERE project = {project} GROUP BY trace_id"
    )


def _totals_sql(project: str) -> str:
    return (
        f"SELECT trace_id, {TRACE_TOTALS}, argMin(name, {ROOT}) AS root_name"
        f" FROM span_rows FINAL WHERE project = {project} GROUP BY trace_id"
    )


class TraceCompiler:
    """Compiles a tree against traces: whole span-only parts become one membership test each."""

    def __init__(self, binder: Binder, project: str, query: ListQuery) -> None:
        self._binder = binder
        self._project = project
        self._query = query
        self._spans = SpanCompiler(binder, project)

    def compile(self, node: Node) -> str:
        """Returns a 0/1 condition over traces."""
        if not _names_trace(node) and not _names_score(node):
            return self._some_span(node)
        match node:
            case And(parts=parts):
                return self._join(parts, " AND ", And)
            case Or(parts=parts):
                return self._join(parts, " OR ", Or)
            case Not(part=part):
                return f"NOT {self.compile(part)}"
            case IsNull(operand=operand, negated=negated):
                condition = self._is_null(operand)
                return f"NOT {condition}" if negated else condition
            case _:
                return self._leaf(node)

    def _join(self, parts: tuple[Node, ...], word: str, kind: type[And] | type[Or]) -> str:
        """Keeps the span-only parts together, so that one span has to match them all."""
        of_spans = [part for part in parts if not _names_trace(part) and not _names_score(part)]
        others = [self.compile(part) for part in parts if part not in of_spans]
        if of_spans:
            others.insert(0, self._some_span(of_spans[0] if len(of_spans) == 1 else kind(parts=tuple(of_spans))))
        return "(" + word.join(others) + ")"

    def _some_span(self, node: Node) -> str:
        condition = self._spans.compile(node)
        start = self._query.window.start_ns
        # No span of a trace starts before the trace does.
        since = f" AND start_ns >= {self._binder.bind(start)}" if start is not None else ""
        where = f"project = {self._project}{since} AND {condition}"
        return f"(trace_id IN (SELECT trace_id FROM span_rows FINAL WHERE {where}))"

    def _leaf(self, node: Compare) -> str:
        if node.op in {"!=", "not in"}:
            positive = Compare(left=node.left, op="==" if node.op == "!=" else "in", value=node.value)
            return f"NOT {self._leaf(positive)}"
        if isinstance(node.left, ScoreRef):
            condition = self._spans.score_condition(node)
            rows = score_rows_sql(self._binder, self._project, node.left.name, condition, "trace_id")
            return f"(trace_id IN ({rows}))"
        name = node.left.name if isinstance(node.left, FieldRef) else ""
        field = find_field(name)
        if field is not None and field.type is FieldType.TEXT:
            return self._spans.text_condition(_COLUMNS[name], node)
        return f"ifNull({self._spans.scalar_condition(f'({_COLUMNS[name]})', node)}, 0)"

    def _is_null(self, operand: object) -> str:
        if isinstance(operand, ScoreRef):
            counted = self._spans.counted_verdicts(operand)
            rows = score_rows_sql(self._binder, self._project, operand.name, counted, "trace_id")
            return f"(trace_id NOT IN ({rows}))"
        name = operand.name if isinstance(operand, FieldRef) else ""
        return f"empty({_COLUMNS[name]})" if name == "root_name" else f"isNull({_COLUMNS[name]})"


def _names_trace(node: Node) -> bool:
    return any(
        isinstance(operand, FieldRef) and (field := find_field(operand.name)) and field.target is FieldTarget.TRACE
        for operand in _operands(node)
    )


def _names_score(node: Node) -> bool:
    return any(isinstance(operand, ScoreRef) for operand in _operands(node))


def _operands(node: Node) -> list[object]:
    match node:
        case And(parts=parts) | Or(parts=parts):
            return [operand for part in parts for operand in _operands(part)]
        case Not(part=part):
            return _operands(part)
        case IsNull(operand=operand):
            return [operand]
        case _:
            return [node.left]
