"""GET /ready-evaluators: those that come with Evalwright, and what public labels say of their error."""

from __future__ import annotations

from fastapi import Response

from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.knowledge import PublicKnowledge
from evalwright.domain.project import Scope
from evalwright.server.params import CallerParam, NameOrId, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import list_of, model_of, shape

routes = router("evaluators")
_AT_A_GLANCE = {"name": str, "kind": str, "target": str, "about": str, "run": str}
ReadySummary = shape(
    "ReadyEvaluator",
    "An evaluator that comes with Evalwright; ``status`` says in a few words what is known of its error.",
    **_AT_A_GLANCE,
    status=str,
)
ReadyList = shape("ReadyEvaluators", "All of them, judges first.", items=list_of(ReadySummary))
Parameter = shape("EvaluatorParameter", "``default`` is null where one must be given.", name=str, default=str | None)
ReadyDetail = shape(
    "ReadyEvaluatorDetail",
    "One of them: the rubric of a judge (``spec``), the parameters of a check, and what public labels say.",
    **_AT_A_GLANCE,
    spec=model_of(EvaluatorSpec) | None,
    parameters=list_of(Parameter),
    known=model_of(PublicKnowledge),
)


@routes.get("/ready-evaluators", response_model=ReadyList)
def list_ready_evaluators(caller: CallerParam, project: ProjectParam = "") -> Response:
    """The evaluators that come with Evalwright: what each asks, how to run it, what is known of its error."""
    from evalwright.evaluators.recipes.listing import every_ready  # rubrics and checks, only when asked for

    caller.project(Scope.READ, project)
    return reply({"items": every_ready()})


@routes.get("/ready-evaluators/{name}", response_model=ReadyDetail)
def show_ready_evaluator(caller: CallerParam, name: NameOrId, project: ProjectParam = "") -> Response:
    """One of them, with its rubric or parameters and the cards made from public labels."""
    from evalwright.evaluators.recipes.listing import one_ready

    caller.project(Scope.READ, project)
    return reply(one_ready(name))
