"""What must hold between the agents of a run: who hands to whom, who never does, in which order, how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import StepContent
from evalwright.domain.score import Evidence
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.result import Score
from evalwright.evaluators.trajectory.handoffs import AgentRun, agent_run

Edge = tuple[str, str]
_KEYS: Final = ("name", "kind", "description", "required", "forbidden", "only", "order", "at_most")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffRules:
    """What is expected of a run.

    Attributes:
        required: handoffs that must happen.
        forbidden: handoffs that must not.
        only: every handoff is one of these; None allows any.
        order: agents that must first act in this order; others may come between.
        at_most: agent -> how many turns it may take.
    """

    required: Sequence[Edge] = ()
    forbidden: Sequence[Edge] = ()
    only: Sequence[Edge] | None = None
    order: Sequence[str] = ()
    at_most: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that does not hold, in words, and the spans that show it."""

    what: str
    span_ids: Sequence[str] = ()


def broken_rules(run: AgentRun, rules: HandoffRules) -> Sequence[Broken]:
    """Returns every rule a run breaks. A ``*`` in an edge stands for any agent."""
    found = [
        Broken(what=f"{_edge(edge)} did not happen")
        for edge in rules.required
        if not any(_fits((h.source, h.target), edge) for h in run.handoffs)
    ]
    for handoff in run.handoffs:
        edge = handoff.source, handoff.target
        if any(_fits(edge, banned) for banned in rules.forbidden):
            found.append(Broken(what=f"{_edge(edge)} is forbidden", span_ids=[handoff.span_id]))
        elif rules.only is not None and not any(_fits(edge, allowed) for allowed in rules.only):
            found.append(Broken(what=f"{_edge(edge)} is not one of those allowed", span_ids=[handoff.span_id]))
    return [*found, *_out_of_order(run, rules.order), *_too_often(run, rules.at_most)]


def _fits(edge: Edge, wanted: Edge) -> bool:
    return all(name in ("*", given) for given, name in zip(edge, wanted, strict=True))


def _edge(edge: Edge) -> str:
    return f"{edge[0]} -> {edge[1]}"


def _out_of_order(run: AgentRun, order: Sequence[str]) -> Sequence[Broken]:
    absent = [name for name in order if name not in run.agents]
    acted = [name for name in run.agents if name in order]
    if absent:
        return [Broken(what=f"{', '.join(absent)} never acted")]
    return [] if acted == list(order) else [Broken(what=f"agents first acted in the order {', '.join(acted)}")]


def _too_often(run: AgentRun, at_most: Mapping[str, int]) -> Sequence[Broken]:
    turns = Counter(name for name, _ in run.turns)
    return [
        Broken(
            what=f"{name} acted {turns[name]} times, at most {limit} allowed",
            span_ids=[span_id for agent, span_id in run.turns if agent == name][limit:],
        )
        for name, limit in at_most.items()
        if turns[name] > limit
    ]


def handoffs(rules: HandoffRules, *, name: str = "handoffs") -> CodeEvaluator:
    """The handoffs between agents are those expected; runs in which no agent can be told are skipped."""

    def handoffs(trajectory: Sequence[StepContent]) -> Score | None:
        """The handoffs between agents are those expected; skipped where no agent can be told."""
        run = agent_run(trajectory)
        if not run.turns and not run.handoffs:
            return None
        broken = broken_rules(run, rules)
        path = ", ".join(_edge((h.source, h.target)) for h in run.handoffs[:10]) or "none"
        evidence = [
            Evidence(quote=rule.what, span_id=span_id, field="span", found=True)
            for rule in broken
            for span_id in rule.span_ids[:1]
        ]
        said = "; ".join(rule.what for rule in broken[:10]) or f"handoffs: {path}"
        counts = Counter((h.source, h.target) for h in run.handoffs)
        graph = [{"source": s, "target": t, "times": n} for (s, t), n in counts.most_common(50)]
        return Score(
            value=not broken, explanation=said, evidence=evidence[:10], metadata={"graph": graph, "broken": len(broken)}
        )

    return CodeEvaluator(handoffs, name=name, type="boolean", config=_as_data(rules))


def _as_data(rules: HandoffRules) -> Mapping[str, Any]:
    return {
        "required": [_edge(edge) for edge in rules.required],
        "forbidden": [_edge(edge) for edge in rules.forbidden],
        "only": None if rules.only is None else [_edge(edge) for edge in rules.only],
        "order": list(rules.order),
        "at_most": dict(rules.at_most),
    }


def parse_handoffs(document: Any, where: str) -> CodeEvaluator:
    """Returns the evaluator a parsed ``kind: handoffs`` file describes.

    Raises:
        InvalidInput: unknown keys, an edge that is none, a limit that is no whole number; the message names the place.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("name"), str) or not document["name"].strip():
        raise InvalidInput(f"{where}: name is missing", hint="the score carries it: name: triage_route")
    unknown = [str(key) for key in document if key not in _KEYS]
    if unknown:
        raise InvalidInput(f"{where}: unknown key {unknown[0]!r}", hint=f"keys: {', '.join(_KEYS)}")
    only = document.get("only")
    rules = HandoffRules(
        required=_edges(document.get("required", []), f"{where}: required"),
        forbidden=_edges(document.get("forbidden", []), f"{where}: forbidden"),
        only=None if only is None else _edges(only, f"{where}: only"),
        order=[str(name) for name in _list(document.get("order", []), f"{where}: order")],
        at_most=_limits(document.get("at_most", {}), f"{where}: at_most"),
    )
    if not any((rules.required, rules.forbidden, rules.only is not None, rules.order, rules.at_most)):
        raise InvalidInput(f"{where}: nothing is expected", hint="give required, forbidden, only, order or at_most")
    return handoffs(rules, name=document["name"].strip())


def _list(value: Any, where: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise InvalidInput(f"{where}: a list is wanted, not {value!r}")
    return value


def _edges(value: Any, where: str) -> Sequence[Edge]:
    return [_read_edge(text, where) for text in _list(value, where)]


def _read_edge(text: Any, where: str) -> Edge:
    source, arrow, target = (part.strip() for part in str(text).partition("->"))
    if not (source and arrow and target):
        raise InvalidInput(f"{where}: {text!r} is no handoff", hint="write triage -> billing; * stands for any agent")
    return source, target


def _limits(value: Any, where: str) -> Mapping[str, int]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{where}: agents and numbers are wanted, not {value!r}", hint="at_most: {triage: 1}")
    for name, limit in value.items():
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
            raise InvalidInput(f"{where}: {name}: {limit!r} is no number of turns")
    return {str(name): limit for name, limit in value.items()}
