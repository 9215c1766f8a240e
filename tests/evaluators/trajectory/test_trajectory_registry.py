"""Trajectory and agent evaluators found by name and by file, and the rubrics that read a transcript."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from subjects import only, step, subject

from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.evaluator import EvaluatorKind
from evalwright.domain.score import ScoreStatus, Target
from evalwright.evaluators.registry import find, load, ready_rubrics
from evalwright.evaluators.trajectory.ready import READY
from evalwright.providers import OpenAICompatible
from evalwright.testing import Call, ScriptedServer

NOBODY = OpenAICompatible(base_url="http://127.0.0.1:9/v1")
RUBRICS = ("tool_selection", "tool_invocation", "tool_response_handling", "session_outcome")


@pytest.mark.parametrize("name", READY)
def test_a_trajectory_evaluator_is_loaded_by_its_name(name: str) -> None:
    assert load(name).spec.name == name
    assert (READY[name].__doc__ or "").strip()


def test_parameters_are_given_as_for_every_other(tmp_path: Path) -> None:
    assert load("no_loops:repeats=4").spec.version != load("no_loops").spec.version
    assert load("trajectory_match:match=superset,arguments=ignore").spec.definition["match"] == "superset"
    with pytest.raises(InvalidInput, match="'loose' is no mode"):
        load("trajectory_match:match=loose")


def test_files_of_each_kind_are_found_in_the_folder_and_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: refund_path\nkind: trajectory\ntrajectory: [lookup, refund]\n")
    (tmp_path / "b.yaml").write_text("name: route\nkind: handoffs\nrequired: [triage -> billing]\n")
    assert sorted(find(tmp_path)) == ["refund_path", "route"]
    assert load("refund_path", folder=tmp_path).spec.kind is EvaluatorKind.TRAJECTORY
    assert load(str(tmp_path / "b.yaml")).spec.name == "route"
    (tmp_path / "c.yaml").write_text("name: x\nkind: trajectory\nmatch: loose\n")
    with pytest.raises(InvalidInput, match="no mode"):
        find(tmp_path)


def test_attribution_and_agent_judges_are_loaded_by_reference() -> None:
    judge = load("failure_attribution:strategy=binary_search", model="m", client=NOBODY)
    assert judge.spec.definition["strategy"] == "binary_search"
    agent = load("agent:task_completion", model="m", client=NOBODY)
    assert (agent.spec.kind, agent.spec.name) == (EvaluatorKind.AGENT, "task_completion")
    assert {"tone", "helpfulness"} <= set(agent.spec.definition["sub_judges"])
    with pytest.raises(NotFound, match="no rubric 'none_such'"):
        load("agent:none_such", model="m", client=NOBODY)
    with pytest.raises(InvalidInput, match="no parameter 'speed'"):
        load("failure_attribution:speed=1", model="m", client=NOBODY)
    for reference in ("failure_attribution", "agent:task_completion"):
        with pytest.raises(InvalidInput, match="judged by a model, and none is configured"):
            load(reference)


def test_the_rubrics_over_trajectories_read_a_transcript_with_span_ids() -> None:
    rubrics = ready_rubrics()
    assert all(rubrics[name].inputs["work"] == "transcript" for name in RUBRICS)
    assert rubrics["session_outcome"].target is Target.SESSION

    def script(call: Call) -> str:
        assert "[0] TOOL refund" in call.last_user
        assert f"{2:016x}" in call.last_user
        label = "unclear" if "session_outcome" in call.system else "insufficient_evidence"
        return json.dumps({"explanation": "x", "evidence": ["O-7"], "label": label})

    async def work(url: str) -> list[ScoreStatus]:
        run = subject(
            step("TOOL", "refund", given={"order": "O-7"}, gave="ok", at=1),
            input="refund O-7",
            output="done",
            messages=[{"role": "user", "content": "refund O-7"}],
        )
        async with OpenAICompatible(base_url=url) as client:
            found = [await only(load(name, model="m", client=client), run) for name in RUBRICS]
        return [outcome.status for outcome in found]

    with ScriptedServer(script) as server:
        assert asyncio.run(work(server.url)) == [ScoreStatus.UNSEEN] * 4


def test_a_run_without_steps_has_no_transcript_to_judge() -> None:
    judge = load("tool_selection", model="m", client=NOBODY)
    outcome = asyncio.run(only(judge, subject(input="q")))
    assert outcome.reason == "not there: work (transcript)"
