"""GET and POST /scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from evalwright.domain.calibration import Correction
from evalwright.domain.estimate import Estimate
from evalwright.domain.project import Scope
from evalwright.domain.score import Score
from evalwright.ports.spans import ScoreQuery
from evalwright.server.api.spans import Format, stream
from evalwright.server.judgements import ScoreIn, resolve, to_score
from evalwright.server.params import CallerParam, CursorParam, DepsParam, ListParam, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import list_of, model_of, page_of, shape
from evalwright.server.summaries import reliability, summarise

MAX_SCORES = 10_000
Word = Annotated[str, Query(max_length=500)]

routes = router("scores")
_Estimate = model_of(Estimate)
ScoreSummaryRow = shape(
    "ScoreSummaryRow",
    "The mean of one score in one group; ``key`` is empty without ``group_by``, ``correction`` null unless asked. "
    "Its interval is over ``clusters`` that share ``cluster_by``; ``none``: each value was taken as independent.",
    name=str,
    key=str,
    type=str,
    estimate=_Estimate,
    clusters=int,
    cluster_by=str,
    labels=dict[str, int],
    correction=model_of(Correction) | None,
)
ScoreSummaries = shape("ScoreSummaries", "One row per score name and group.", items=list_of(ScoreSummaryRow))
AtK = shape("AtK", "An estimate at k runs.", k=int, estimate=_Estimate)
Reliability = shape(
    "Reliability",
    "pass@k (at least one of k runs succeeds) and pass^k (all of them do), over items.",
    pass_at=list_of(AtK),
    pass_hat=list_of(AtK),
    items=int,
    trials=int,
)
Written = shape("Written", "How many rows are stored.", written=int)


class ScoresIn(BaseModel):
    """Scores to store; those without ``project`` go to the one of the query."""

    model_config = ConfigDict(extra="forbid")

    scores: list[ScoreIn] = Field(max_length=MAX_SCORES)
    project: str = Field("", max_length=200)


async def score_query(
    caller: CallerParam,
    project: ProjectParam = "",
    name: Word = "",
    target: Word = "",
    source: Word = "",
    status: Word = "",
    evaluator: Word = "",
    evaluator_version: Word = "",
    trace_id: Word = "",
    span_id: Word = "",
    session_id: Word = "",
    experiment_id: Word = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: CursorParam = "",
) -> ScoreQuery:
    """Returns which scores are meant."""
    return ScoreQuery(
        project=caller.project(Scope.READ, project),
        name=name,
        target=target,
        source=source,
        status=status,
        evaluator=evaluator,
        evaluator_version=evaluator_version,
        trace_id=trace_id.lower(),
        span_id=span_id.lower(),
        session_id=session_id,
        experiment_id=experiment_id,
        limit=limit,
        cursor=cursor,
    )


ScoreQueryParam = Annotated[ScoreQuery, Depends(score_query)]


@routes.get("/scores", response_model=page_of(Score))
def list_scores(deps: DepsParam, query: ScoreQueryParam) -> Response:
    """Scores, newest first."""
    return reply(deps.spans.list_scores(query))


@routes.post("/scores", response_model=Written)
def write_scores(deps: DepsParam, caller: CallerParam, body: ScoresIn, project: ProjectParam = "") -> Response:
    """Stores scores durably. The same judgement sent again replaces itself."""
    by_project: dict[str, list[ScoreIn]] = {}
    for each in body.scores:
        by_project.setdefault(caller.project(Scope.WRITE, each.project, body.project, project), []).append(each)
    resolved = [(each, name) for name, bodies in by_project.items() for each in resolve(bodies, deps.spans, name)]
    now_ns = deps.clock.now_ns()
    # A nanosecond apart, so that of two verdicts on one target the later one in the request is the newer.
    scores = [to_score(each, project=name, now_ns=now_ns + at) for at, (each, name) in enumerate(resolved)]
    if scores:
        deps.spans.write_scores(scores)
    return reply({"written": len(scores)})


@routes.get("/scores/summary", response_model=ScoreSummaries)
def summarise_scores(
    deps: DepsParam,
    query: ScoreQueryParam,
    group_by: Annotated[str, Query(max_length=200, description="score column or `metadata.<key>`")] = "",
    cluster_by: Annotated[
        str,
        Query(
            max_length=200,
            description="score column or `metadata.<key>` that scores share; `none`; empty: by what is known",
        ),
    ] = "",
    corrected: Annotated[bool, Query(description="also what people would have said, by the calibration")] = False,
) -> Response:
    """Means with intervals and the four counts, by score name and group."""
    rows = summarise(deps.spans, query, group_by, cluster_by)
    corrections: Sequence[Correction | None] = [None] * len(rows)
    if corrected:
        from evalwright.server.corrections import correct_summaries

        corrections = correct_summaries(deps, query, group_by, rows, cluster_by)
    return reply({"items": [{**row, "correction": made} for row, made in zip(rows, corrections, strict=True)]})


@routes.get("/scores/reliability", response_model=Reliability)
def show_reliability(
    deps: DepsParam,
    query: ScoreQueryParam,
    name: Annotated[str, Query(min_length=1, max_length=500, description="a score that is 1 where the run succeeded")],
    item_key: Annotated[str, Query(max_length=200, description="score column or `metadata.<key>`")] = "item_id",
    k_max: Annotated[int, Query(ge=1, le=100)] = 8,
) -> Response:
    """How often at least one of k runs of an item succeeds, and how often all do."""
    return reply(reliability(deps.spans, dataclasses.replace(query, name=name), item_key, k_max))


@routes.get("/scores/export", response_class=StreamingResponse)
def export_scores(deps: DepsParam, query: ListParam, format: Format = "jsonl") -> Response:
    """Streams every score of the project; ``limit`` and ``cursor`` do not apply."""
    return stream(deps, query, format, "scores")
