"""Which project a caller may send to; the same rule at every door."""

from __future__ import annotations

from evalwright.domain.errors import Forbidden, InvalidInput
from evalwright.domain.project import Principal, Scope
from evalwright.ingest.pipeline import MAX_PROJECT_CHARS


def allowed_project(principal: Principal, requested: str) -> str:
    """Returns the project of the key, else the requested one; empty leaves it to each record.

    Raises:
        Forbidden: the key may not send there.
        InvalidInput: the requested name can be no project's.
    """
    if len(requested) > MAX_PROJECT_CHARS or not requested.isprintable():
        raise InvalidInput("x-evalwright-project holds no project name", hint=f"at most {MAX_PROJECT_CHARS} characters")
    project = principal.project or requested
    if not principal.allows(Scope.INGEST, project):
        raise Forbidden("the key may not send telemetry", hint=f"create a key with scope {Scope.INGEST.value!r}")
    return project
