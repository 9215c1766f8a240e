"""GET /experiments/compare and POST /gate/check. Included before the routes of ``experiments``.

What needs numpy is imported when it is first asked for: an idle server does without its 25 MB.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from evalwright.domain.calibration import ComparedCorrection
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Comparison, Experiment, default_direction
from evalwright.domain.gate import Criterion, Decision
from evalwright.domain.project import Scope
from evalwright.server import wire
from evalwright.server.judgements import Name, Word
from evalwright.server.params import CallerParam, CursorParam, DepsParam, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import extend, list_of, map_of, model_of, shape

routes = router("comparisons")
_Metrics = map_of(model_of(Estimate))
ComparedItem = shape(
    "ComparedItem",
    "One item on both sides; each estimate is over that item's own trials.",
    item_key=str,
    input=Any,
    baseline=_Metrics,
    candidate=_Metrics,
)
ComparisonDetail = extend(
    Comparison,
    "ComparisonDetail",
    "A comparison and a page of its items; ``corrections`` is empty unless asked for.",
    corrections=list_of(model_of(ComparedCorrection)),
    rows=list_of(ComparedItem),
    next_cursor=str,
)
ExperimentName = Annotated[str, Query(min_length=1, max_length=300, description="name or id")]


def _with_direction(criterion: Any) -> Any:
    """Less is better for latency, cost and tokens unless the criterion says otherwise, as in a gate file."""
    if isinstance(criterion, dict) and "direction" not in criterion and isinstance(criterion.get("metric"), str):
        return {**criterion, "direction": default_direction(criterion["metric"])}
    return criterion


class GateIn(BaseModel):
    """A candidate and the criteria it must hold."""

    model_config = ConfigDict(extra="forbid")

    candidate: Name
    baseline: Word = Field("", description="needed by criteria with a margin")
    criteria: list[Annotated[Criterion, BeforeValidator(_with_direction)]] = Field(min_length=1, max_length=200)
    allow_untrusted_judges: bool = Field(
        False, description="let judges decide that no calibration speaks for; the decision names them"
    )
    project: Word = ""


def _directions(lower: str) -> dict[str, str]:
    return {name.strip(): "lower" for name in lower.split(",") if name.strip()}


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise InvalidInput(f"{cursor!r} is not a cursor of this comparison")
    return int(cursor)


@routes.get("/experiments/compare", response_model=ComparisonDetail)
def compare_two(
    deps: DepsParam,
    caller: CallerParam,
    baseline: ExperimentName,
    candidate: ExperimentName,
    project: ProjectParam = "",
    lower: Annotated[str, Query(max_length=2000, description="metrics for which less is better, comma-separated")] = "",
    corrected: Annotated[bool, Query(description="also what people would have said, by the calibration")] = False,
    limit: Annotated[int, Query(ge=0, le=1000, description="items in the page")] = 100,
    cursor: CursorParam = "",
) -> Response:
    """Candidate against baseline: each difference paired by item, with its interval and corrected p-value."""
    from evalwright.server.corrections import correct_comparison
    from evalwright.server.results import compare_experiments, inputs_of, side_by_side

    allowed = caller.project(Scope.READ, project)
    old, new = (deps.records.find_experiment(allowed, name) for name in (baseline, candidate))
    comparison, before, after = compare_experiments(deps, old, new, _directions(lower))
    keys = sorted({row.item_key for row in (*before.rows, *after.rows)})
    at = _offset(cursor)
    shown = keys[at : at + limit]
    inputs = inputs_of(deps.records, old, shown) | inputs_of(deps.records, new, shown)
    rows = side_by_side(before.rows, after.rows, shown, inputs)
    following = str(at + limit) if limit and at + limit < len(keys) else ""
    made = correct_comparison(deps, comparison) if corrected else ()
    return reply({**wire.to_plain(comparison), "corrections": made, "rows": rows, "next_cursor": following})


@routes.post("/gate/check", response_model=model_of(Decision))
def check_gate(deps: DepsParam, caller: CallerParam, body: GateIn, project: ProjectParam = "") -> Response:
    """Decides whether the candidate holds every criterion: pass, fail, or inconclusive with what would decide."""
    from evalwright.experiments.comparison import failed_items
    from evalwright.release.gate import check
    from evalwright.server.results import compare_experiments, estimates, judge_warnings, read_results
    from evalwright.server.trust import trust_of

    allowed = caller.project(Scope.READ, body.project, project)
    candidate = _finished(deps.records.find_experiment(allowed, body.candidate))
    directions = {criterion.metric: criterion.direction for criterion in body.criteria}
    allowed_untrusted = body.allow_untrusted_judges
    if body.baseline:
        baseline = _finished(deps.records.find_experiment(allowed, body.baseline))
        comparison, _, found = compare_experiments(deps, baseline, candidate, directions)
        decided = check(comparison, body.criteria, judges=comparison.judges, allow_untrusted=allowed_untrusted)
    else:
        found = read_results(deps, candidate)
        decided = check(
            estimates(found.rows),
            body.criteria,
            failed_items=failed_items(found.rows, directions),
            judges=trust_of(deps, allowed, found.writers),
            allow_untrusted=allowed_untrusted,
        )
    return reply(replace(decided, warnings=judge_warnings(deps, candidate, found)))


def _finished(experiment: Experiment) -> Experiment:
    if not experiment.completed:
        raise NotFound(f"experiment {experiment.name!r} has no trials yet", hint="run it first")
    return experiment
