"""Scores as callers send them become scores as they are stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from evalwright.domain.errors import InvalidInput
from evalwright.domain.ids import parse_span_id, parse_trace_id
from evalwright.domain.score import Evidence, Score, ScoreSource, ScoreStatus, ScoreType, Target
from evalwright.ports.spans import AggregateQuery, SpanReader
from evalwright.server import wire
from evalwright.server.params import NO_NUL

CHUNK: Final = 400
"""Ids looked up in one query: as many trace ids as fit into a filter."""

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
Word = Annotated[str, Field(max_length=500, pattern=NO_NUL)]
Text = Annotated[str, Field(max_length=1_000_000)]


class EvidenceIn(BaseModel):
    """A quote a judge gave."""

    model_config = ConfigDict(extra="forbid")

    quote: Text
    span_id: Word = ""
    field: Word = ""
    found: bool | None = None


class Verdict(BaseModel):
    """What was judged, without what it is about."""

    model_config = ConfigDict(extra="forbid")

    type: ScoreType | None = Field(None, description="absent: boolean, numeric or categorical, by the value")
    source: ScoreSource = ScoreSource.CODE
    status: ScoreStatus = ScoreStatus.SCORED
    value: bool | float | None = None
    label: Word = ""
    explanation: Text = ""
    evidence: list[EvidenceIn] = Field(default_factory=list, max_length=1000)
    reason: Text = Field("", description="why it was skipped, unseen or errored")
    evaluator: Word = ""
    evaluator_version: Word = ""
    rule: Word = ""
    inclusion_probability: float = Field(1.0, gt=0, le=1)
    annotator: Word = ""
    cost: float | None = Field(None, ge=0)
    latency_ms: float | None = Field(None, ge=0)
    judge_trace_id: Word = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    created_time: str = Field("", max_length=64, description="absent: now")


class ScoreIn(Verdict):
    """One judgement of a span, trace, session or trial."""

    id: Word = Field("", description="absent: derived, so that the same judgement sent twice is stored once")
    project: Word = ""
    target: Target | None = Field(None, description="absent: by the most precise id that is given")
    name: Name
    trace_id: Word = ""
    span_id: Word = ""
    session_id: Word = ""
    experiment_id: Word = ""
    item_id: Word = ""
    trial_id: Word = ""


def score_type(verdict: Verdict) -> ScoreType:
    """Returns the type given, or the one the value speaks for."""
    if verdict.type is not None:
        return verdict.type
    if isinstance(verdict.value, bool):
        return ScoreType.BOOLEAN
    if verdict.value is not None:
        return ScoreType.NUMERIC
    return ScoreType.CATEGORICAL if verdict.label else ScoreType.NUMERIC


def target_of(body: ScoreIn) -> tuple[Target, str]:
    """Returns what a score is about and its id.

    Raises:
        InvalidInput: the id that the target needs is absent.
    """
    ids = {
        Target.TRIAL: body.trial_id,
        Target.SPAN: body.span_id,
        Target.TRACE: body.trace_id,
        Target.SESSION: body.session_id,
    }
    target = body.target or next((each for each, key in ids.items() if key), None)
    if target is None or not ids[target]:
        wanted = f"{target.value}_id" if target else "span_id, trace_id, session_id or trial_id"
        raise InvalidInput(f"score {body.name!r} needs a {wanted}", hint="say what the score is about")
    return target, ids[target]


def derive_id(*parts: str) -> str:
    """Returns a score id that depends on nothing but the parts."""
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return f"sc_{digest[:32]}"


def verdict_id(project: str, target: Target, target_id: str, name: str, verdict: Verdict) -> str:
    """Returns the id under which the same judge's next verdict on the same target replaces this one.

    Another version of an evaluator is another judge: its verdicts stand beside the old ones, which stay comparable.
    """
    judge = (verdict.source, verdict.evaluator, verdict.evaluator_version, verdict.annotator)
    return derive_id(project, target, target_id, name, *judge)


def check_verdict(name: str, verdict: Verdict) -> None:
    """Returns only when a scored verdict says something, and any other says why.

    Raises:
        InvalidInput: it does not.
    """
    if verdict.status is ScoreStatus.SCORED and verdict.value is None and not (verdict.label or verdict.explanation):
        raise InvalidInput(
            f"score {name!r} has neither value, label nor explanation",
            hint="a target that could not be scored has status skipped, unseen or errored and a reason",
        )


def to_score(body: ScoreIn, *, project: str, now_ns: int) -> Score:
    """Returns the score to store; ids of spans and traces are checked and lower-cased."""
    target, target_id = target_of(body)
    check_verdict(body.name, body)
    return Score(
        id=body.id or verdict_id(project, target, target_id, body.name, body),
        project=project,
        target=target,
        name=body.name,
        trace_id=parse_trace_id(body.trace_id) if body.trace_id else "",
        span_id=parse_span_id(body.span_id) if body.span_id else "",
        session_id=body.session_id,
        experiment_id=body.experiment_id,
        item_id=body.item_id,
        trial_id=body.trial_id,
        **verdict_fields(body, now_ns),
    )


def verdict_fields(body: Verdict, now_ns: int) -> dict[str, Any]:
    """Returns the fields of a score that do not say what it is about."""
    kept = body.model_dump(include={
        "source", "status", "label", "explanation", "reason", "evaluator", "evaluator_version", "rule",
        "inclusion_probability", "annotator", "cost", "latency_ms", "judge_trace_id", "metadata",
    })  # fmt: skip
    return kept | {
        "type": score_type(body),
        "value": None if body.value is None or body.status is not ScoreStatus.SCORED else float(body.value),
        "evidence": tuple(Evidence(**each.model_dump()) for each in body.evidence),
        "created_ns": wire.parse_time(body.created_time) if body.created_time else now_ns,
    }


def resolve(bodies: Sequence[ScoreIn], reader: SpanReader, project: str) -> list[ScoreIn]:
    """Fills trace and session ids that the store knows: two queries per thousand scores, however many there are."""
    lost = {body.span_id for body in bodies if body.span_id and not body.trace_id}
    traces = {key: trace for key, (trace, _) in _look_up(reader, project, "span_id", lost).items()}
    known = [_with(body, trace_id=body.trace_id or traces.get(body.span_id, "")) for body in bodies]
    sessionless = {body.trace_id for body in known if body.trace_id and not body.session_id}
    sessions = {key: session for key, (_, session) in _look_up(reader, project, "trace_id", sessionless).items()}
    return [_with(body, session_id=body.session_id or sessions.get(body.trace_id, "")) for body in known]


def _with(body: ScoreIn, **changes: str) -> ScoreIn:
    return (
        body if all(getattr(body, key) == value for key, value in changes.items()) else body.model_copy(update=changes)
    )


def _look_up(reader: SpanReader, project: str, field: str, keys: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """Returns key -> (trace id, session id) for the span or trace ids that are stored."""
    parse = parse_span_id if field == "span_id" else parse_trace_id
    wanted = {parse(key): key for key in keys}
    found: dict[str, tuple[str, str]] = {}
    ordered = sorted(wanted)
    for at in range(0, len(ordered), CHUNK):
        listed = ", ".join(json.dumps(key) for key in ordered[at : at + CHUNK])
        query = AggregateQuery(
            project=project,
            group_by=list(dict.fromkeys([field, "trace_id", "session_id"])),
            metrics=["count"],
            filter=f"{field} in ({listed})",
            limit=10 * CHUNK,
        )
        table = reader.aggregate(query)
        for row in table.rows:
            named = dict(zip(table.columns, row, strict=True))
            trace, session = str(named["trace_id"]), str(named["session_id"] or "")
            key = wanted[str(named[field])]
            found[key] = (trace, session or found.get(key, ("", ""))[1])
    return found
