"""The tool calls of a trajectory: what was called, with which arguments, in which span."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalwright.domain.evaluator import StepContent
from evalwright.domain.span import SpanKind
from evalwright.evaluators.catalogue.tools import tool_failed, tool_name, tool_steps
from evalwright.evaluators.trajectory.canonical import as_arguments, canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call. ``span_id`` is the span that shows it, ``failed`` what its result says.

    ``any_arguments`` marks an expected call of which nothing but the tool was said.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    span_id: str = ""
    failed: bool = False
    any_arguments: bool = False

    @property
    def key(self) -> Hashable:
        """Equal for calls of the same tool with the same arguments."""
        return self.name, self.any_arguments, canonical(self.arguments)


def calls_of(steps: Sequence[StepContent]) -> list[ToolCall]:
    """Returns the tool calls in start order.

    Tool spans are what happened. A trace that has none, for its source records model calls only, gives the calls its
    models asked for, each once however often later prompts repeat it.
    """
    ran = tool_steps(steps)
    return [_ran(step) for step in ran] if ran else _asked(steps)


def _ran(step: StepContent) -> ToolCall:
    given = step.content.tool_arguments if step.content.tool_arguments is not None else step.span.input
    return ToolCall(
        name=tool_name(step), arguments=as_arguments(given), span_id=step.span.span_id, failed=tool_failed(step)
    )


def _asked(steps: Sequence[StepContent]) -> list[ToolCall]:
    calls: list[ToolCall] = []
    seen: set[str] = set()
    for step in steps:
        if step.span.kind is not SpanKind.LLM:
            continue
        parts = (part for message in step.content.output_messages for part in message.parts)
        for part in parts:
            if part.type != "tool_call" or (part.tool_call_id and part.tool_call_id in seen):
                continue
            seen.add(part.tool_call_id)
            calls.append(
                ToolCall(name=part.tool_name, arguments=as_arguments(part.arguments), span_id=step.span.span_id)
            )
    return calls
