"""The verdict an agent judge submits, held to the contract: a known label, and quotes that occur in the steps named."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import Evidence, ScoreStatus, ScoreType
from evalwright.evaluators.agent.trace_tools import TraceTools
from evalwright.evaluators.judge.answer import MAX_EXPLANATION_CHARS, BrokenAnswer, clean
from evalwright.evaluators.judge.evidence import stands_in
from evalwright.evaluators.judge.rubric import EvidenceRule, Rubric

_MOST_QUOTES: Final = 20
_QUOTE_CHARS: Final = 2_000


def read_verdict(
    rubric: Rubric,
    tools: TraceTools,
    label: str,
    explanation: str,
    evidence: Sequence[Mapping[str, Any]],
    value: float | None = None,
) -> Outcome:
    """Returns the outcome of a verdict.

    Raises:
        BrokenAnswer: an unknown label or a number out of range, no explanation, evidence in a step that is not there, a
            quote that does not occur in its step, or none where the rubric requires it.
    """
    chosen = next((known for known in rubric.verdicts if known.casefold() == label.strip().casefold()), None)
    if chosen is None:
        raise BrokenAnswer(f"label {label[:60]!r} is not one of {', '.join(rubric.verdicts)}")
    said = clean(explanation)[:MAX_EXPLANATION_CHARS]
    if not said:
        raise BrokenAnswer("the explanation is missing")
    quotes = tuple(_checked(quote, tools) for quote in evidence[:_MOST_QUOTES])
    if chosen in rubric.abstain:
        return Outcome(status=ScoreStatus.UNSEEN, label=chosen, reason=f"{chosen}: {said}", evidence=quotes)
    if rubric.evidence is EvidenceRule.REQUIRED and not quotes:
        raise BrokenAnswer("the rubric requires evidence: quote at least one step")
    if rubric.type is ScoreType.NUMERIC:
        return Outcome(value=_number(value, rubric), explanation=said, evidence=quotes)
    return Outcome(value=rubric.scores.get(chosen), label=chosen, explanation=said, evidence=quotes)


def _checked(quote: Mapping[str, Any], tools: TraceTools) -> Evidence:
    span_id, text = str(quote.get("span_id", "")).strip(), clean(quote.get("quote", ""))[:_QUOTE_CHARS]
    if not tools.holds(span_id, "", lambda _, __: True):
        raise BrokenAnswer(f"evidence names the step {span_id[:40]!r}, which is not there")
    if not tools.holds(span_id, text, stands_in):
        raise BrokenAnswer(f"{text[:80]!r} does not occur in step {span_id}: copy quotes word for word")
    return Evidence(quote=text, span_id=span_id, field="step", found=True)


def _number(value: float | None, rubric: Rubric) -> float:
    if value is None or not math.isfinite(value) or not rubric.low <= value <= rubric.high:
        raise BrokenAnswer(f"value {value!r} is not a number from {rubric.low:g} to {rubric.high:g}")
    return rubric.turned(float(value))
