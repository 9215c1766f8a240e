"""Every rubric that comes with Evalwright, loaded, judged with against a scripted model, and complete."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from subjects import step, subject

from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.judge import Judge, Rubric
from evalwright.evaluators.registry import ready_rubrics
from evalwright.providers import OpenAICompatible
from evalwright.testing import Call, ScriptedServer

RUBRICS = ready_rubrics()
PROMISED = {
    "citation_support",
    "correctness",
    "document_relevance",
    "escalation_quality",
    "faithfulness",
    "hallucination",
    "helpfulness",
    "refusal",
    "refusal_quality",
    "safety",
    "summary_quality",
    "task_completion",
    "tone",
    "user_frustration",
}
EVERYTHING = subject(
    step("TOOL", "find", given="{}", gave="the parcel is in transit", at=1),
    input="Where is my parcel?",
    output="the parcel is in transit",
    expected="the parcel is in transit",
    context=["[a] the parcel is in transit"],
    messages=[{"role": "user", "content": "the parcel is in transit"}],
)


def judged(rubric: Rubric, label: str, about: Any = EVERYTHING) -> list[Any]:
    def answer(call: Call) -> str:
        assert call.schema is not None
        assert label in call.schema["properties"]["label"]["enum"]
        return json.dumps({"explanation": "so it is", "evidence": ["parcel is in transit"], "label": label})

    async def run(url: str) -> list[Any]:
        async with OpenAICompatible(base_url=url) as client:
            return list(await Judge(rubric, model="m", client=client).evaluate(about))

    with ScriptedServer(answer) as server:
        return asyncio.run(run(server.url))


def test_every_promised_rubric_is_there() -> None:
    assert set(RUBRICS) >= PROMISED


@pytest.mark.parametrize("name", sorted(RUBRICS))
def test_a_ready_rubric_defines_decides_and_shows(name: str) -> None:
    rubric = RUBRICS[name]
    chosen = [label for label in rubric.labels if label not in rubric.abstain]
    assert rubric.description
    assert len(rubric.rules) >= 3
    assert len(rubric.examples) >= 2
    assert len({example.label for example in rubric.examples}) >= 2, "examples show more than one verdict"
    assert all(len(rubric.labels[label]) > 20 for label in chosen)
    assert {rubric.scores[label] for label in chosen} >= {0.0, 1.0}, "the scale runs from 0 to 1"
    assert all(set(example.inputs) <= set(rubric.inputs) for example in rubric.examples)


@pytest.mark.parametrize("name", sorted(RUBRICS))
def test_every_label_of_a_ready_rubric_can_be_given(name: str) -> None:
    rubric = RUBRICS[name]
    for label in rubric.verdicts:
        for _, _, outcome in judged(rubric, label):
            if label in rubric.abstain:
                assert (outcome.status, outcome.value) == (ScoreStatus.UNSEEN, None)
            else:
                assert (outcome.status, outcome.label) == (ScoreStatus.SCORED, label), outcome.reason
                assert outcome.value == rubric.scores[label]


@pytest.mark.parametrize("name", sorted(RUBRICS))
def test_a_ready_rubric_without_its_inputs_is_unseen_and_nobody_is_asked(name: str) -> None:
    for _, _, outcome in judged(RUBRICS[name], RUBRICS[name].verdicts[0], subject(metadata={"nothing": "here"})):
        assert outcome.status is ScoreStatus.UNSEEN
        assert outcome.reason.startswith("not there")


def test_a_summary_is_judged_by_three_criteria_and_no_blend_of_them() -> None:
    names = [name for name, _, _ in judged(RUBRICS["summary_quality"], "good")]
    assert names == ["summary_quality.coverage", "summary_quality.consistency", "summary_quality.conciseness"]
