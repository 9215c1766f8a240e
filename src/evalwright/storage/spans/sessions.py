"""Lists of sessions, newest activity first."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from evalwright.domain.trace import Page, SessionSummary
from evalwright.filters import Node
from evalwright.ports.spans import ListQuery
from evalwright.semconv import words
from evalwright.storage.spans.codec import optional_float
from evalwright.storage.spans.compile import SpanCompiler
from evalwright.storage.spans.engine import Engine
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.scores import summarise_scores
from evalwright.storage.spans.select import Listing, fetch, in_window
from evalwright.storage.spans.totals import ROOT, TRACE_TOTALS

_SORTS: Final[Mapping[str, tuple[str, type]]] = {"start_time": ("last_ns", int)}


def list_sessions(engine: Engine, query: ListQuery) -> Page[SessionSummary]:
    """Returns a page of sessions; ``start_time`` sorts and windows by the start of the newest trace."""
    listing = Listing("sessions", query, _SORTS, ids=1)
    binder = Binder()
    project = binder.bind(query.project)
    sort = listing.sort
    sql = (
        "SELECT session_id, max(last) AS last_ns, min(first) AS first_ns, groupArray(trace) AS traces FROM"
        " (SELECT trace_id AS trace, min(trace_index.first_ns) AS first, max(trace_index.last_ns) AS last,"
        " arrayJoin(groupUniqArrayArray(trace_index.sessions)) AS session_id"
        f" FROM trace_index WHERE project = {project} GROUP BY trace_id)"
        f" WHERE {_matching(listing.node, binder, project)} GROUP BY session_id"
        f" HAVING {in_window(query.window, 'last_ns', binder)} AND {sort.after(listing.place, ('session_id',), binder)}"
        f" {sort.order_by(('session_id',))} LIMIT {listing.limit + 1}"
    )
    rows = list(fetch(engine, sql, binder))
    page = rows[: listing.limit]
    return Page(
        items=_summaries(engine, query.project, page),
        next_cursor=listing.next_cursor(rows, ("last_ns", "session_id")),
    )


def _matching(node: Node | None, binder: Binder, project: str) -> str:
    if node is None:
        return "1"
    condition = SpanCompiler(binder, project).compile(node)
    return (
        f"session_id IN (SELECT session_id FROM span_rows FINAL WHERE project = {project}"
        f" AND session_id != '' AND {condition})"
    )


def _summaries(engine: Engine, project: str, page: Sequence[Mapping[str, Any]]) -> list[SessionSummary]:
    if not page:
        return []
    ids = [row["session_id"] for row in page]
    with ThreadPoolExecutor(1) as beside:
        scored = beside.submit(summarise_scores, engine, project, "session_id", ids)
        totals = {row["session_id"]: row for row in fetch(engine, *_totals_sql(project, ids, page))}
        # Payload is read of two spans a session, not of every span.
        roots = {tuple(row[end]) for row in totals.values() for end in ("first_root", "last_root")}
        previews = _previews(engine, project, sorted(roots))
        scores = scored.result()
    return [
        _summary(project, totals[session_id], previews, scores.get(session_id, ()))
        for session_id in ids
        if session_id in totals
    ]


def _previews(
    engine: Engine, project: str, roots: Sequence[tuple[str, str, int]]
) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Returns the first words of input and output of spans, by (trace, span).

    ``roots`` are (trace, span, start): payload of no other span is read, and the starts keep the scan to few granules.
    """
    if not roots:
        return {}
    binder = Binder()
    starts = binder.bind([start for _, _, start in roots])
    sql = (
        "SELECT trace_id, span_id, input_head AS head, output_head AS tail"
        f" FROM span_rows FINAL PREWHERE project = {binder.bind(project)}"
        f" AND trace_id IN {binder.bind([trace for trace, _, _ in roots])}"
        f" AND span_id IN {binder.bind([span for _, span, _ in roots])} WHERE start_ns IN {starts}"
    )
    return {
        (row["trace_id"], row["span_id"]): (words(row["head"]), words(row["tail"]))
        for row in fetch(engine, sql, binder)
    }


def _totals_sql(project: str, ids: Sequence[str], page: Sequence[Mapping[str, Any]]) -> tuple[str, Binder]:
    """Roll-ups are settled inside each trace before traces are added up.

    A trace belongs to the session that any of its spans names, with all its spans; to both where spans name two.
    """
    binder = Binder()
    mine = f"session_id IN {binder.bind(list(ids))}"
    traces = sorted({trace for row in page for trace in row["traces"]})
    where = (
        f"PREWHERE project = {binder.bind(project)} AND trace_id IN {binder.bind(traces)}"
        f" WHERE start_ns >= {binder.bind(min(row['first_ns'] for row in page))}"
        f" AND start_ns <= {binder.bind(max(row['last_ns'] for row in page))}"
    )
    per_trace = (
        f"SELECT trace_id, {TRACE_TOTALS}, groupUniqArrayIf(session_id, {mine}) AS sessions,"
        " argMinIf(user_id, start_ns, user_id != '') AS any_user,"
        " argMinIf(agent_name, start_ns, agent_name != '') AS any_agent,"
        f" argMin(tuple(trace_id, span_id, start_ns), {ROOT}) AS root"
        f" FROM span_rows FINAL {where} GROUP BY trace_id"
    )
    sql = (
        "SELECT one_session AS session_id, count() AS trace_count,"
        " sum(t.span_count) AS spans, sum(t.error_count) AS errors,"
        " min(t.first_ns) AS first, max(t.final_ns) AS final, sum(t.trace_input_tokens) AS input_tokens,"
        " sum(t.trace_output_tokens) AS output_tokens, sum(t.trace_cost) AS cost, sum(t.unpriced_spans) AS unpriced,"
        " argMinIf(any_user, t.first_ns, any_user != '') AS user_id,"
        " argMinIf(any_agent, t.first_ns, any_agent != '') AS agent_name,"
        " argMin(root, t.first_ns) AS first_root, argMax(root, t.first_ns) AS last_root"
        f" FROM ({per_trace}) AS t ARRAY JOIN t.sessions AS one_session GROUP BY one_session"
    )
    return sql, binder


def _summary(
    project: str, row: Mapping[str, Any], previews: Mapping[tuple[str, str], tuple[str, str]], scores: Sequence[Any]
) -> SessionSummary:
    return SessionSummary(
        project=project,
        session_id=row["session_id"],
        user_id=row["user_id"],
        trace_count=row["trace_count"],
        span_count=row["spans"],
        error_count=row["errors"],
        start_ns=row["first"],
        end_ns=row["final"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cost=optional_float(row["cost"]),
        unpriced_spans=row["unpriced"],
        first_input=previews.get(tuple(row["first_root"][:2]), ("", ""))[0],
        last_output=previews.get(tuple(row["last_root"][:2]), ("", ""))[1],
        agent_name=row["agent_name"],
        scores=scores,
    )
