"""POST /sql."""

from __future__ import annotations

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from evalwright.domain.project import Scope
from evalwright.domain.trace import Table
from evalwright.server.params import CallerParam, DepsParam, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import model_of

routes = router("sql")


class Query(BaseModel):
    """One read-only SELECT over the documented views."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, max_length=100_000)
    project: str = Field("", max_length=200, description="empty: every project the caller may see")


@routes.post("/sql", response_model=model_of(Table))
def run_sql(deps: DepsParam, caller: CallerParam, body: Query, project: ProjectParam = "") -> Response:
    """Runs the query under row, time and memory limits."""
    allowed = caller.any_project(Scope.READ, body.project, project)
    bounds = deps.bounds
    return reply(deps.spans.sql(body.query, project=allowed, limit=bounds.max_sql_rows, timeout_s=bounds.sql_timeout_s))
