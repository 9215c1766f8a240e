"""The evaluator that judges a run as an agent would: it looks, computes, asks, then commits itself with evidence."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from opentelemetry.trace import TracerProvider

from evalwright.domain.errors import InvalidInput, ModelCallFailed
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import ScoreSource, ScoreStatus, ScoreType
from evalwright.evaluators.agent import prompt
from evalwright.evaluators.agent.sandbox import SandboxRunner
from evalwright.evaluators.agent.toolset import Toolbox
from evalwright.evaluators.agent.trace_tools import TraceTools
from evalwright.evaluators.judge import Judge, tracing
from evalwright.evaluators.judge.rubric import Rubric
from evalwright.evaluators.plain import as_text
from evalwright.evaluators.result import errored
from evalwright.evaluators.single import OneScore
from evalwright.evaluators.trajectory.asking import Budget, BudgetSpent, Spent, within
from evalwright.ports.models import ChatModel

_ABOUT_CHARS: Final = 6_000
_NO_STEPS: Final = "there are no steps"
DEFAULT_BUDGET: Final = Budget(max_calls=20, max_tokens=400_000, deadline_s=300.0)


class AgentJudge(OneScore):
    """Judges by a rubric with tools over the trace, a sandbox for code, and sub-judges. Needs the extra ``agents``.

    Outcomes: ``scored`` with evidence whose spans exist and whose quotes occur in them; ``unseen`` without steps or
    when the judge abstains; ``errored`` when the model fails, keeps submitting broken verdicts, or the budget is spent
    first.
    """

    _source = ScoreSource.AGENT

    def __init__(
        self,
        rubric: Rubric,
        *,
        model: str,
        client: ChatModel,
        sandbox: SandboxRunner | None = None,
        sub_rubrics: Mapping[str, Rubric] | None = None,
        budget: Budget = DEFAULT_BUDGET,
        call_deadline_s: float = 60.0,
        tracer_provider: TracerProvider | None = None,
    ) -> None:
        """Makes the judge.

        Args:
            rubric: what it judges by.
            model: the model to ask, unless the rubric pins one by name.
            client: how to ask it; the caller closes it.
            sandbox: where it may run code; None gives it no such tool.
            sub_rubrics: rubrics by which it may ask sub-judges about single texts.
            budget: turns (``max_calls``), tokens, cost and time of one verdict.
            call_deadline_s: bound of one model call, retries included.
            tracer_provider: where its own trace goes; the global provider when None.

        Raises:
            InvalidInput: the agent library is not installed.
        """
        try:
            import pydantic_ai  # noqa: F401
        except ImportError as error:
            raise InvalidInput(
                "the agent judge needs a library that is not installed", hint="pip install 'evalwright[agents]'"
            ) from error
        self.rubric = rubric
        self._model = str(rubric.model.get("name") or model)
        self._client = client
        self._sandbox = sandbox
        self._budget = budget
        self._call_deadline_s = call_deadline_s
        self._tracer = tracing.tracer(tracer_provider)
        self._sub_judges = {
            name: Judge(found, model=model, client=client, tracer_provider=tracer_provider)
            for name, found in (sub_rubrics or {}).items()
        }
        self._spec = _spec(rubric, self._model, sandbox is not None, self._sub_judges)

    async def _outcome(self, subject: Subject) -> Outcome:
        return await self._judge(subject) if subject.steps else Outcome(status=ScoreStatus.UNSEEN, reason=_NO_STEPS)

    async def _judge(self, subject: Subject) -> Outcome:
        spent = Spent(budget=self._budget)
        with tracing.verdict_span(self._tracer, self._spec, subject) as span:
            toolbox = Toolbox(
                subject=subject,
                trace=TraceTools(subject),
                fence=secrets.token_hex(6),
                tracer=self._tracer,
                spent=spent,
                sandbox=self._sandbox,
                sub_judges=self._sub_judges,
            )
            try:
                outcome = await within(self._budget, self._run(toolbox))
            except (ModelCallFailed, BudgetSpent) as error:
                outcome = errored(error.message if isinstance(error, ModelCallFailed) else str(error))
            metadata = {
                "model": ", ".join(sorted(spent.models)) or self._model,
                "calls": spent.calls,
                "tokens": spent.tokens,
                "tools": list(toolbox.used),
            }
            trace_id = tracing.trace_id_of(span)
            outcome = replace(outcome, cost=spent.cost, judge_trace_id=trace_id, metadata=metadata)
            tracing.record_outcome(span, outcome)
        return outcome

    async def _run(self, toolbox: Toolbox) -> Outcome:
        from evalwright.evaluators.agent.loop import run_agent

        return await run_agent(
            toolbox,
            rubric=self.rubric,
            client=self._client,
            model=self._model,
            instructions=prompt.instructions(self.rubric, toolbox.fence, self._budget.max_calls),
            opening=prompt.opening(_about(toolbox.subject), toolbox.fence),
            call_deadline_s=self._call_deadline_s,
        )


def _about(subject: Subject) -> Mapping[str, str]:
    found = {name: subject.values.get(name) for name in ("input", "expected", "output")}
    texts = {name: as_text(value) for name, value in found.items() if value not in (None, "")}
    return {name: text if len(text) <= _ABOUT_CHARS else text[:_ABOUT_CHARS] + " [cut]" for name, text in texts.items()}


def _spec(rubric: Rubric, model: str, sandboxed: bool, sub_judges: Mapping[str, Judge]) -> EvaluatorSpec:
    definition: dict[str, Any] = {
        "rubric_version": rubric.version,
        "asked_model": model,
        "labels": dict(rubric.labels),
        "rules": list(rubric.rules),
        "run_code": sandboxed,
        "sub_judges": {name: judge.spec.version for name, judge in sub_judges.items()},
        "prompt": prompt.instructions(rubric, "FENCE", 0),
    }
    return EvaluatorSpec(
        name=rubric.name,
        version=hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:12],
        kind=EvaluatorKind.AGENT,
        target=rubric.target,
        type=rubric.type,
        inputs=("steps",),
        labels=tuple(rubric.verdicts) if rubric.type is not ScoreType.NUMERIC else (),
        description=rubric.description,
        definition=definition,
    )
