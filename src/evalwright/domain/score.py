"""A score: any judgement value on a span, trace, session or trial, and the counts that must stand beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

REUSED = "reused"
"""Metadata of a verdict that was given before to the same question: ``{time, cost, calls, latency_ms}`` of then."""


class Target(StrEnum):
    """What a score is about."""

    SPAN = "span"
    TRACE = "trace"
    SESSION = "session"
    TRIAL = "trial"


class ScoreType(StrEnum):
    """How to read ``value`` and ``label``. Boolean scores carry value 1.0/0.0."""

    BOOLEAN = "boolean"
    CATEGORICAL = "categorical"
    ORDINAL = "ordinal"
    NUMERIC = "numeric"
    TEXT = "text"


class ScoreSource(StrEnum):
    """Who judged: an annotation is a score of source human, feedback one of source user."""

    CODE = "code"
    JUDGE = "judge"
    AGENT = "agent"
    HUMAN = "human"
    USER = "user"


class ScoreStatus(StrEnum):
    """The four counts: every target an evaluator was asked about ends in exactly one of them."""

    SCORED = "scored"
    SKIPPED = "skipped"
    UNSEEN = "unseen"
    ERRORED = "errored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A quote the judge gave. ``found`` says whether it occurs in the inputs (None: not checked)."""

    quote: str
    span_id: str = ""
    field: str = ""
    found: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One judgement.

    ``value`` is None unless ``status`` is scored and the type has numbers. ``inclusion_probability`` is how likely
    the target was to be sampled (1.0: everything was). ``trace_id`` is set for span and trace targets, and for
    trials that were traced; ``judge_trace_id`` is the judge's own trace. ``reason`` says why a target was skipped,
    unseen or errored. Two scores with the same ``id`` are versions of one, which keeps its target; the later
    ``created_ns`` wins.
    """

    id: str
    project: str
    target: Target
    name: str
    type: ScoreType = ScoreType.NUMERIC
    source: ScoreSource = ScoreSource.CODE
    status: ScoreStatus = ScoreStatus.SCORED
    value: float | None = None
    label: str = ""
    explanation: str = ""
    evidence: Sequence[Evidence] = ()
    reason: str = ""
    trace_id: str = ""
    span_id: str = ""
    session_id: str = ""
    experiment_id: str = ""
    item_id: str = ""
    trial_id: str = ""
    evaluator: str = ""
    evaluator_version: str = ""
    rule: str = ""
    inclusion_probability: float = 1.0
    annotator: str = ""
    cost: float | None = None
    latency_ms: float | None = None
    judge_trace_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    created_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Denominators:
    """The four counts beside every aggregate of scores."""

    scored: int = 0
    skipped: int = 0
    unseen: int = 0
    errored: int = 0

    @property
    def total(self) -> int:
        """All targets that were asked about."""
        return self.scored + self.skipped + self.unseen + self.errored
