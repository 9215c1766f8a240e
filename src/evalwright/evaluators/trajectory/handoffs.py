"""Who handed to whom in a multi-agent run, from whatever the source recorded of it.

No convention has one attribute for it. An agent that comes to act was called by the node its ``graph.node.parent_id``
names; else by the agent whose transfer tool, or pair of ``gen_ai.agent.source`` and ``target``, named it before; else
by the agent whose span encloses it; else, at the top of a trace, by the agent that acted before it. A transfer to an
agent that never shows a span is a handoff too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evalwright.domain.evaluator import StepContent
from evalwright.domain.span import Span, SpanKind
from evalwright.evaluators.trajectory.canonical import as_arguments

_TRANSFER: Final = re.compile(
    r"^(?:transfer|hand[_ -]?off|delegate|route|escalate|ask[_ ]question)(?:[_ ]work)?[_ ]to[_ ](?P<agent>[\w .-]+)$",
    re.IGNORECASE,
)
_TARGETS: Final = ("agent_name", "agent", "target_agent", "to_agent", "to", "recipient", "coworker", "next_agent")
_PLAIN: Final = frozenset({"agent", "coworker", "teammate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """One agent gave work to another.

    ``span_id`` is the span that shows it and ``by`` what in it does: graph, tool, pair, nesting or turn.
    """

    source: str
    target: str
    span_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRun:
    """What happened between agents: every turn an agent took, in order, and every handoff."""

    turns: Sequence[tuple[str, str]]
    handoffs: Sequence[Handoff]

    @property
    def agents(self) -> Sequence[str]:
        """The agents in the order in which they first acted."""
        return list(dict.fromkeys(name for name, _ in self.turns))


def agent_run(steps: Sequence[StepContent]) -> AgentRun:
    """Returns turns and handoffs of steps in start order. An agent that goes on or calls itself hands nothing over."""
    reader = _Reader(steps)
    for step in steps:
        reader.read(step)
    return AgentRun(turns=reader.turns, handoffs=reader.finish())


class _Reader:
    """Walks the steps once, remembering who acts and which transfers wait for their agent to act."""

    def __init__(self, steps: Sequence[StepContent]) -> None:
        self._spans = {step.span.span_id: step.span for step in steps}
        self._nodes = {node: _name(step.span) for step in steps if (node := _text(step.span, "graph.node.id"))}
        self._waiting: list[Handoff] = []
        self._named: list[Handoff] = []
        self._found: list[Handoff] = []
        self.turns: list[tuple[str, str]] = []

    def read(self, step: StepContent) -> None:
        """Takes the next step in."""
        span = step.span
        above = self._above(span)
        pair = _text(span, "gen_ai.agent.source"), _text(span, "gen_ai.agent.target")
        if all(pair):
            self._waiting.append(Handoff(source=pair[0], target=pair[1], span_id=span.span_id, by="pair"))
        target = _transfer_target(step)
        if target:
            self._waiting.append(
                Handoff(source=above or span.agent_name, target=target, span_id=span.span_id, by="tool")
            )
        name = "" if target else _name(span)
        if name and name != above:
            self._turn(span, name, above)

    def finish(self) -> Sequence[Handoff]:
        """Returns every handoff in order, with those whose agent never acted."""
        order = {span_id: place for place, span_id in enumerate(self._spans)}
        found = [*self._found, *(handoff for handoff in self._waiting if handoff.source != handoff.target)]
        return sorted(found, key=lambda handoff: order[handoff.span_id])

    def _turn(self, span: Span, name: str, above: str) -> None:
        before = self.turns[-1][0] if self.turns else ""
        self.turns.append((name, span.span_id))
        told = next((waiting for waiting in self._waiting if _alike(waiting.target, name)), None)
        if told is not None:
            self._waiting.remove(told)
        parent = self._nodes.get(_text(span, "graph.node.parent_id"), "")
        choices = (
            (parent, "graph"),
            (told.source if told else "", told.by if told else ""),
            (above, "nesting"),
            (before, "turn"),
        )
        source, by = next(((source, by) for source, by in choices if source), ("", ""))
        if source and source != name:
            shown = told.span_id if told is not None and by == told.by else span.span_id
            self._found.append(Handoff(source=source, target=name, span_id=shown, by=by))

    def _above(self, span: Span) -> str:
        """The nearest agent that encloses a span."""
        seen = {span.span_id}
        parent = self._spans.get(span.parent_span_id)
        while parent is not None and parent.span_id not in seen:
            if name := _name(parent):
                return name
            seen.add(parent.span_id)
            parent = self._spans.get(parent.parent_span_id)
        return ""


def _name(span: Span) -> str:
    """The agent a span is the turn of; empty for other spans."""
    if span.kind is SpanKind.AGENT:
        return span.agent_name or _text(span, "graph.node.name") or _text(span, "graph.node.id") or span.name
    return _text(span, "graph.node.name") or _text(span, "graph.node.id")


def _text(span: Span, key: str) -> str:
    value = span.attributes.get(key)
    return value.strip() if isinstance(value, str) else ""


def _transfer_target(step: StepContent) -> str:
    span = step.span
    if span.kind is not SpanKind.TOOL:
        return ""
    match = _TRANSFER.match(span.tool_name or span.name)
    if match is None:
        return ""
    named = match["agent"].strip()
    if named.casefold() not in _PLAIN:
        return named
    given = step.content.tool_arguments if step.content.tool_arguments is not None else span.input
    return _first_text(as_arguments(given))


def _first_text(arguments: Mapping[str, object]) -> str:
    return next((value for key in _TARGETS if isinstance(value := arguments.get(key), str) and value), "")


def _alike(first: str, second: str) -> bool:
    """Tool names spell an agent's name in their own way: transfer_to_billing_agent, Billing Agent."""
    plain = [re.sub(r"[^a-z0-9]", "", name.casefold()).removesuffix("agent") for name in (first, second)]
    return plain[0] == plain[1]
