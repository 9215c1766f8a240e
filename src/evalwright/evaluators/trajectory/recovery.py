"""What became of tool errors: made good, admitted in the answer, or passed over in silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from evalwright.domain.evaluator import StepContent
from evalwright.domain.score import Evidence
from evalwright.evaluators.catalogue.tools import admits_problem, made_good, tool_failed, tool_name, tool_steps
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.plain import as_text
from evalwright.evaluators.result import Score

LABELS: Final = ("recovered", "admitted", "ignored")


def error_recovery() -> CodeEvaluator:
    """How tool errors ended: ``recovered`` by a later success of the tool, ``admitted`` in the answer, ``ignored``."""

    def error_recovery(trajectory: Sequence[StepContent], output: Any = "") -> Score | None:
        """How tool errors ended, the worst first; skipped when no tool failed."""
        calls = tool_steps(trajectory)
        failed = [step for step in calls if tool_failed(step)]
        if not failed:
            return None
        open_ones = [step for step in failed if not made_good(step, calls)]
        label = "recovered" if not open_ones else "admitted" if admits_problem(as_text(output)) else "ignored"
        names = ", ".join(sorted({tool_name(step) for step in open_ones}))
        said = f"{len(failed) - len(open_ones)} of {len(failed)} errors were made good"
        return Score(
            label=label,
            explanation=f"{said}; not so {names}" if names else said,
            evidence=[_mark(step) for step in (open_ones or failed)[:5]],
            metadata={"errors": len(failed), "made_good": len(failed) - len(open_ones)},
        )

    return CodeEvaluator(error_recovery, type="categorical", labels=LABELS)


def _mark(step: StepContent) -> Evidence:
    quote = (step.span.output or step.span.status_message)[:200]
    return Evidence(quote=quote, span_id=step.span.span_id, field="output", found=True)
