"""Builders of what evaluators are asked about."""

from __future__ import annotations

import json
from typing import Any

from evalwright.domain.content import Document, Message, Part, SpanContent
from evalwright.domain.evaluator import Outcome, StepContent, Subject
from evalwright.domain.score import Target
from evalwright.domain.span import Span, SpanKind, SpanStatus

TRACE_ID = "a" * 32


def step(
    kind: str,
    name: str = "",
    *,
    given: Any = "",
    gave: Any = "",
    at: int = 0,
    failed: bool = False,
    documents: tuple[Document, ...] = (),
    system: str = "",
) -> StepContent:
    """One step that starts at ``at`` and takes one unit."""
    text = [value if isinstance(value, str) else json.dumps(value) for value in (given, gave)]
    span = Span(
        project="p",
        trace_id=TRACE_ID,
        span_id=f"{at + 1:016x}",
        name=name or kind.lower(),
        kind=SpanKind(kind),
        start_ns=at * 1000,
        end_ns=at * 1000 + 1000,
        status=SpanStatus.ERROR if failed else SpanStatus.OK,
        status_message="boom" if failed else "",
        input=text[0],
        output=text[1],
        tool_name=name if kind == "TOOL" else "",
    )
    messages = (Message(role="system", parts=(Part(type="text", text=system),)),) if system else ()
    return StepContent(span=span, content=SpanContent(documents=documents, input_messages=messages))


def subject(*steps: StepContent, target: Target = Target.TRACE, **values: Any) -> Subject:
    """A subject with these values and steps."""
    return Subject(target=target, key=TRACE_ID, project="p", trace_id=TRACE_ID, values=values, steps=steps)


async def only(evaluator: Any, judged: Subject) -> Outcome:
    """The one outcome of an evaluator."""
    [(_, _, outcome)] = await evaluator.evaluate(judged)
    return outcome
