"""GET and POST /evaluators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Response

from evalwright.domain.estimate import Estimate
from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.knowledge import PublicKnowledge
from evalwright.domain.project import Scope
from evalwright.domain.score import Denominators, ScoreStatus
from evalwright.domain.trace import Page
from evalwright.domain.trust import JudgeTrust
from evalwright.ports.records import RegisteredEvaluator
from evalwright.ports.spans import ScoreQuery
from evalwright.server import wire
from evalwright.server.params import CallerParam, DepsParam, NameOrId, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import extend, list_of, model_of, page_of, shape
from evalwright.server.summaries import summarise

routes = router("evaluators")
_ScoreRow = shape(
    "EvaluatorScores",
    "One score name an evaluator writes; ``clusters`` and ``cluster_by`` as in a summary of scores.",
    name=str,
    estimate=model_of(Estimate),
    clusters=int,
    cluster_by=str,
    labels=dict[str, int],
)
_SHOWN: dict[str, Any] = {
    "denominators": model_of(Denominators),
    "scores": list_of(_ScoreRow),
    "estimate": model_of(Estimate) | None,
}
EvaluatorSummary = extend(
    RegisteredEvaluator,
    "EvaluatorSummary",
    "An evaluator with the four counts and the means of its scores; ``estimate`` is that of its only score name.",
    **_SHOWN,
)
EvaluatorDetail = extend(
    RegisteredEvaluator,
    "EvaluatorDetail",
    "An evaluator with its scores and all its versions, newest first; ``trust``: may its newest version decide a gate? "
    "``known``: what public labels say of it, and what to do where it has no card in this project yet.",
    **_SHOWN,
    history=list_of(model_of(EvaluatorSpec)),
    trust=list_of(model_of(JudgeTrust)),
    known=model_of(PublicKnowledge),
)


def _with_scores(evaluator: RegisteredEvaluator, summaries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    mine = [row for row in summaries if row["key"] == evaluator.spec.name]
    rows = [{name: row[name] for name in _ScoreRow.model_fields} for row in mine]
    counts = [row["estimate"].denominators for row in mine]
    total = {status.value: sum(getattr(each, status.value) for each in counts) for status in ScoreStatus}
    return {
        **wire.to_plain(evaluator),
        "denominators": total,
        "scores": rows,
        "estimate": rows[0]["estimate"] if len(rows) == 1 else None,
    }


@routes.get("/evaluators", response_model=page_of(EvaluatorSummary))
def list_evaluators(deps: DepsParam, caller: CallerParam, project: ProjectParam = "") -> Response:
    """Every evaluator of the project with its counts and means, from one grouped query."""
    allowed = caller.project(Scope.READ, project)
    evaluators = deps.records.list_evaluators(allowed)
    rows = summarise(deps.spans, ScoreQuery(project=allowed), "evaluator") if evaluators else ()
    return reply(Page(items=[_with_scores(each, rows) for each in evaluators]))


@routes.post("/evaluators", response_model=model_of(RegisteredEvaluator))
def register_evaluator(
    deps: DepsParam, caller: CallerParam, body: EvaluatorSpec, project: ProjectParam = ""
) -> Response:
    """Registers one version; the same version again changes its description and its bar, if anything."""
    return reply(deps.records.register_evaluator(caller.project(Scope.WRITE, project), body))


@routes.get("/evaluators/{name}", response_model=EvaluatorDetail)
def show_evaluator(deps: DepsParam, caller: CallerParam, name: NameOrId, project: ProjectParam = "") -> Response:
    """One evaluator and its versions, newest first, and whether calibration lets it decide anything."""
    from evalwright.evaluators.recipes.known import knowledge  # its data, only when asked for
    from evalwright.server.trust import trust_of, writers_in  # numpy, only when asked for

    allowed = caller.project(Scope.READ, project)
    versions = deps.records.evaluator_versions(allowed, name)
    registered = next(each for each in deps.records.list_evaluators(allowed) if each.spec.name == name)
    rows = summarise(deps.spans, ScoreQuery(project=allowed, evaluator=name), "evaluator")
    detail = _with_scores(registered, rows)
    trust = trust_of(deps, allowed, writers_in(versions[0], [row["name"] for row in detail["scores"]]))
    cards = deps.records.list_cards(allowed, evaluator=name, limit=1).items
    known = knowledge(name, registered.spec.version, own_cards=len(cards))
    return reply({**detail, "history": list(versions), "trust": trust, "known": known})
