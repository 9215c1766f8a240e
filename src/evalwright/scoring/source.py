"""Subjects read from the server page by page: a page of targets, then the spans of many of them in one request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from evalwright.domain.evaluator import StepContent, Subject
from evalwright.domain.score import Target
from evalwright.scoring.subjects import session_subject, span_subject, trace_subject
from evalwright.scoring.wire import step_from_wire

_PAGE: Final = 200
_TARGETS_A_REQUEST: Final = 40


class Get(Protocol):
    """Reads the HTTP API."""

    def __call__(self, path: str, /, **params: Any) -> Mapping[str, Any]:
        """Returns the decoded JSON object at a path under ``/api/v1``."""
        ...


def read_subjects(
    get: Get,
    *,
    target: Target,
    project: str,
    filter: str = "",
    start: str = "",
    end: str = "",
    limit: int = 0,
) -> Iterator[Subject]:
    """Yields the spans, traces or sessions that match, newest first; ``limit`` 0 means all.

    Blocks while it reads; ``score_subjects`` runs it in a thread. Memory is bounded by a page and the spans of forty
    traces.
    """
    window = {name: value for name, value in (("filter", filter), ("start", start), ("end", end)) if value}
    scope = {"project": project, **window}
    if target is Target.SPAN:
        rows = rows_of(get, "/spans", limit, {**scope, "full": "true"})
        yield from (span_subject(step_from_wire(row)) for row in rows)
        return
    key = "trace_id" if target is Target.TRACE else "session_id"
    path = "/traces" if target is Target.TRACE else "/sessions"
    ids: list[str] = []
    for row in rows_of(get, path, limit, scope):
        ids.append(str(row[key]))
        if len(ids) == _TARGETS_A_REQUEST:
            yield from _with_spans(get, target, key, ids, project)
            ids = []
    if ids:
        yield from _with_spans(get, target, key, ids, project)


def rows_of(
    get: Get, path: str, limit: int, params: Mapping[str, Any], page_size: int = _PAGE
) -> Iterator[Mapping[str, Any]]:
    """Yields what a list holds, page by page; ``limit`` 0 means all."""
    cursor, left = "", limit or None
    while True:
        size = page_size if left is None else min(page_size, left)
        page = get(path, **params, limit=size, **({"cursor": cursor} if cursor else {}))
        yield from page["items"]
        cursor = page["next_cursor"]
        left = None if left is None else left - len(page["items"])
        if not cursor or left == 0:
            return


def _with_spans(get: Get, target: Target, key: str, ids: Sequence[str], project: str) -> Iterator[Subject]:
    listed = ", ".join(json.dumps(each, ensure_ascii=False) for each in ids)
    params = {"project": project, "filter": f"{key} in ({listed})", "sort": "start_time", "full": "true"}
    groups: dict[str, list[StepContent]] = {each: [] for each in ids}
    for row in rows_of(get, "/spans", 0, params):
        groups.setdefault(str(row[key]), []).append(step_from_wire(row))
    for each in ids:
        if groups[each]:
            yield trace_subject(groups[each]) if target is Target.TRACE else session_subject(each, groups[each])
