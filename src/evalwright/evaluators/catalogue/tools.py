"""Which tools were called, in which order, how often, and what became of their errors."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import StepContent
from evalwright.domain.score import Evidence
from evalwright.domain.span import SpanKind, SpanStatus
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.plain import as_json, as_text
from evalwright.evaluators.result import Score

_ADMITS: Final = re.compile(
    r"\b(could ?n[o']t|can ?n[o']t|unable|fail(ed|ure)?|errors?|sorry|unavailable|not available|not found"
    r"|no (such|record)|try again|went wrong|problem|timed? ?out|escalat\w+|colleague|specialist|human)\b",
    re.IGNORECASE,
)


def tool_steps(steps: Sequence[StepContent]) -> list[StepContent]:
    """Returns the tool calls in start order."""
    return [step for step in steps if step.span.kind is SpanKind.TOOL]


def tool_name(step: StepContent) -> str:
    """Returns the tool's name, or the span's where the source gave none."""
    return step.span.tool_name or step.span.name


def tool_failed(step: StepContent) -> bool:
    """True when the span is an error or its result says so: an ``error`` key, ``isError``, or text that begins so."""
    if step.span.status is SpanStatus.ERROR:
        return True
    result = step.content.tool_result if step.content.tool_result is not None else step.span.output
    value = as_json(result)
    if isinstance(value, dict):
        return bool(value.get("error") or value.get("isError") or value.get("is_error"))
    return isinstance(value, str) and value.lstrip().lower().startswith(("error", "exception", "traceback"))


def tool_called(*, name: str) -> CodeEvaluator:
    """A tool was called at least once. Traces without steps are unseen."""

    def tool_called(trajectory: Sequence[StepContent]) -> Score:
        """A tool was called at least once."""
        calls = [step for step in tool_steps(trajectory) if tool_name(step) == name]
        return Score(value=bool(calls), explanation=f"{name} was called {len(calls)} times")

    return CodeEvaluator(tool_called, type="boolean", config={"name": name})


def tool_argument(*, name: str, argument: str, equals: str = "", pattern: str = "") -> CodeEvaluator:
    """Every call of a tool has this argument, equal to ``equals`` or matching ``pattern``; there, if neither is given.

    Skipped when the tool was not called.
    """
    if equals and pattern:
        raise InvalidInput("give equals or pattern, not both")
    try:
        compiled = re.compile(pattern or ".*", re.DOTALL)
    except re.error as error:
        raise InvalidInput(f"{pattern!r} is no regular expression: {error}") from error

    def tool_argument(trajectory: Sequence[StepContent]) -> Score | None:
        """Every call of a tool has an argument as it should be."""
        calls = [step for step in tool_steps(trajectory) if tool_name(step) == name]
        wrong = [step for step in calls if not holds(step)]
        evidence = [
            Evidence(quote=as_text(step.span.input)[:200], span_id=step.span.span_id, field="input") for step in wrong
        ]
        said = f"{len(wrong)} of {len(calls)} calls"
        return Score(value=not wrong, explanation=said, evidence=evidence) if calls else None

    def holds(step: StepContent) -> bool:
        given = step.content.tool_arguments if step.content.tool_arguments is not None else step.span.input
        arguments = as_json(given)
        if not isinstance(arguments, dict) or arguments.get(argument) is None:
            return False
        text = as_text(arguments[argument])
        return text == equals if equals else compiled.search(text) is not None

    config = {"name": name, "argument": argument, "equals": equals, "pattern": pattern}
    return CodeEvaluator(tool_argument, type="boolean", config=config)


def tool_call_order(*, order: str) -> CodeEvaluator:
    """Tools were first called in this order, such as ``lookup>check>refund``; others may come between them."""
    wanted = [name.strip() for name in order.split(">") if name.strip()]
    if len(wanted) < 2:
        raise InvalidInput(f"{order!r} is no order of tools", hint="write it as first>second")

    def tool_call_order(trajectory: Sequence[StepContent]) -> Score | None:
        """Tools were called in the order given; skipped when none of them was."""
        called = [tool_name(step) for step in tool_steps(trajectory)]
        if not set(wanted) & set(called):
            return None
        remaining = iter(called)
        kept = all(name in remaining for name in wanted)
        return Score(value=kept, explanation=f"called: {' > '.join(called)}")

    return CodeEvaluator(tool_call_order, type="boolean", config={"order": wanted})


def no_repeated_calls(*, limit: int = 2) -> CodeEvaluator:
    """No tool was called with the same arguments more than ``limit`` times in one trace: the mark of a loop."""
    if limit < 1:
        raise InvalidInput(f"limit {limit!r} must be at least 1")

    def no_repeated_calls(trajectory: Sequence[StepContent]) -> Score:
        """No tool was called again and again with the same arguments."""
        calls = tool_steps(trajectory)
        counts = Counter((step.span.trace_id, tool_name(step), _arguments(step)) for step in calls)
        (_, tool, _), times = max(counts.items(), key=lambda pair: pair[1], default=(("", "", ""), 0))
        again = [s for s in calls if counts[(s.span.trace_id, tool_name(s), _arguments(s))] > limit]
        evidence = [
            Evidence(quote=_arguments(step), span_id=step.span.span_id, field="input", found=True) for step in again
        ]
        said = f"{tool} was called {times} times with the same arguments" if again else ""
        return Score(value=not again, explanation=said, evidence=evidence[:5])

    return CodeEvaluator(no_repeated_calls, type="boolean", config={"limit": limit})


def no_tool_errors_ignored() -> CodeEvaluator:
    """Each failed tool call was made good by a later call of that tool, or the answer admits a problem."""

    def no_tool_errors_ignored(trajectory: Sequence[StepContent], output: Any) -> Score | None:
        """No tool error was ignored; skipped when no tool failed."""
        calls = tool_steps(trajectory)
        failed = [step for step in calls if tool_failed(step)]
        if not failed:
            return None
        open_ones = [step for step in failed if not made_good(step, calls)]
        ignored = [] if admits_problem(as_text(output)) else open_ones
        evidence = [
            Evidence(
                quote=step.span.output[:200] or step.span.status_message[:200],
                span_id=step.span.span_id,
                field="output",
            )
            for step in ignored
        ]
        names = ", ".join(sorted({tool_name(step) for step in ignored}))
        said = f"the answer does not mention that {names} failed" if ignored else ""
        return Score(value=not ignored, explanation=said, evidence=evidence)

    return CodeEvaluator(no_tool_errors_ignored, type="boolean")


def admits_problem(answer: str) -> bool:
    """True when an answer says that something went wrong, or hands the matter on."""
    return _ADMITS.search(answer) is not None


def made_good(failed: StepContent, calls: Sequence[StepContent]) -> bool:
    """True when a later call of the same tool succeeded."""
    return any(
        tool_name(later) == tool_name(failed)
        and later.span.start_ns >= failed.span.end_ns
        and later is not failed
        and not tool_failed(later)
        for later in calls
    )


def _arguments(step: StepContent) -> str:
    given = step.content.tool_arguments if step.content.tool_arguments is not None else step.span.input
    value = as_json(given)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
