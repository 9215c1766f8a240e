"""The evaluator that holds a run's tool calls against the trajectory expected of it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import Evidence, ScoreSource, ScoreStatus, ScoreType, Target
from evalwright.evaluators.fingerprint import fingerprint
from evalwright.evaluators.plain import as_text
from evalwright.evaluators.result import errored
from evalwright.evaluators.trajectory.arguments import ArgumentMode, Rule
from evalwright.evaluators.trajectory.calls import ToolCall, calls_of
from evalwright.evaluators.trajectory.expected import TrajectoryFile, read_calls
from evalwright.evaluators.trajectory.explain import as_metadata, explain
from evalwright.evaluators.trajectory.match import Comparison, Rules, SequenceMode, compare

_CHANGES_WITH: Final = "1"
_RATES: Final = ("precision", "recall", "f1")
Verdict = tuple[str, ScoreType, Outcome]


class TrajectoryMatch:
    """Were the calls made the ones expected? One boolean score, and precision, recall and F1 as scores of their own.

    The expected calls are those given, else ``expected.trajectory`` of the dataset item. A subject without steps or
    without an expectation is ``unseen``.
    """

    def __init__(
        self,
        *,
        name: str = "trajectory_match",
        match: SequenceMode | str = SequenceMode.STRICT,
        arguments: Rule | str = ArgumentMode.EXACT,
        tools: Mapping[str, Rule | str] | None = None,
        trajectory: Sequence[Any] | None = None,
        description: str = "",
    ) -> None:
        """Makes the evaluator.

        Args:
            name: of the evaluator and of its main score; the others are ``name.precision`` and so on.
            match: ``strict``, ``unordered``, ``subset`` or ``superset``.
            arguments: ``exact``, ``ignore``, ``subset``, ``superset``, or a function of (actual, reference).
            tools: tool name -> what holds for its arguments instead.
            trajectory: expected calls, each ``{"tool": ..., "arguments": ...}``; None takes the item's.
            description: what it is for.

        Raises:
            InvalidInput: an unknown mode, or a trajectory that is no list of calls.
        """
        overrides = {tool: _rule(rule) for tool, rule in (tools or {}).items()}
        self.rules = Rules(sequence=_sequence(match), arguments=_rule(arguments), tools=overrides)
        self._expected = None if trajectory is None else _given(trajectory)
        definition = _definition(self.rules, self._expected)
        self._spec = EvaluatorSpec(
            name=name,
            version=hashlib.sha256(
                json.dumps([_CHANGES_WITH, definition], sort_keys=True, default=str).encode()
            ).hexdigest()[:12],
            kind=EvaluatorKind.TRAJECTORY,
            target=Target.TRACE,
            type=ScoreType.BOOLEAN,
            inputs=("trajectory",) if trajectory is not None else ("trajectory", "expected"),
            description=description or "Were the tool calls the ones expected?",
            definition=definition,
        )

    @classmethod
    def from_file(cls, file: TrajectoryFile) -> TrajectoryMatch:
        """Returns the evaluator a file describes."""
        rules = file.rules
        return cls(
            name=file.name,
            match=rules.sequence,
            arguments=rules.arguments,
            tools=rules.tools,
            trajectory=file.trajectory,
            description=file.description,
        )

    @property
    def spec(self) -> EvaluatorSpec:
        """Identity and shape."""
        return self._spec

    @property
    def source(self) -> ScoreSource:
        """Code."""
        return ScoreSource.CODE

    async def evaluate(self, subject: Subject) -> Sequence[Verdict]:
        """Returns the verdict and the three rates; never raises for what the subject holds."""
        started = time.perf_counter()
        reason = self._unseen(subject)
        try:
            verdicts = self._alike(ScoreStatus.UNSEEN, reason) if reason else self._compared(subject)
        except InvalidInput as error:
            verdicts = self._alike(ScoreStatus.ERRORED, error.message)
        except Exception as error:  # a matcher is the user's code: what it raises is this outcome, not the run's end
            verdicts = self._alike(ScoreStatus.ERRORED, f"{type(error).__name__}: {error}")
        spent = (time.perf_counter() - started) * 1000
        return [(name, kind, replace(outcome, latency_ms=spent)) for name, kind, outcome in verdicts]

    def _unseen(self, subject: Subject) -> str:
        if not subject.steps:
            return "there are no steps"
        if self._expected is None and _of_item(subject) is None:
            return "the item has no expected.trajectory"
        return ""

    def _compared(self, subject: Subject) -> list[Verdict]:
        expected = self._expected if self._expected is not None else read_calls(_of_item(subject), "expected")
        found = compare(calls_of(subject.steps), expected, self.rules)
        outcome = Outcome(
            value=float(found.ok),
            label="true" if found.ok else "false",
            explanation=explain(found),
            evidence=_evidence(found),
            metadata=as_metadata(found),
        )
        name = self._spec.name
        rates = [(f"{name}.{rate}", ScoreType.NUMERIC, _rate(rate, getattr(found, rate))) for rate in _RATES]
        return [(name, ScoreType.BOOLEAN, outcome), *rates]

    def _alike(self, status: ScoreStatus, reason: str) -> list[Verdict]:
        outcome = errored(reason) if status is ScoreStatus.ERRORED else Outcome(status=status, reason=reason)
        name = self._spec.name
        return [
            (name, ScoreType.BOOLEAN, outcome),
            *((f"{name}.{rate}", ScoreType.NUMERIC, outcome) for rate in _RATES),
        ]


def _rate(name: str, value: float | None) -> Outcome:
    if value is None:
        why = {"precision": "no call was made", "recall": "no call was expected"}.get(name, "there was no call")
        return Outcome(status=ScoreStatus.SKIPPED, reason=why)
    return Outcome(value=value)


def _evidence(found: Comparison) -> tuple[Evidence, ...]:
    wrong = [a for a, _ in (*found.wrong_arguments, *found.out_of_order)]
    places = [*wrong, *(found.extra if found.mode is not SequenceMode.SUPERSET else ())]
    return tuple(
        Evidence(
            quote=as_text(found.actual[place].arguments)[:200],
            span_id=found.actual[place].span_id,
            field="input",
            found=True,
        )
        for place in (places if not found.ok else [])[:5]
    )


def _of_item(subject: Subject) -> Any:
    expected = subject.values.get("expected")
    return expected.get("trajectory") if isinstance(expected, Mapping) else None


def _given(trajectory: Sequence[Any]) -> Sequence[ToolCall]:
    plain = [call for call in trajectory if not isinstance(call, ToolCall)]
    return read_calls(trajectory) if plain else list(trajectory)


def _sequence(mode: SequenceMode | str) -> SequenceMode:
    try:
        return SequenceMode(mode)
    except ValueError:
        raise InvalidInput(f"match {mode!r} is no mode", hint=f"one of {', '.join(SequenceMode)}") from None


def _rule(rule: Rule | str) -> Rule:
    if callable(rule) and not isinstance(rule, str):
        return rule
    try:
        return ArgumentMode(rule)
    except ValueError:
        raise InvalidInput(f"arguments {rule!r} is no mode", hint=f"one of {', '.join(ArgumentMode)}") from None


def _definition(rules: Rules, expected: Sequence[ToolCall] | None) -> Mapping[str, Any]:
    return {
        "match": rules.sequence.value,
        "arguments": _named(rules.arguments),
        "tools": {tool: _named(rule) for tool, rule in rules.tools.items()},
        "trajectory": None if expected is None else [_as_data(call) for call in expected],
    }


def _as_data(call: ToolCall) -> Mapping[str, Any]:
    return {"tool": call.name, **({} if call.any_arguments else {"arguments": dict(call.arguments)})}


def _named(rule: Rule) -> str:
    return rule.value if isinstance(rule, ArgumentMode) else f"function {fingerprint(rule, {})}"
