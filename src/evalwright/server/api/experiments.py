"""/experiments and their trials."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from evalwright.domain.calibration import Correction
from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Experiment, Trial
from evalwright.domain.judging import Judging
from evalwright.domain.project import Scope
from evalwright.domain.score import ScoreSource, ScoreStatus, ScoreType
from evalwright.domain.trace import Page
from evalwright.semconv import preview
from evalwright.semconv.values import shown
from evalwright.server import wire
from evalwright.server.judgements import Name, Text, Word
from evalwright.server.outcomes import Outcome, outcomes_of
from evalwright.server.params import NO_NUL, CallerParam, CursorParam, DepsParam, NameOrId, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import extend, list_of, map_of, model_of, page_of, shape
from evalwright.server.trials import TrialIn, people_together, scores_by_trial, to_rows

MAX_TRIALS = 5000
PREVIEW = 200
JUDGED = frozenset({ScoreSource.JUDGE, ScoreSource.AGENT})

routes = router("experiments")
TrialScore = shape(
    "TrialScore",
    "One score of a trial.",
    type=ScoreType,
    value=float | None,
    label=str,
    status=ScoreStatus,
    explanation=str,
)
TrialDetail = extend(
    Trial,
    "TrialDetail",
    "A trial with its scores by name and its item's input as words; ``input`` is all of it where one item was asked "
    "for, else null.",
    scores=map_of(TrialScore),
    input_preview=str,
    input=Any,
)
Mean = shape("Mean", "The mean of one score over all trials.", metric=str, estimate=model_of(Estimate))
ExperimentSummary = extend(
    Experiment,
    "ExperimentSummary",
    "An experiment with the means of its scores, as its report has them, and how many of its trials failed.",
    metrics=list_of(Mean),
    failed=int,
)
MetricEstimate = shape(
    "MetricEstimate",
    "One metric over all trials; ``correction`` is null unless asked for and the metric is a judge's.",
    metric=str,
    estimate=model_of(Estimate),
    correction=model_of(Correction) | None,
)
ExperimentDetail = extend(
    Experiment,
    "ExperimentDetail",
    "An experiment with its metrics, how its judges came to their verdicts, and what makes those doubtful today.",
    metrics=list_of(MetricEstimate),
    judging=list_of(model_of(Judging)),
    warnings=list[str],
)
Stored = shape("Stored", "How many trials the experiment holds now.", written=int, completed=int)


class ExperimentIn(BaseModel):
    """An experiment to start, or to resume."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    dataset: Name = Field(description="name or id")
    dataset_version: int = Field(0, ge=0, le=2**31 - 1, description="0: the newest")
    trials: int = Field(1, ge=1, le=1000)
    description: Text = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    evaluators: dict[str, str] = Field(default_factory=dict)
    project: Word = ""


class TrialsIn(BaseModel):
    """Finished trials with their scores."""

    model_config = ConfigDict(extra="forbid")

    trials: list[TrialIn] = Field(max_length=MAX_TRIALS)


class Finish(BaseModel):
    """How the run ended."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["finished", "failed", "cancelled"] = "finished"


@routes.get("/experiments", response_model=page_of(ExperimentSummary))
def list_experiments(
    deps: DepsParam,
    caller: CallerParam,
    project: ProjectParam = "",
    dataset: Annotated[str, Query(max_length=300, description="name or id of a dataset")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: CursorParam = "",
) -> Response:
    """Experiments with the means of their scores, newest first."""
    allowed = caller.project(Scope.READ, project)
    dataset_id = deps.records.find_dataset(allowed, dataset).id if dataset else ""
    page = deps.records.list_experiments(allowed, dataset_id=dataset_id, limit=limit, cursor=cursor)
    outcomes = outcomes_of(deps, allowed, page.items)
    items = [_summary(each, outcomes[each.id]) for each in page.items]
    return reply(Page(items=items, next_cursor=page.next_cursor))


def _summary(experiment: Experiment, outcome: Outcome) -> dict[str, Any]:
    means = [{"metric": name, "estimate": estimate} for name, estimate in outcome.metrics.items()]
    return {**wire.to_plain(experiment), "metrics": means, "failed": outcome.failed}


@routes.post("/experiments", response_model=model_of(Experiment))
def create_experiment(deps: DepsParam, caller: CallerParam, body: ExperimentIn, project: ProjectParam = "") -> Response:
    """Starts an experiment; the same name on the same dataset version and trials resumes it."""
    allowed = caller.project(Scope.WRITE, body.project, project)
    dataset = deps.records.find_dataset(allowed, body.dataset)
    experiment = deps.records.create_experiment(
        allowed,
        body.name,
        dataset_id=dataset.id,
        dataset_version=body.dataset_version or dataset.version,
        trials=body.trials,
        description=body.description,
        metadata=body.metadata,
        evaluators=body.evaluators,
    )
    return reply(experiment)


@routes.get("/experiments/{name_or_id}", response_model=ExperimentDetail)
def show_experiment(
    deps: DepsParam,
    caller: CallerParam,
    name_or_id: NameOrId,
    project: ProjectParam = "",
    corrected: Annotated[bool, Query(description="also what people would have said, by the calibration")] = False,
) -> Response:
    """One experiment with every metric's mean, interval (clustered by item) and four counts."""
    from evalwright.server.corrections import correct_experiment
    from evalwright.server.results import estimates, judge_warnings, read_results  # numpy, only when asked for

    experiment = deps.records.find_experiment(caller.project(Scope.READ, project), name_or_id)
    found = read_results(deps, experiment)
    means = estimates(found.rows)
    judged = {writer.metric for writer in found.writers if writer.source in JUDGED}
    wanted = {name: each for name, each in means.items() if name in judged} if corrected else {}
    made = correct_experiment(deps, experiment, wanted)
    metrics = [{"metric": name, "estimate": each, "correction": made.get(name)} for name, each in means.items()]
    warnings = judge_warnings(deps, experiment, found)
    return reply({**wire.to_plain(experiment), "metrics": metrics, "judging": found.judging, "warnings": warnings})


@routes.delete("/experiments/{name_or_id}", status_code=204, response_class=Response)
def delete_experiment(
    deps: DepsParam, caller: CallerParam, name_or_id: NameOrId, project: ProjectParam = ""
) -> Response:
    """Deletes the experiment and its trials; scores stay in the score store."""
    deps.records.delete_experiment(deps.records.find_experiment(caller.project(Scope.WRITE, project), name_or_id).id)
    return Response(status_code=204)


@routes.get("/experiments/{name_or_id}/trials", response_model=page_of(TrialDetail))
def list_trials(
    deps: DepsParam,
    caller: CallerParam,
    name_or_id: NameOrId,
    project: ProjectParam = "",
    item: Annotated[
        str, Query(max_length=1000, pattern=NO_NUL, description="only trials of the item of this key or id")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    cursor: CursorParam = "",
) -> Response:
    """Trials with their scores."""
    from evalwright.server.results import inputs_of  # numpy, only when asked for

    experiment = deps.records.find_experiment(caller.project(Scope.READ, project), name_or_id)
    page = deps.records.list_trials(experiment.id, item_key=item, limit=limit, cursor=cursor)
    scores = scores_by_trial(deps.spans, experiment, [trial.id for trial in page.items])
    inputs = inputs_of(deps.records, experiment, {trial.item_key for trial in page.items})
    items = [
        {
            **wire.to_plain(trial),
            "scores": _by_name(scores.get(trial.id, ())),
            "input_preview": _words(inputs.get(trial.item_key)),
            "input": inputs.get(trial.item_key) if item else None,
        }
        for trial in page.items
    ]
    return reply(Page(items=items, next_cursor=page.next_cursor))


def _words(value: Any) -> str:
    return preview(shown(value) or "", "", PREVIEW)


def _by_name(scores: Any) -> dict[str, dict[str, Any]]:
    """Scores by name; what was not scored explains itself by its reason."""
    return {
        each.name: {
            **{name: getattr(each, name) for name in ("type", "value", "label", "status")},
            "explanation": each.explanation or each.reason,
        }
        for each in people_together(sorted(scores, key=lambda score: score.created_ns))
    }


@routes.post("/experiments/{name_or_id}/trials", response_model=Stored)
def add_trials(
    deps: DepsParam, caller: CallerParam, name_or_id: NameOrId, body: TrialsIn, project: ProjectParam = ""
) -> Response:
    """Stores trials (by item and index) and their scores; scores first, so that a stored trial is a complete one."""
    experiment = deps.records.find_experiment(caller.project(Scope.WRITE, project), name_or_id)
    trials, scores = to_rows(body.trials, experiment, now_ns=deps.clock.now_ns())
    if scores:
        deps.spans.write_scores(scores)
    completed = deps.records.add_trials(experiment.id, trials)
    return reply({"written": len(trials), "completed": completed})


@routes.post("/experiments/{name_or_id}/finish", response_model=model_of(Experiment))
def finish_experiment(
    deps: DepsParam, caller: CallerParam, name_or_id: NameOrId, body: Finish, project: ProjectParam = ""
) -> Response:
    """Marks the run as ended."""
    experiment = deps.records.find_experiment(caller.project(Scope.WRITE, project), name_or_id)
    return reply(deps.records.finish_experiment(experiment.id, body.status))
