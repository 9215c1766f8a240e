"""The evaluator that names the step and the agent at which a failed run went wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from opentelemetry.trace import TracerProvider

from evalwright.domain.errors import InvalidInput, ModelCallFailed
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import ScoreStatus, ScoreType, Target
from evalwright.evaluators.judge import tracing
from evalwright.evaluators.judge.answer import BrokenAnswer
from evalwright.evaluators.judge.evidence import verify
from evalwright.evaluators.plain import as_text
from evalwright.evaluators.result import MAX_LABEL_CHARS, errored
from evalwright.evaluators.single import OneScore
from evalwright.evaluators.trajectory.asking import Asker, Budget, BudgetSpent, Spent, within
from evalwright.evaluators.trajectory.attribution.contract import SYSTEM, Blame
from evalwright.evaluators.trajectory.attribution.strategies import STRATEGIES, Search, Strategy
from evalwright.evaluators.trajectory.rendering import DEFAULT_CHARS, turns_of
from evalwright.ports.models import ChatModel

_ABOUT_CHARS: Final = 8_000


class FailureAttribution(OneScore):
    """Names the agent (label) and the step (``metadata`` step and span_id) that decided a failed run.

    Meant for runs known to have failed: it looks for the error and does not ask whether there is one. Outcomes are
    ``unseen`` for a run without steps or in which no step was found decisive, and ``errored`` when calls fail, answers
    break the contract twice, or the budget is spent first.
    """

    def __init__(
        self,
        *,
        model: str,
        client: ChatModel,
        strategy: Strategy | str = Strategy.ALL_AT_ONCE,
        name: str = "failure_attribution",
        budget: Budget | None = None,
        max_chars: int = DEFAULT_CHARS,
        call_deadline_s: float = 60.0,
        tracer_provider: TracerProvider | None = None,
    ) -> None:
        """Makes the judge.

        Args:
            model: the model to ask.
            client: how to ask it; the caller closes it.
            strategy: ``all_at_once``, ``step_by_step`` or ``binary_search``.
            name: of the evaluator and its score.
            budget: limits of one verdict.
            max_chars: how much of a run one question shows.
            call_deadline_s: bound of one model call, retries included.
            tracer_provider: where its own traces go; the global provider when None.

        Raises:
            InvalidInput: an unknown strategy.
        """
        if strategy not in list(Strategy):
            raise InvalidInput(f"strategy {strategy!r} is unknown", hint=f"one of {', '.join(Strategy)}")
        self._model = model
        self._client = client
        self._strategy = Strategy(strategy)
        self._budget = budget or Budget()
        self._max_chars = max_chars
        self._call_deadline_s = call_deadline_s
        self._tracer = tracing.tracer(tracer_provider)
        self._spec = _spec(name, model, self._strategy, max_chars)

    async def _outcome(self, subject: Subject) -> Outcome:
        turns = turns_of(subject.steps)
        if not turns:
            return Outcome(status=ScoreStatus.UNSEEN, reason="there are no steps")
        spent = Spent(budget=self._budget)
        with tracing.verdict_span(self._tracer, self._spec, subject) as span:
            search = Search(asker=self._asker(spent), turns=turns, about=_about(subject), max_chars=self._max_chars)
            try:
                blame = await within(self._budget, STRATEGIES[self._strategy](search))
                outcome = _of(blame, search, subject)
            except (ModelCallFailed, BudgetSpent, BrokenAnswer) as error:
                outcome = errored(_why(error))
            outcome = self._finished(outcome, search, tracing.trace_id_of(span))
            tracing.record_outcome(span, outcome)
        return outcome

    def _asker(self, spent: Spent) -> Asker:
        return Asker(
            model=self._model,
            client=self._client,
            spent=spent,
            tracer=self._tracer,
            system=SYSTEM,
            call_deadline_s=self._call_deadline_s,
        )

    def _finished(self, outcome: Outcome, search: Search, trace_id: str) -> Outcome:
        spent = search.asker.spent
        metadata: dict[str, Any] = {
            **outcome.metadata,
            "strategy": self._strategy.value,
            "steps": len(search.turns),
            "calls": spent.calls,
            "tokens": spent.tokens,
            "model": ", ".join(sorted(spent.models)) or self._model,
        }
        if search.cut or search.left_out:
            metadata["cut"] = {"characters": search.cut, "steps": search.left_out}
        return replace(outcome, cost=spent.cost, judge_trace_id=trace_id, metadata=metadata)


def _of(blame: Blame | None, search: Search, subject: Subject) -> Outcome:
    if blame is None:
        return Outcome(status=ScoreStatus.UNSEEN, reason="no step was found to have decided the run")
    turn = search.turns[blame.place]
    texts = {"steps": "\n".join(f"{t.given}\n{t.gave}" for t in search.turns), **search.about}
    return Outcome(
        label=blame.agent[:MAX_LABEL_CHARS],
        explanation=blame.explanation,
        evidence=verify(blame.quotes, texts, subject),
        metadata={"step": blame.place, "span_id": turn.span.span_id},
    )


def _about(subject: Subject) -> Mapping[str, str]:
    told = {"task": "input", "expected": "expected", "answer": "output"}
    found = {name: subject.values.get(key) for name, key in told.items()}
    return {name: as_text(value)[:_ABOUT_CHARS] for name, value in found.items() if value not in (None, "")}


def _why(error: Exception) -> str:
    if isinstance(error, ModelCallFailed):
        return error.message
    return f"the judge's answer cannot be used: {error}" if isinstance(error, BrokenAnswer) else str(error)


def _spec(name: str, model: str, strategy: Strategy, max_chars: int) -> EvaluatorSpec:
    definition = {"strategy": strategy.value, "asked_model": model, "max_chars": max_chars, "prompt": SYSTEM}
    return EvaluatorSpec(
        name=name,
        version=hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:12],
        kind=EvaluatorKind.TRAJECTORY,
        target=Target.TRACE,
        type=ScoreType.CATEGORICAL,
        inputs=("steps",),
        description="Which agent, at which step, made the error that decided a failed run?",
        definition=definition,
    )
