"""Calibrations of evaluators against people: making them, their cards, judges side by side, versions bridged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from evalwright.domain.calibration import Bridge, CalibrationCard, CalibrationReport, Disagreement, JudgeComparison
from evalwright.domain.canary import CanaryStanding
from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.gate import Verdict
from evalwright.domain.project import Scope
from evalwright.domain.trace import Page
from evalwright.server import wire
from evalwright.server.judgements import Name, Word
from evalwright.server.labels import Wanted
from evalwright.server.params import MAX_TEXT, CallerParam, CursorParam, DepsParam, NameOrId, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import extend, list_of, model_of, page_of, shape

routes = router("calibration")

_MEASURE = model_of(Estimate) | None
CalibrationDetail = extend(
    CalibrationCard, "CalibrationDetail", "A card with its whole report.", report=model_of(CalibrationReport)
)
CalibrationSummary = shape(
    "CalibrationSummary",
    "A card at a glance; the measures are those of all rows, the verdict is of the bar on the holdout.",
    id=str,
    project=str,
    evaluator=str,
    evaluator_version=str,
    judge_score=str,
    label_score=str,
    dataset=str,
    filter=str,
    group_by=str,
    created_time=str | None,
    rows=int,
    disagreements=int,
    agreement=_MEASURE,
    kappa=_MEASURE,
    sensitivity=_MEASURE,
    specificity=_MEASURE,
    spearman=_MEASURE,
    verdict=Verdict | None,
    statements=list[str],
)
NewestCalibrations = shape(
    "NewestCalibrations", "One card of each evaluator and score.", items=list_of(CalibrationSummary)
)
MAX_CARDS = 1000
_SHOWN = ("agreement", "kappa", "sensitivity", "specificity", "spearman")
_QueryName = Annotated[str, Query(min_length=1, max_length=300)]
_QueryWord = Annotated[str, Query(max_length=500)]


class CalibrationIn(BaseModel):
    """What to hold an evaluator against."""

    model_config = ConfigDict(extra="forbid")

    label: Name = Field(description="name of the score that people gave")
    judge_score: Word = Field("", description="needed when the evaluator writes several scores")
    version: Word = Field("", description="of the evaluator; empty: that of its newest verdict")
    dataset: Word = Field("", description="only trials of this dataset's experiments")
    experiment: Word = Field("", description="only trials of this experiment")
    filter: str = Field("", max_length=MAX_TEXT, description="only targets whose spans match")
    group_by: Word = Field("", description="what belongs together: session_id, item_id, trace_id, metadata.<key>")
    slice_by: list[Word] = Field(
        default_factory=list, max_length=10, description="attributes to look for weak spots in; empty: those at hand"
    )
    positive: Word = Field("", description="the label sensitivity is about")
    threshold: float | None = Field(None, description="turns numbers into true (at least this) and false")
    label_map: dict[str, str] = Field(default_factory=dict, max_length=200, description="other words for labels")
    min_agreement: float | None = Field(None, ge=0, le=1, description="bar on the holdout's lower bound")
    holdout_share: float = Field(0.5, gt=0, lt=1)
    project: Word = ""


@routes.post("/evaluators/{name}/calibrations", response_model=CalibrationDetail, status_code=201)
def calibrate_evaluator(
    deps: DepsParam, caller: CallerParam, name: NameOrId, body: CalibrationIn, project: ProjectParam = ""
) -> Response:
    """Compares an evaluator's stored verdicts with what people said of the same targets, and keeps the card."""
    from evalwright.server.calibrations import Request, calibrate_stored  # numpy, only when asked for

    allowed = caller.project(Scope.WRITE, body.project, project)
    where = body.model_dump(include={"label", "judge_score", "version", "dataset", "experiment"})
    how = body.model_dump(exclude={*where, "project"})
    card = calibrate_stored(deps, Request(wanted=Wanted(project=allowed, evaluator=name, **where), **how))
    return reply(card, 201)


@routes.get("/calibrations", response_model=NewestCalibrations)
def newest_calibrations(
    deps: DepsParam, caller: CallerParam, project: ProjectParam = "", label: _QueryWord = ""
) -> Response:
    """The newest card of every evaluator and score of the project, newest first: who was held against which label."""
    allowed = caller.project(Scope.READ, project)
    found: dict[tuple[str, str, str], CalibrationCard] = {}
    for card in deps.records.list_cards(allowed, limit=MAX_CARDS).items:
        if label in ("", card.label_score):
            found.setdefault((card.evaluator, card.judge_score, card.label_score), card)
    return reply({"items": [_summary(card) for card in found.values()]})


@routes.get("/evaluators/{name}/calibrations", response_model=page_of(CalibrationSummary))
def list_calibrations(
    deps: DepsParam,
    caller: CallerParam,
    name: NameOrId,
    project: ProjectParam = "",
    version: _QueryWord = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: CursorParam = "",
) -> Response:
    """Cards of an evaluator, newest first."""
    allowed = caller.project(Scope.READ, project)
    page = deps.records.list_cards(allowed, evaluator=name, version=version, limit=limit, cursor=cursor)
    return reply(Page(items=[_summary(card) for card in page.items], next_cursor=page.next_cursor))


def _summary(card: CalibrationCard) -> Mapping[str, Any]:
    plain = wire.to_plain(card)
    report = plain.pop("report")
    overall, bar = report["overall"], report["bar"]
    measures = {name: overall[name] for name in _SHOWN}
    verdict = bar["verdict"] if bar else None
    counts = {"rows": overall["rows"], "disagreements": report["disagreements"]}
    return {**plain, **counts, **measures, "verdict": verdict, "statements": report["statements"]}


@routes.get("/evaluators/{name}/calibrations/{card_id}", response_model=CalibrationDetail)
def show_calibration(
    deps: DepsParam, caller: CallerParam, name: NameOrId, card_id: NameOrId, project: ProjectParam = ""
) -> Response:
    """One card with its report."""
    return reply(_card(deps, caller.project(Scope.READ, project), name, card_id))


@routes.get("/evaluators/{name}/calibrations/{card_id}/disagreements", response_model=page_of(Disagreement))
def list_disagreements(
    deps: DepsParam,
    caller: CallerParam,
    name: NameOrId,
    card_id: NameOrId,
    project: ProjectParam = "",
    human: _QueryWord = "",
    judge: _QueryWord = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: CursorParam = "",
) -> Response:
    """Targets on which judge and people differ; ``human`` and ``judge`` choose one cell of the confusion matrix."""
    card = _card(deps, caller.project(Scope.READ, project), name, card_id)
    return reply(deps.records.list_disagreements(card.id, human=human, judge=judge, limit=limit, cursor=cursor))


def _card(deps: DepsParam, project: str, name: str, card_id: str) -> CalibrationCard:
    card = deps.records.find_card(project, card_id)
    if card.evaluator != name:
        raise InvalidInput(f"calibration {card_id!r} is of evaluator {card.evaluator!r}, not {name!r}")
    return card


@routes.get("/evaluators/{name}/bridge", response_model=model_of(Bridge))
def bridge_versions(
    deps: DepsParam,
    caller: CallerParam,
    name: NameOrId,
    before: _QueryName,
    after: _QueryName,
    project: ProjectParam = "",
    judge_score: _QueryWord = "",
    dataset: _QueryWord = "",
) -> Response:
    """Two versions on the same targets: how far the mean moves, what flips, and drift between their cards."""
    from evalwright.server.bridges import bridge_stored

    allowed = caller.project(Scope.READ, project)
    return reply(bridge_stored(deps, allowed, name, before, after, judge_score=judge_score, dataset=dataset))


@routes.get("/evaluators/{name}/canary", response_model=model_of(CanaryStanding))
def show_canary(
    deps: DepsParam,
    caller: CallerParam,
    name: NameOrId,
    version: Annotated[str, Query(min_length=1, max_length=300, description="of the evaluator, whole")],
    project: ProjectParam = "",
    dataset: Annotated[str, Query(max_length=300, description="the canary set; empty: that of the rubric")] = "",
    provider: Annotated[str | None, Query(max_length=500, description="who is asked; absent: anyone")] = None,
) -> Response:
    """Whether a judge as it is now has been run over its canary set, and what moved since the run before."""
    from evalwright.server.standings import Wanted as WantedStanding
    from evalwright.server.standings import standing_of

    allowed = caller.project(Scope.READ, project)
    wanted = WantedStanding(evaluator=name, version=version, dataset=dataset, provider=provider)
    return reply(standing_of(deps, allowed, wanted))


@routes.get("/judges/compare", response_model=model_of(JudgeComparison))
def compare_judges(
    deps: DepsParam,
    caller: CallerParam,
    names: Annotated[str, Query(min_length=1, max_length=4000, description="evaluators, comma-separated")],
    label: _QueryName,
    project: ProjectParam = "",
    dataset: _QueryWord = "",
    experiment: _QueryWord = "",
    threshold: float | None = None,
) -> Response:
    """Judges on the targets that people labelled and all of them judged: agreement, cost, latency, Pareto front."""
    from evalwright.server.rivals import compare_stored

    where = {"project": caller.project(Scope.READ, project), "label": label}
    chosen = list(dict.fromkeys(each.strip() for each in names.split(",") if each.strip()))
    if not chosen:
        raise InvalidInput("no evaluator is named", hint="names=first,second")
    wanted = [Wanted(evaluator=each, dataset=dataset, experiment=experiment, **where) for each in chosen]
    return reply(compare_stored(deps, wanted, threshold))
