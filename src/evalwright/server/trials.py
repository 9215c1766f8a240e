"""Trials as callers send them, and the scores that belong to an experiment."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from evalwright.domain.experiment import Experiment, Trial, TrialStatus
from evalwright.domain.ids import parse_trace_id
from evalwright.domain.score import Score, ScoreSource, ScoreStatus, Target
from evalwright.ports.records import ExperimentStore
from evalwright.ports.spans import ScoreQuery, SpanReader
from evalwright.server import wire
from evalwright.server.judgements import Name, Text, Verdict, Word, check_verdict, verdict_fields, verdict_id
from evalwright.server.paging import PAGE, SCORES, entries, pages, score_pages


class TrialIn(BaseModel):
    """One finished repeat of one item, with its scores by name."""

    model_config = ConfigDict(extra="forbid")

    id: Word = Field("", description="absent: derived from experiment, item and index")
    item_id: Name
    item_key: Name
    index: int = Field(0, ge=0, le=1_000_000)
    status: TrialStatus = TrialStatus.OK
    output: Any = None
    error: Text = ""
    trace_id: Word = ""
    latency_ms: float | None = Field(None, ge=0)
    input_tokens: int | None = Field(None, ge=0, le=2**53)
    output_tokens: int | None = Field(None, ge=0, le=2**53)
    cost: float | None = Field(None, ge=0)
    created_time: str = Field("", max_length=64, description="absent: now")
    scores: dict[Name, Verdict] = Field(default_factory=dict, max_length=200)


def to_rows(bodies: Sequence[TrialIn], experiment: Experiment, *, now_ns: int) -> tuple[list[Trial], list[Score]]:
    """Returns the trials and all their scores, ready to store."""
    trials = [_to_trial(body, experiment, now_ns) for body in bodies]
    given = [
        (name, verdict, trial)
        for body, trial in zip(bodies, trials, strict=True)
        for name, verdict in body.scores.items()
    ]
    # A nanosecond apart, as scores sent alone are: the later one in a request is the newer.
    scores = [
        _to_score(name, verdict, trial, experiment, now_ns + at) for at, (name, verdict, trial) in enumerate(given)
    ]
    return trials, scores


def _to_trial(body: TrialIn, experiment: Experiment, now_ns: int) -> Trial:
    given = body.model_dump(exclude={"id", "trace_id", "created_time", "scores"})
    digest = hashlib.sha256(f"{experiment.id}\n{body.item_id}\n{body.index}".encode()).hexdigest()
    return Trial(
        id=body.id or f"tr_{digest[:32]}",
        experiment_id=experiment.id,
        trace_id=parse_trace_id(body.trace_id) if body.trace_id else "",
        created_ns=wire.parse_time(body.created_time) if body.created_time else now_ns,
        **given,
    )


def _to_score(name: str, verdict: Verdict, trial: Trial, experiment: Experiment, now_ns: int) -> Score:
    check_verdict(name, verdict)
    return Score(
        id=verdict_id(experiment.project, Target.TRIAL, trial.id, name, verdict),
        project=experiment.project,
        target=Target.TRIAL,
        name=name,
        trace_id=trial.trace_id,
        experiment_id=experiment.id,
        item_id=trial.item_id,
        trial_id=trial.id,
        **verdict_fields(verdict, now_ns),
    )


def scores_of(reader: SpanReader, experiment: Experiment, trial_ids: Sequence[str] = ()) -> list[Score]:
    """Returns every score of an experiment's trials, or of those named."""
    query = ScoreQuery(project=experiment.project, experiment_id=experiment.id, trial_ids=trial_ids, limit=SCORES)
    return list(entries(score_pages(reader, query)))


def scores_by_trial(
    reader: SpanReader, experiment: Experiment, trial_ids: Sequence[str]
) -> Mapping[str, Sequence[Score]]:
    """Returns trial id -> its scores, of the trials named."""
    grouped: dict[str, list[Score]] = {}
    for score in scores_of(reader, experiment, trial_ids) if trial_ids else ():
        grouped.setdefault(score.trial_id, []).append(score)
    return grouped


def people_together(scores: Sequence[Score]) -> Sequence[Score]:
    """Returns the scores of one trial, oldest first, with those that several people gave under one name made one.

    Its label is that of most of them, none where they are evenly divided; its value their mean; its explanation says
    who said what.
    """
    votes: dict[str, dict[str, Score]] = {}
    for score in scores:
        if score.source is ScoreSource.HUMAN and score.status is ScoreStatus.SCORED and score.annotator:
            votes.setdefault(score.name, {})[score.annotator] = score
    several = {name: list(given.values()) for name, given in votes.items() if len(given) > 1}
    return [*(each for each in scores if each.name not in several), *map(_together, several.values())]


def _together(given: Sequence[Score]) -> Score:
    ranked = Counter(each.label for each in given if each.label).most_common(2)
    decided = ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1])
    values = [each.value for each in given if each.value is not None]
    return replace(
        given[-1],
        label=ranked[0][0] if decided else "evenly divided" if ranked else "",
        value=sum(values) / len(values) if values else None,
        explanation="; ".join(f"{each.annotator}: {each.label or each.value}" for each in given),
    )


def trials_of(records: ExperimentStore, experiment: Experiment) -> list[Trial]:
    """Returns every trial of an experiment."""
    return list(entries(pages(lambda cursor: records.list_trials(experiment.id, limit=PAGE, cursor=cursor))))
