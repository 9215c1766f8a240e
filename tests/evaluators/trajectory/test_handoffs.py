from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from subjects import only, subject

from evalwright.domain.content import SpanContent
from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import StepContent
from evalwright.domain.score import ScoreStatus
from evalwright.domain.span import Span, SpanKind
from evalwright.evaluators.trajectory.handoff_rules import HandoffRules, broken_rules, handoffs, parse_handoffs
from evalwright.evaluators.trajectory.handoffs import AgentRun, Handoff, agent_run


def span(kind: str, name: str, identity: str, parent: str = "", **more: Any) -> StepContent:
    made = Span(
        project="p",
        trace_id="t",
        span_id=identity,
        parent_span_id=parent,
        name=name,
        kind=SpanKind(kind),
        agent_name=name if kind == "AGENT" else "",
        tool_name=name if kind == "TOOL" else "",
        **more,
    )
    return StepContent(span=made, content=SpanContent())


def edges(*steps: StepContent) -> list[tuple[str, str, str]]:
    return [(h.source, h.target, h.by) for h in agent_run(steps).handoffs]


def test_an_agent_within_an_agent_was_called_by_it() -> None:
    steps = [
        span("CHAIN", "run", "0"),
        span("AGENT", "triage", "1", "0"),
        span("LLM", "chat", "2", "1"),
        span("TOOL", "ask_billing", "3", "1"),
        span("AGENT", "billing", "4", "3"),
        span("AGENT", "billing", "5", "4"),
    ]
    assert edges(*steps) == [("triage", "billing", "nesting")]
    assert agent_run(steps).agents == ["triage", "billing"]


def test_a_transfer_tool_and_the_turn_it_leads_to_are_one_handoff() -> None:
    steps = [
        span("AGENT", "Triage Agent", "1"),
        span("TOOL", "transfer_to_billing_agent", "2", "1"),
        span("AGENT", "Billing Agent", "3"),
    ]
    assert edges(*steps) == [("Triage Agent", "Billing Agent", "tool")]


@pytest.mark.parametrize(
    ("tool", "given", "target"),
    [
        ("transfer_to_refunds", "", "refunds"),
        ("handoff to Refund agent", "", "Refund agent"),
        ("transfer_to_agent", '{"agent_name": "refunds"}', "refunds"),
        ("Delegate work to coworker", '{"coworker": "Writer", "task": "x"}', "Writer"),
        ("escalate_to_human", "", "human"),
    ],
)
def test_a_transfer_to_an_agent_that_shows_no_span_is_a_handoff_too(tool: str, given: str, target: str) -> None:
    assert edges(span("AGENT", "triage", "1"), span("TOOL", tool, "2", "1", input=given)) == [
        ("triage", target, "tool")
    ]


def test_a_tool_that_only_sounds_alike_is_none() -> None:
    steps = [span("AGENT", "a", "1"), span("TOOL", "route_query", "2", "1"), span("TOOL", "transfer_money", "3", "1")]
    assert edges(*steps) == []


def test_pairs_and_graph_nodes_name_the_source() -> None:
    pair = span("OTHER", "x", "1", attributes={"gen_ai.agent.source": "planner", "gen_ai.agent.target": "coder"})
    node = span("CHAIN", "n", "2", attributes={"graph.node.id": "n1", "graph.node.name": "planner"})
    child = span("CHAIN", "m", "3", attributes={"graph.node.id": "n2", "graph.node.parent_id": "n1"})
    assert edges(pair) == [("planner", "coder", "pair")]
    assert edges(node, child) == [("planner", "n2", "graph")]


def test_agents_one_after_another_at_the_top_hand_over_by_turn() -> None:
    steps = [span("AGENT", name, str(place)) for place, name in enumerate(["a", "a", "b", "a"])]
    assert edges(*steps) == [("a", "b", "turn"), ("b", "a", "turn")]


def test_parents_that_form_a_cycle_do_not_hang() -> None:
    steps = [span("LLM", "x", "1", "2"), span("CHAIN", "y", "2", "1"), span("AGENT", "a", "3", "1")]
    assert edges(*steps) == []


RUN = AgentRun(
    turns=[("triage", "1"), ("billing", "2"), ("triage", "3"), ("refunds", "4")],
    handoffs=[
        Handoff(source="triage", target="billing", span_id="2", by="turn"),
        Handoff(source="billing", target="triage", span_id="3", by="turn"),
        Handoff(source="triage", target="refunds", span_id="4", by="turn"),
    ],
)


@pytest.mark.parametrize(
    ("rules", "broken"),
    [
        (HandoffRules(required=[("triage", "refunds")]), []),
        (HandoffRules(required=[("billing", "refunds")]), ["billing -> refunds did not happen"]),
        (HandoffRules(required=[("*", "refunds")]), []),
        (HandoffRules(forbidden=[("billing", "*")]), ["billing -> triage is forbidden"]),
        (
            HandoffRules(only=[("triage", "*")]),
            ["billing -> triage is not one of those allowed"],
        ),
        (HandoffRules(order=["triage", "billing", "refunds"]), []),
        (HandoffRules(order=["refunds", "triage"]), ["agents first acted in the order triage, refunds"]),
        (HandoffRules(order=["triage", "legal"]), ["legal never acted"]),
        (HandoffRules(at_most={"triage": 1, "billing": 1}), ["triage acted 2 times, at most 1 allowed"]),
    ],
)
def test_each_rule_holds_or_is_told(rules: HandoffRules, broken: list[str]) -> None:
    assert [rule.what for rule in broken_rules(RUN, rules)] == broken


def test_a_broken_rule_points_to_its_span() -> None:
    steps = [span("AGENT", "a", "1"), span("AGENT", "b", "2")]
    evaluator = handoffs(HandoffRules(forbidden=[("a", "b")]), name="route")
    outcome = asyncio.run(only(evaluator, subject(*steps)))
    assert (outcome.label, outcome.explanation) == ("false", "a -> b is forbidden")
    assert outcome.evidence[0].span_id == "2"
    assert outcome.metadata["graph"] == [{"source": "a", "target": "b", "times": 1}]


def test_a_run_without_agents_is_skipped() -> None:
    evaluator = handoffs(HandoffRules(order=["a"]))
    assert asyncio.run(only(evaluator, subject(span("LLM", "x", "1")))).status is ScoreStatus.SKIPPED


def test_a_file_says_which_handoffs_are_expected() -> None:
    document = {"name": "route", "kind": "handoffs", "required": ["a -> b"], "at_most": {"a": 1}}
    evaluator = parse_handoffs(document, "route.yaml")
    assert evaluator.spec.name == "route"
    steps = [span("AGENT", "a", "1"), span("AGENT", "b", "2")]
    assert asyncio.run(only(evaluator, subject(*steps))).label == "true"
    assert evaluator.spec.version != parse_handoffs(document | {"at_most": {"a": 2}}, "x").spec.version


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "name is missing"),
        ({"name": "x"}, "nothing is expected"),
        ({"name": "x", "must": []}, "unknown key 'must'"),
        ({"name": "x", "required": ["a"]}, "'a' is no handoff"),
        ({"name": "x", "required": "a -> b"}, "a list is wanted"),
        ({"name": "x", "at_most": {"a": -1}}, "no number of turns"),
        ({"name": "x", "at_most": 3}, "agents and numbers are wanted"),
    ],
)
def test_a_broken_handoff_file_is_refused(document: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        parse_handoffs(document, "x.yaml")
