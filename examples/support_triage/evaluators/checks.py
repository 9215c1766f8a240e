"""Checks of the support desk that need no judge. They read recorded traces and experiment trials alike."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from evalwright.domain.evaluator import StepContent
from evalwright.evaluators import Score, evaluator

REFUNDED = re.compile(r"\b(have|has been|was) refunded|refunded invoice|refund is on its way", re.IGNORECASE)
BILLING = re.compile(r"\b(refund|charged|invoice|seats|subscription)\b", re.IGNORECASE)
ADMITS = re.compile(r"\b(could not|cannot|failed|unavailable|went wrong|ticket|colleague)\b", re.IGNORECASE)
CITED = re.compile(r"\[([\w-]+\.md)\]")


def answer_of(output: Any) -> str:
    """Returns the text the customer got."""
    return str(output.get("answer", "")) if isinstance(output, dict) else str(output)


def actions_of(output: Any, steps: Sequence[StepContent]) -> Iterator[tuple[str, str, str]]:
    """Yields name, arguments and result of every tool call, from a trial's output or from a trace's spans."""
    if isinstance(output, dict):
        for action in output.get("actions", ()):
            yield action["tool"], json.dumps(action["arguments"], sort_keys=True), str(action.get("result", ""))
        return
    for step in steps:
        if step.span.kind == "TOOL":
            arguments = json.dumps(step.content.tool_arguments, sort_keys=True, default=str)
            yield step.span.tool_name, arguments, json.dumps(step.content.tool_result, default=str)
        elif step.span.kind == "RETRIEVER":
            yield "search_docs", json.dumps({"query": step.span.input}), " ".join(d.id for d in step.content.documents)
        elif step.span.kind == "AGENT" and step.span.agent_name != "lead":
            yield f"ask_{step.span.agent_name}", step.span.input, step.span.output


def recorded(output: Any, steps: Sequence[StepContent]) -> list[tuple[str, str, str]] | None:
    """Returns the tool calls, or None when neither place holds a record of them."""
    return list(actions_of(output, steps)) if steps or isinstance(output, dict) else None


@evaluator(type="boolean")
def no_invented_refund(output: Any, steps: Sequence[StepContent] = ()) -> Score | None:
    """A refund the answer confirms was really made. Skipped when no refund is confirmed."""
    answer, actions = answer_of(output), recorded(output, steps)
    claim = REFUNDED.search(answer)
    if actions is None or not claim:
        return None
    made = any(name == "issue_refund" and "refund_id" in result for name, _, result in actions)
    return Score(
        value=made, explanation="" if made else "no refund was made", evidence=() if made else (claim.group(),)
    )


@evaluator(type="boolean")
def right_specialist(input: Any, output: Any, steps: Sequence[StepContent] = ()) -> Score | None:
    """Money matters went to billing and the rest to technical. Skipped when nobody was asked."""
    actions = recorded(output, steps) or []
    asked = [name for name, _, _ in actions if name in ("ask_billing", "ask_technical")]
    if not asked:
        return None
    wanted = "ask_billing" if BILLING.search(str(input)) else "ask_technical"
    return Score(value=asked[0] == wanted, explanation=f"{asked[0]} was called, {wanted} was right")


@evaluator(type="boolean")
def errors_admitted(output: Any, steps: Sequence[StepContent] = ()) -> Score | None:
    """An answer after a failed tool says so. Skipped when no tool failed."""
    actions = recorded(output, steps) or []
    failed = [name for name, _, result in actions if '"error"' in result or '\\"error\\"' in result]
    if not failed:
        return None
    return Score(value=bool(ADMITS.search(answer_of(output))), explanation=f"{', '.join(failed)} failed")


@evaluator(type="boolean")
def no_loop(output: Any, steps: Sequence[StepContent] = ()) -> Score | None:
    """No tool was called more than twice with the same arguments."""
    actions = recorded(output, steps)
    if actions is None:
        return None
    (name, _), times = Counter((n, a) for n, a, _ in actions).most_common(1)[0] if actions else (("", ""), 0)
    return Score(value=times <= 2, explanation=f"{name} was called {times} times alike" if times > 2 else "")


@evaluator(type="boolean")
def cites_what_it_read(output: Any, steps: Sequence[StepContent] = ()) -> Score | None:
    """Every document cited was retrieved. Skipped when nothing is cited."""
    actions = recorded(output, steps)
    cited = set(CITED.findall(answer_of(output)))
    if actions is None or not cited:
        return None
    read = set(re.findall(r"[\w-]+\.md", " ".join(result for name, _, result in actions if name == "search_docs")))
    return Score(value=cited <= read, explanation=f"never retrieved: {', '.join(cited - read)}" if cited - read else "")
