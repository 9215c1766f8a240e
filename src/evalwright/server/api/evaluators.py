"""GET and POST /evaluators."""

from __future__ import annotations

from fastapi import Response

from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.project import Scope
from evalwright.domain.trace import Page
from evalwright.ports.records import RegisteredEvaluator
from evalwright.server import wire
from evalwright.server.params import CallerParam, DepsParam, NameOrId, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import extend, model_of, page_of

routes = router("evaluators")
EvaluatorDetail = extend(
    RegisteredEvaluator,
    "EvaluatorDetail",
    "An evaluator with all its versions.",
    history=list[model_of(EvaluatorSpec)],  # type: ignore[misc]
)


@routes.get("/evaluators", response_model=page_of(RegisteredEvaluator))
def list_evaluators(deps: DepsParam, caller: CallerParam, project: ProjectParam = "") -> Response:
    """Every evaluator of the project."""
    allowed = caller.project(Scope.READ, project)
    return reply(Page(items=deps.records.list_evaluators(allowed)))


@routes.post("/evaluators", response_model=model_of(RegisteredEvaluator))
def register_evaluator(
    deps: DepsParam, caller: CallerParam, body: EvaluatorSpec, project: ProjectParam = ""
) -> Response:
    """Registers one version; the same name and version again changes nothing."""
    return reply(deps.records.register_evaluator(caller.project(Scope.WRITE, project), body))


@routes.get("/evaluators/{name}", response_model=EvaluatorDetail)
def show_evaluator(deps: DepsParam, caller: CallerParam, name: NameOrId, project: ProjectParam = "") -> Response:
    """One evaluator and its versions, newest first."""
    allowed = caller.project(Scope.READ, project)
    versions = deps.records.evaluator_versions(allowed, name)
    registered = next(each for each in deps.records.list_evaluators(allowed) if each.spec.name == name)
    return reply({**wire.to_plain(registered), "history": list(versions)})
