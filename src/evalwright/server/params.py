"""What routes take: the caller, projects, list parameters; and how they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from evalwright.domain.errors import InvalidInput
from evalwright.domain.ids import parse_trace_id
from evalwright.domain.project import Principal, Scope
from evalwright.ports.spans import ListQuery, Window
from evalwright.server import wire
from evalwright.server.auth import require
from evalwright.server.deps import Deps

MAX_TEXT = 10_000
NO_NUL = r"^[^\x00]*$"

ProjectParam = Annotated[
    str, Query(max_length=200, description="project; empty: the key's own, else the server's default project")
]
FilterParam = Annotated[str, Query(max_length=MAX_TEXT, description='filter language, e.g. `kind == "LLM"`')]
CursorParam = Annotated[str, Query(max_length=4096, description="`next_cursor` of the page before")]
TimeParam = Annotated[str, Query(max_length=64, description="RFC 3339 or unix nanoseconds")]
NameOrId = Annotated[str, Path(max_length=300, pattern=NO_NUL, description="name or id")]


async def _deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


DepsParam = Annotated[Deps, Depends(_deps)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and what they may reach."""

    principal: Principal
    default_project: str

    def project(self, scope: Scope, *named: str) -> str:
        """Returns the project meant by the first non-empty name, once the caller may use ``scope`` on it."""
        return self._allowed(
            scope, next((name for name in named if name), self.principal.project or self.default_project)
        )

    def any_project(self, scope: Scope, *named: str) -> str:
        """The same, but no name means all the caller may see (an empty text for a caller of every project)."""
        return self._allowed(scope, next((name for name in named if name), self.principal.project))

    def everything(self, scope: Scope) -> None:
        """Returns only when the caller may use ``scope`` on every project."""
        require(self.principal, scope, self.principal.project)
        if self.principal.project:
            require(Principal(), scope, "*")

    def _allowed(self, scope: Scope, project: str) -> str:
        require(self.principal, scope, project)
        return project


async def _caller(request: Request, deps: DepsParam) -> Caller:
    return Caller(request.state.principal, deps.bounds.default_project)


CallerParam = Annotated[Caller, Depends(_caller)]


def window_of(start: str, end: str) -> Window:
    """Returns the window between two times; an empty text leaves its end open.

    Raises:
        InvalidInput: not a time, or the wrong way round.
    """
    window = Window(start_ns=wire.parse_time(start) if start else None, end_ns=wire.parse_time(end) if end else None)
    if window.start_ns is not None and window.end_ns is not None and window.start_ns > window.end_ns:
        raise InvalidInput(f"start {start!r} lies after end {end!r}")
    return window


async def _window(start: TimeParam = "", end: TimeParam = "") -> Window:
    return window_of(start, end)


WindowParam = Annotated[Window, Depends(_window)]


async def _listing(
    caller: CallerParam,
    window: WindowParam,
    project: ProjectParam = "",
    filter: FilterParam = "",
    sort: Annotated[str, Query(max_length=100, description="field, `-` in front for descending")] = "-start_time",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: CursorParam = "",
) -> ListQuery:
    allowed = caller.project(Scope.READ, project)
    return ListQuery(project=allowed, filter=filter, sort=sort, limit=limit, cursor=cursor, window=window)


ListParam = Annotated[ListQuery, Depends(_listing)]


async def _trace_id(
    trace_id: Annotated[
        str, Path(max_length=64, description="32 hex digits", json_schema_extra={"pattern": "^[0-9a-f]{32}$"})
    ],
) -> str:
    return parse_trace_id(trace_id)


TraceId = Annotated[str, Depends(_trace_id)]


def reply(value: Any, status: int = 200) -> Response:
    """Returns a JSON answer of domain values, encoded without any further validation."""
    return Response(wire.encode(value), status, media_type="application/json")
