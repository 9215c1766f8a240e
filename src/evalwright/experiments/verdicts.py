"""Judging a finished trial, and what is sent of each verdict."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalwright.domain.dataset import Item
from evalwright.domain.evaluator import Evaluator, Outcome, StepContent, Subject
from evalwright.domain.score import ScoreStatus, ScoreType, Target
from evalwright.sdk.values import cut, to_plain

Verdicts = dict[str, dict[str, Any]]
_MAX_TEXT: Final = 100_000


def subject_of(
    item: Item,
    trial_id: str,
    trace_id: str,
    values: Mapping[str, Any],
    steps: Sequence[StepContent],
    *,
    repeat: int = 0,
) -> Subject:
    """Returns what evaluators see of a trial; what is not there is absent, so that they say ``unseen``."""
    documents = [document.content for step in steps for document in step.content.documents if document.content]
    present = {
        "input": item.input,
        "expected": item.expected,
        "metadata": item.metadata,
        "item": item,
        "context": documents or None,
        **values,
    }
    kept = {name: value for name, value in present.items() if value is not None or name == "output"}
    return Subject(
        target=Target.TRIAL,
        key=trial_id,
        trace_id=trace_id,
        item_id=item.id,
        trial_id=trial_id,
        values=kept,
        steps=steps,
        repeat=repeat,
    )


async def judge(evaluators: Sequence[Evaluator], subject: Subject, timeout_s: float) -> Verdicts:
    """Returns every evaluator's scores by name."""
    judged = await asyncio.gather(*(_judge_with(evaluator, subject, timeout_s) for evaluator in evaluators))
    return {name: verdict for verdicts in judged for name, verdict in verdicts.items()}


def unjudged(evaluators: Sequence[Evaluator], reason: str) -> Verdicts:
    """Returns an errored score of each evaluator: a task that failed stays in every count."""
    outcome = Outcome(status=ScoreStatus.ERRORED, reason=reason)
    return {each.spec.name: _verdict(each, each.spec.type, outcome) for each in evaluators}


async def _judge_with(evaluator: Evaluator, subject: Subject, timeout_s: float) -> Verdicts:
    try:
        async with asyncio.timeout(timeout_s):
            found = await evaluator.evaluate(subject)
    except TimeoutError:
        return unjudged([evaluator], f"the evaluator took over {timeout_s:g} s")
    except Exception as error:  # one evaluator's fault is its own outcome, never the run's end
        return unjudged([evaluator], f"{type(error).__name__}: {error}")
    return {name: _verdict(evaluator, kind, outcome) for name, kind, outcome in found}


def _verdict(evaluator: Evaluator, kind: ScoreType, outcome: Outcome) -> dict[str, Any]:
    value = outcome.value
    status, reason = outcome.status, outcome.reason
    if value is not None and not math.isfinite(value):
        status, reason, value = ScoreStatus.ERRORED, f"the evaluator returned {value!r}, which is no number", None
    elif status is ScoreStatus.SCORED and value is None and not (outcome.label or outcome.explanation):
        status, reason = ScoreStatus.ERRORED, "the evaluator returned neither value, label nor explanation"
    evidence = [
        {"quote": cut(each.quote, _MAX_TEXT), "span_id": each.span_id, "field": each.field, "found": each.found}
        for each in outcome.evidence
    ]
    return {
        "type": kind.value,
        "source": evaluator.source.value,
        "status": status.value,
        "value": value,
        "label": cut(outcome.label, 400),
        "explanation": cut(outcome.explanation, _MAX_TEXT),
        "evidence": evidence,
        "reason": cut(reason, _MAX_TEXT),
        "evaluator": evaluator.spec.name,
        "evaluator_version": evaluator.spec.version,
        "cost": outcome.cost,
        "latency_ms": outcome.latency_ms,
        "judge_trace_id": outcome.judge_trace_id,
        "metadata": to_plain(dict(outcome.metadata)),
    }
