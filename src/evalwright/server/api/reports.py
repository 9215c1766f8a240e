"""GET /experiments/{name_or_id}/report."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from evalwright.domain.errors import InvalidInput
from evalwright.domain.project import Scope
from evalwright.domain.report import ExperimentReport
from evalwright.server.params import CallerParam, CursorParam, DepsParam, NameOrId, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import model_of

MAX_SLICES = 10

routes = router("experiments")


@routes.get("/experiments/{name_or_id}/report", response_model=model_of(ExperimentReport))
def report_experiment(
    deps: DepsParam,
    caller: CallerParam,
    name_or_id: NameOrId,
    project: ProjectParam = "",
    slice_by: Annotated[
        str, Query(max_length=1000, description="`split`, `tags`, `metadata.<key>`, comma-separated")
    ] = "",
    metric: Annotated[str, Query(max_length=200, description="items worst in it come first; empty: the first")] = "",
    limit: Annotated[int, Query(ge=0, le=1000, description="items in the page")] = 20,
    cursor: CursorParam = "",
) -> Response:
    """Every metric with its interval, pass@k and pass^k where trials repeat, failures, slices, and a page of items."""
    from evalwright.server.reports import Wanted, report_of  # numpy, only when asked for

    experiment = deps.records.find_experiment(caller.project(Scope.READ, project), name_or_id)
    columns = list(dict.fromkeys(part.strip() for part in slice_by.split(",") if part.strip()))
    if len(columns) > MAX_SLICES:
        raise InvalidInput(f"{len(columns)} columns to slice by, {MAX_SLICES} at most")
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise InvalidInput(f"{cursor!r} is not a cursor of this report")
    wanted = Wanted(slice_by=columns, metric=metric, limit=limit, offset=int(cursor or 0))
    return reply(report_of(deps, experiment, wanted))
