"""GET /projects."""

from __future__ import annotations

from fastapi import Response

from evalwright.domain.project import Scope
from evalwright.domain.trace import Page, ProjectSummary
from evalwright.server.params import CallerParam, DepsParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import page_of

routes = router("projects")


@routes.get("/projects", response_model=page_of(ProjectSummary))
def list_projects(deps: DepsParam, caller: CallerParam) -> Response:
    """Projects that hold spans, newest activity first."""
    only = caller.any_project(Scope.READ)
    return reply(Page(items=[each for each in deps.spans.list_projects() if not only or each.name == only]))
