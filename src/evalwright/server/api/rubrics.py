"""POST /evaluators/validate and /evaluators/try: a rubric checked, and tried on a few recorded things."""

from __future__ import annotations

import re
from typing import Any, Final

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.project import Scope
from evalwright.domain.score import Score
from evalwright.server.judgements import Word
from evalwright.server.params import MAX_TEXT, CallerParam, DepsParam, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import list_of, model_of, shape

MAX_DEFINITION: Final = 200_000
MAX_TRIED: Final = 5

routes = router("evaluators")
RubricProblem = shape(
    "RubricProblem", "What is wrong with a rubric, and where; lines count from 1.", message=str, line=int, hint=str
)
Checked = shape(
    "CheckedRubric",
    "What the rubric means; ``spec`` is null when it has problems. The first problem is the one told.",
    spec=model_of(EvaluatorSpec) | None,
    problems=list_of(RubricProblem),
)
Tried = shape(
    "TriedRubric",
    "What a rubric said of a few recorded things. Nothing is stored. ``cost`` is null when any call has no price.",
    spec=model_of(EvaluatorSpec),
    scores=list_of(model_of(Score)),
    cost=float | None,
    latency_ms=float,
)
_LINE: Final = re.compile(r"rubric, line (\d+): ")


class RubricIn(BaseModel):
    """A rubric as a YAML text."""

    model_config = ConfigDict(extra="forbid")

    definition_yaml: str = Field(max_length=MAX_DEFINITION)
    model: Word = Field("", description="the model to ask; one that the rubric pins by name goes before it")


class TryIn(RubricIn):
    """A rubric, and what to try it on."""

    filter: str = Field("", max_length=MAX_TEXT, description="of the spans, traces or sessions to judge; newest first")
    limit: int = Field(3, ge=1, le=MAX_TRIED)
    project: Word = ""


@routes.post("/evaluators/validate", response_model=Checked)
def validate_rubric(caller: CallerParam, body: RubricIn, project: ProjectParam = "") -> Response:
    """Checks a rubric without storing it."""
    from evalwright.evaluators.judge import Judge, parse_rubric  # yaml, only when asked for

    caller.project(Scope.READ, project)
    try:
        spec = Judge(parse_rubric(body.definition_yaml), model=body.model).spec
    except InvalidInput as error:
        return reply({"spec": None, "problems": [_problem(error)]})
    return reply({"spec": spec, "problems": []})


def _problem(error: InvalidInput) -> dict[str, Any]:
    found = _LINE.match(error.message)
    message = error.message[found.end() :] if found else error.message
    return {"message": message, "line": int(found.group(1)) if found else 1, "hint": error.hint}


@routes.post("/evaluators/try", response_model=Tried)
async def try_rubric(deps: DepsParam, caller: CallerParam, body: TryIn, project: ProjectParam = "") -> Response:
    """Judges a few recorded spans, traces or sessions by a rubric, on the configured model endpoint."""
    from evalwright.server.tryouts import try_out

    allowed = caller.project(Scope.WRITE, body.project, project)
    return reply(await try_out(deps, allowed, body.definition_yaml, body.model, body.filter, body.limit))
