"""Spans made into what evaluators are asked about. Only what was recorded is filled in; the rest stays absent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evalwright.domain.content import Message
from evalwright.domain.evaluator import StepContent, Subject
from evalwright.domain.score import Target
from evalwright.domain.span import CostSource, Span, SpanKind


def span_subject(step: StepContent) -> Subject:
    """Returns the subject of one span."""
    span = step.span
    values = {
        "input": span.input,
        "output": span.output,
        "messages": _messages([*step.content.input_messages, *step.content.output_messages]),
        "context": [document.content for document in step.content.documents if document.content],
        **_about(span),
        **_totals([span], keep_rollups=True),
        "latency_ms": span.duration_ns / 1e6 if span.end_ns else None,
        "tools": _tools([step]),
    }
    return Subject(
        target=Target.SPAN,
        key=span.span_id,
        project=span.project,
        trace_id=span.trace_id,
        span_id=span.span_id,
        session_id=span.session_id,
        values=_present(values),
        steps=(step,),
    )


def trace_subject(steps: Sequence[StepContent]) -> Subject:
    """Returns the subject of one trace from all its spans, in any order; there must be at least one."""
    ordered = in_order(steps)
    top = root_of(ordered)
    session = next((step.span.session_id for step in ordered if step.span.session_id), "")
    return Subject(
        target=Target.TRACE,
        key=top.span.trace_id,
        project=top.span.project,
        trace_id=top.span.trace_id,
        session_id=session,
        values=_present(_trace_values(ordered, top)),
        steps=tuple(ordered),
    )


def session_subject(session_id: str, steps: Sequence[StepContent]) -> Subject:
    """Returns the subject of one session: its traces in order of time, as one conversation."""
    by_trace: dict[str, list[StepContent]] = {}
    for step in in_order(steps):
        by_trace.setdefault(step.span.trace_id, []).append(step)
    ordered = [step for group in by_trace.values() for step in group]
    turns = [_trace_values(group, root_of(group)) for group in by_trace.values()]
    values = {
        **_trace_values(ordered, root_of(ordered)),
        "input": turns[0]["input"],
        "output": turns[-1]["output"],
        "messages": [message for turn in turns for message in _turn(turn)],
    }
    first = ordered[0].span
    return Subject(
        target=Target.SESSION,
        key=session_id,
        project=first.project,
        trace_id=first.trace_id if len(by_trace) == 1 else "",
        session_id=session_id,
        values=_present(values),
        steps=tuple(ordered),
    )


def in_order(steps: Iterable[StepContent]) -> list[StepContent]:
    """Returns the steps by start time; of equal starts the longer, which encloses the other, comes first."""
    return sorted(steps, key=lambda step: (step.span.start_ns, -step.span.end_ns))


def root_of(ordered: Sequence[StepContent]) -> StepContent:
    """Returns the first step without a parent, else the first whose parent never arrived."""
    ids = {step.span.span_id for step in ordered}
    orphans = [step for step in ordered if step.span.parent_span_id not in ids]
    return next((step for step in orphans if not step.span.parent_span_id), (orphans or list(ordered))[0])


def _trace_values(ordered: Sequence[StepContent], top: StepContent) -> dict[str, Any]:
    calls = [step for step in ordered if step.span.kind is SpanKind.LLM]
    last = calls[-1].content if calls else top.content
    documents = [d.content for step in ordered if step.span.kind is SpanKind.RETRIEVER for d in step.content.documents]
    ends = [step.span.end_ns for step in ordered if step.span.end_ns]
    return {
        "input": top.span.input or _first_question(calls),
        "output": top.span.output or (last.output_messages[-1].text if last.output_messages else ""),
        "messages": _messages([*last.input_messages, *last.output_messages]),
        "context": [text for text in documents if text],
        "tools": _tools(ordered),
        "latency_ms": (max(ends) - ordered[0].span.start_ns) / 1e6 if ends else None,
        **_about(top.span),
        **_totals([step.span for step in ordered], keep_rollups=False),
    }


def _first_question(calls: Sequence[StepContent]) -> str:
    asked = (message for step in calls for message in step.content.input_messages if message.role == "user")
    return next((message.text for message in asked if message.text), "")


def _turn(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    pairs = (("user", values["input"]), ("assistant", values["output"]))
    return [{"role": role, "content": text} for role, text in pairs if text]


def _messages(messages: Iterable[Message]) -> list[dict[str, Any]]:
    return [_message(message) for message in messages]


def _message(message: Message) -> dict[str, Any]:
    calls = [
        {"id": part.tool_call_id, "name": part.tool_name, "arguments": part.arguments}
        for part in message.parts
        if part.type == "tool_call"
    ]
    results = [part.result for part in message.parts if part.type == "tool_call_response"]
    text = message.text or "\n".join(r if isinstance(r, str) else json.dumps(r, default=str) for r in results)
    return {"role": message.role, "content": text, **({"tool_calls": calls} if calls else {})}


def _tools(steps: Iterable[StepContent]) -> list[dict[str, Any]]:
    known = {tool.name: tool for step in steps for tool in step.content.tools}
    return [{"name": t.name, "description": t.description, "parameters": t.parameters} for t in known.values()]


def _about(span: Span) -> dict[str, Any]:
    identity = {
        "environment": span.environment,
        "release": span.release,
        "user_id": span.user_id,
        "agent_name": span.agent_name,
        "prompt_name": span.prompt_name,
        "prompt_version": span.prompt_version,
        "tags": list(span.tags),
    }
    return {
        "attributes": dict(span.attributes),
        "metadata": {name: value for name, value in identity.items() if value},
        "status": span.status.value,
        "error": span.status_message,
    }


def _totals(spans: Sequence[Span], *, keep_rollups: bool) -> dict[str, Any]:
    """Returns tokens and cost; the cost is absent when any usage has no price, for then it is only a lower bound."""
    counted = [span for span in spans if keep_rollups or not span.usage_rollup]
    into = [span.input_tokens for span in counted if span.input_tokens is not None]
    out = [span.output_tokens for span in counted if span.output_tokens is not None]
    costs = [span.cost for span in counted if span.cost is not None]
    unpriced = any(span.cost_source is CostSource.UNPRICED for span in counted)
    return {
        "input_tokens": sum(into) if into else None,
        "output_tokens": sum(out) if out else None,
        "total_tokens": sum(into) + sum(out) if into or out else None,
        "cost": sum(costs) if costs and not unpriced else None,
    }


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value not in ("", [], {})}
