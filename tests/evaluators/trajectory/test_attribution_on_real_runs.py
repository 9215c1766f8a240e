"""Failure attribution over the real failed runs of Who&When, through a scripted model that knows or guesses."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from real_runs import rows, subjects
from shared import shared_data

from evalwright.domain.evaluator import Outcome, Subject
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.trajectory.attribution import Attribution, FailureAttribution, attribution_agreement
from evalwright.evaluators.trajectory.attribution.agreement import attribution_of
from evalwright.evaluators.trajectory.attribution.strategies import Strategy
from evalwright.evaluators.trajectory.handoffs import agent_run
from evalwright.evaluators.trajectory.rendering import transcript, turns_of
from evalwright.providers import OpenAICompatible
from evalwright.testing import Call, ScriptedServer

pytestmark = pytest.mark.shared_data

RUNS = {
    "handcrafted": "whowhen/whowhen_handcrafted.public.otlp.jsonl.gz",
    "algorithm": "whowhen/whowhen_algorithm.public.otlp.jsonl.gz",
}


def truth(part: str) -> dict[str, list[Attribution]]:
    found = rows(f"whowhen/whowhen_{part}.annotations.public.jsonl")
    return {row["trace_id"]: [Attribution(span_id=row["span_id"], agent=row["label"])] for row in found}


def root_causes() -> dict[str, Attribution]:
    found = rows("whowhen/whowhen_handcrafted.agentrx_annotations.public.jsonl")
    return {
        row["trace_id"]: Attribution(span_id=row["span_id"], agent=row["failed_agent"])
        for row in found
        if row["is_root_cause"]
    }


def test_people_agree_with_each_other_as_far_as_the_references_say() -> None:
    references = json.loads((shared_data() / "REFERENCES.public.json").read_text())["whowhen_vs_agentrx"]
    ceiling = attribution_agreement(root_causes(), truth("handcrafted"))
    assert (ceiling.both, ceiling.same_step, ceiling.same_agent) == (
        references["traces_with_both"],
        references["same_step"],
        references["same_agent"],
    )
    assert 0.1 < ceiling.step.low < 7 / 22 < ceiling.step.high < 0.6
    assert ceiling.step.denominators.unseen == len(truth("handcrafted")) - 22


@pytest.mark.parametrize("part", RUNS)
def test_steps_are_numbered_as_the_annotators_numbered_them(part: str) -> None:
    runs = subjects(RUNS[part])
    for row in rows(f"whowhen/whowhen_{part}.annotations.public.jsonl"):
        turns = turns_of(runs[row["trace_id"]].steps)
        assert len(turns) == row["steps"]
        assert turns[row["step_0based"]].span.span_id == row["span_id"]
        assert not row["agent_matches_step"] or turns[row["step_0based"]].agent.casefold() == row["label"].casefold()


def oracle(known: Mapping[str, tuple[int, str]]) -> Any:
    """A script that knows step and agent of each task and answers whatever it is asked."""

    def script(call: Call) -> str:
        asked = call.last_user
        task = re.search(r"<<<BEGIN task (\w+)>>>\n(.*?)\n<<<END task \1>>>", asked, re.S)
        assert task is not None
        step, agent = known[task[2]]
        question = asked.rpartition(">>>")[2]
        answer: dict[str, Any] = {"explanation": f"step {step} went wrong", "evidence": []}
        if "Which step" in question:
            answer |= {"step": step, "agent": agent}
        elif half := re.search(r"first half, steps (\d+) to (\d+)", question):
            answer["half"] = "first" if step <= int(half[2]) else "second"
        elif this := re.search(r"Did step (\d+)", question):
            answer["decisive"] = int(this[1]) == step
        else:
            answer["agent"] = agent
        return json.dumps(answer)

    return script


async def attribute(runs: Mapping[str, Subject], server: ScriptedServer, strategy: str) -> dict[str, Outcome]:
    async with OpenAICompatible(base_url=server.url) as client:
        judge = FailureAttribution(model="scripted", client=client, strategy=strategy, max_chars=6_000)
        found = await asyncio.gather(*(judge.evaluate(run) for run in runs.values()))
    return {trace_id: outcome for trace_id, [(_, _, outcome)] in zip(runs, found, strict=True)}


@pytest.mark.parametrize("strategy", list(Strategy))
def test_every_strategy_finds_what_a_model_that_knows_would_tell(strategy: str) -> None:
    annotated = [row for row in rows("whowhen/whowhen_algorithm.annotations.public.jsonl") if row["agent_matches_step"]]
    runs = {row["trace_id"]: subjects(RUNS["algorithm"])[row["trace_id"]] for row in annotated[:40]}
    known = {
        str(runs[row["trace_id"]].values["input"])[:8000]: (row["step_0based"], row["label"]) for row in annotated[:40]
    }
    with ScriptedServer(oracle(known)) as server:
        outcomes = asyncio.run(attribute(runs, server, strategy))
    given = {trace_id: found for trace_id, o in outcomes.items() if (found := attribution_of(o)) is not None}
    agreement = attribution_agreement(given, {trace_id: truth("algorithm")[trace_id] for trace_id in runs})
    assert (agreement.both, agreement.same_step, agreement.same_agent) == (40, 40, 40)
    calls = [int(outcome.metadata["calls"]) for outcome in outcomes.values()]
    lengths = [int(outcome.metadata["steps"]) for outcome in outcomes.values()]
    if strategy == Strategy.ALL_AT_ONCE:
        assert set(calls) == {1}
    if strategy == Strategy.BINARY_SEARCH:
        assert all(made <= (length - 1).bit_length() + 1 for made, length in zip(calls, lengths, strict=True))


def test_a_model_that_always_blames_the_first_step_scores_what_the_labels_say() -> None:
    """The labels alone say what this model scores, so the whole way from model to estimate is checked against them."""

    def first(call: Call) -> str:
        agents = re.search(r"agent: one of (.*)\.$", call.last_user.strip())
        assert agents is not None
        blamed = agents[1].split(", ")[0]
        return json.dumps({"explanation": "the first", "evidence": ["x"], "step": 0, "agent": blamed})

    runs = subjects(RUNS["handcrafted"])
    with ScriptedServer(first) as server:
        outcomes = asyncio.run(attribute(runs, server, "all_at_once"))
    assert {outcome.status for outcome in outcomes.values()} == {ScoreStatus.SCORED}
    given = {trace_id: found for trace_id, o in outcomes.items() if (found := attribution_of(o)) is not None}
    labels = rows("whowhen/whowhen_handcrafted.annotations.public.jsonl")
    agreement = attribution_agreement(given, truth("handcrafted"))
    assert agreement.same_step == sum(row["step_0based"] == 0 for row in labels)
    first_agent = {t: sorted({turn.agent for turn in turns_of(run.steps)})[0] for t, run in runs.items()}
    assert agreement.same_agent == sum(first_agent[row["trace_id"]] == row["label"] for row in labels)
    assert agreement.both == len(labels) == 28


@pytest.mark.parametrize("file", [*RUNS.values(), "trail/trail_gaia.public.otlp.jsonl.gz"])
def test_a_transcript_of_a_real_run_keeps_its_size_and_names_its_spans(file: str) -> None:
    for subject in subjects(file).values():
        turns = turns_of(subject.steps)
        told = transcript(turns, max_chars=20_000)
        assert len(told.text) <= 20_000 + 40 * 2 * len(turns)
        if not told.left_out:
            assert all(turn.span.span_id in told.text for turn in turns)
        assert told.cut == 0 or "characters cut" in told.text or told.left_out


def test_every_span_that_people_marked_in_trail_is_a_numbered_step() -> None:
    runs = subjects("trail/trail_gaia.public.otlp.jsonl.gz") | subjects("trail/trail_swebench.public.otlp.jsonl.gz")
    marked = [row for row in rows("trail/trail_span_annotations.public.jsonl") if row["span_exists"]]
    present = [row for row in marked if row["trace_id"] in runs]
    named = [
        row
        for row in present
        if row["span_id"] in {turn.span.span_id for turn in turns_of(runs[row["trace_id"]].steps)}
    ]
    assert len(named) == len(present) == 318


def test_attribution_over_trail_counts_any_of_the_marked_spans() -> None:
    runs = subjects("trail/trail_gaia.public.otlp.jsonl.gz")
    marked: dict[str, list[Attribution]] = {}
    for row in rows("trail/trail_span_annotations.public.jsonl"):
        if row["trace_id"] in runs and row["span_exists"]:
            marked.setdefault(row["trace_id"], []).append(Attribution(span_id=row["span_id"], agent=""))
    chosen = list(marked)[:12]

    async def last_step_of_each(url: str) -> dict[str, Outcome]:
        async with OpenAICompatible(base_url=url) as client:
            judge = FailureAttribution(model="scripted", client=client, max_chars=8_000)
            return {trace_id: (await judge.evaluate(runs[trace_id]))[0][2] for trace_id in chosen}

    def last(call: Call) -> str:
        asked = re.search(r"from 0 to (\d+), made the decisive.*agent: one of ([^,.]+)", call.last_user, re.S)
        assert asked is not None
        return json.dumps({"explanation": "the last", "evidence": [], "step": int(asked[1]), "agent": asked[2]})

    with ScriptedServer(last) as server:
        outcomes = asyncio.run(last_step_of_each(server.url))
    given = {trace_id: found for trace_id, o in outcomes.items() if (found := attribution_of(o)) is not None}
    assert len(given) == 12
    ends = {trace_id: turns_of(runs[trace_id].steps)[-1].span.span_id for trace_id in chosen}
    expected = sum(ends[trace_id] in {blame.span_id for blame in marked[trace_id]} for trace_id in chosen)
    agreement = attribution_agreement(given, {trace_id: marked[trace_id] for trace_id in chosen})
    assert agreement.same_step == expected


def test_handoffs_of_real_multi_agent_runs_follow_their_graph() -> None:
    for subject in subjects(RUNS["handcrafted"]).values():
        run = agent_run(subject.steps)
        turns = turns_of(subject.steps)
        changes = [(a.agent, b.agent) for a, b in itertools.pairwise(turns) if a.agent != b.agent]
        assert [(handoff.source, handoff.target) for handoff in run.handoffs] == changes
        assert {handoff.by for handoff in run.handoffs} == {"graph"}
