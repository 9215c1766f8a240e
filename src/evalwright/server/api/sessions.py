"""GET /sessions."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Path, Request, Response

from evalwright.domain.errors import NotFound
from evalwright.domain.project import Scope
from evalwright.domain.trace import SessionSummary, TraceSummary
from evalwright.ports.spans import ListQuery
from evalwright.server import wire
from evalwright.server.conditional import reply_if_changed
from evalwright.server.params import NO_NUL, CallerParam, DepsParam, ListParam, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import extend, list_of, model_of, page_of

MAX_TRACES = 1000

routes = router("sessions")
SessionDetail = extend(
    SessionSummary,
    "SessionDetail",
    "A session and its traces, oldest first.",
    traces=list_of(model_of(TraceSummary)),
)


@routes.get("/sessions", response_model=page_of(SessionSummary))
def list_sessions(request: Request, deps: DepsParam, query: ListParam) -> Response:
    """Sessions of which any span matches; 304 where ``If-None-Match`` says that they are known."""
    return reply_if_changed(request, deps, query.project, lambda: deps.spans.list_sessions(query))


@routes.get("/sessions/{session_id:path}", response_model=SessionDetail)
def show_session(
    deps: DepsParam,
    caller: CallerParam,
    session_id: Annotated[str, Path(max_length=1000, pattern=NO_NUL)],
    project: ProjectParam = "",
) -> Response:
    """One session with its traces in order of time (the first 1,000)."""
    allowed = caller.project(Scope.READ, project)
    wanted = f"session_id == {json.dumps(session_id)}"
    found = deps.spans.list_sessions(ListQuery(project=allowed, filter=wanted, limit=1))
    if not found.items:
        raise NotFound(f"no session {session_id!r} in project {allowed!r}")
    traces = deps.spans.list_traces(ListQuery(project=allowed, filter=wanted, sort="start_time", limit=MAX_TRACES))
    return reply({**wire.to_plain(found.items[0]), "traces": list(traces.items)})
