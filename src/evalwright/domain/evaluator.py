"""What an evaluator is: a named, versioned judge of one kind of target, fed by inputs bound by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from evalwright.domain.content import SpanContent
from evalwright.domain.score import Evidence, ScoreSource, ScoreStatus, ScoreType, Target
from evalwright.domain.span import Span


class EvaluatorKind(StrEnum):
    """How an evaluator reaches its verdict."""

    CODE = "code"
    JUDGE = "judge"
    TRAJECTORY = "trajectory"
    AGENT = "agent"
    HUMAN = "human"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatorSpec:
    """Name, version and shape of an evaluator. ``version`` is a content hash of what decides its verdicts.

    ``inputs`` names the arguments it needs; ``definition`` is the rubric (judges) or the source text (code).
    ``min_agreement`` is the bar its agreement with people must hold before it may decide anything; like the
    description it is no part of the version, for it changes no verdict.
    """

    name: str
    version: str
    kind: EvaluatorKind
    target: Target
    type: ScoreType
    inputs: Sequence[str] = ()
    labels: Sequence[str] = ()
    description: str = ""
    definition: Mapping[str, Any] = field(default_factory=dict)
    min_agreement: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredEvaluator:
    """An evaluator the server has seen: its newest spec, how many versions there were, first and last use."""

    project: str
    spec: EvaluatorSpec
    versions: int
    created_ns: int
    updated_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContent:
    """A span with its structured content, as evaluators see it."""

    span: Span
    content: SpanContent


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged. Fields an evaluator names that are absent here make the outcome ``unseen``, never a score.

    Attributes:
        target: which kind of thing this is.
        key: unique name of the target within its kind: span id, trace id, session id or trial id.
        values: argument name -> value: ``input``, ``output``, ``expected``, ``context`` (retrieved documents' text),
            ``tools``, ``messages``, ``metadata``, ``item`` ... Only what is really there.
        steps: the spans of the trace or session in start order (one element for a span target).
        repeat: which repeat of the same thing this is, such as a trial of an item: each is judged for itself.
    """

    target: Target
    key: str
    project: str = ""
    trace_id: str = ""
    span_id: str = ""
    session_id: str = ""
    experiment_id: str = ""
    item_id: str = ""
    trial_id: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    steps: Sequence[StepContent] = ()
    repeat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an evaluator said about one subject; the runner turns it into a Score.

    ``reason`` is required for every status but scored.
    """

    status: ScoreStatus = ScoreStatus.SCORED
    value: float | None = None
    label: str = ""
    explanation: str = ""
    evidence: Sequence[Evidence] = ()
    reason: str = ""
    cost: float | None = None
    latency_ms: float | None = None
    judge_trace_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Evaluator(Protocol):
    """Anything that judges. Implementations never raise for a bad subject: they return an errored outcome."""

    @property
    def spec(self) -> EvaluatorSpec:
        """Identity and shape."""
        ...

    @property
    def source(self) -> ScoreSource:
        """The source its scores carry."""
        ...

    async def evaluate(self, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
        """Returns (score name, type, outcome) for each score; exactly one for most evaluators."""
        ...
