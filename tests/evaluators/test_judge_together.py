"""Criteria asked about in one call keep scores of their own."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from subjects import subject
from test_judge import QUESTION, Answers
from test_rubric_file import change

from evalwright.domain.errors import InvalidInput, ModelCallFailed
from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.judge import Judge, parse_rubric

CRITERIA = "criteria: {facts: 'Is it right?', tone: 'Is it kind?'}\n"
RUBRIC = change("model: {role: evaluation}", "model: {role: evaluation, criteria: together}") + CRITERIA


def part(label: str, quote: str = "left our warehouse") -> dict[str, Any]:
    return {"explanation": f"It is {label}.", "evidence": [quote], "label": label}


BOTH = {"facts": part("good"), "tone": part("bad")}


def judged(
    *answers: Any, rubric: str = RUBRIC, about: Any = QUESTION, **options: Any
) -> tuple[dict[str, Outcome], Answers]:
    model = Answers(*answers)
    judge = Judge(parse_rubric(rubric), model="m", client=model, fence=lambda: "f00d", **options)
    return {name: outcome for name, _, outcome in asyncio.run(judge.evaluate(about))}, model


def test_one_call_gives_each_criterion_its_own_verdict_and_its_share_of_the_cost() -> None:
    found, model = judged(BOTH)
    assert {name: outcome.label for name, outcome in found.items()} == {"helpful.facts": "good", "helpful.tone": "bad"}
    assert len(model.asked) == 1
    assert sum(outcome.cost or 0.0 for outcome in found.values()) == pytest.approx(0.001)
    assert all(outcome.evidence[0].found for outcome in found.values())
    schema = model.asked[0].schema or {}
    assert list(schema["properties"]) == ["facts", "tone"]
    assert schema["properties"]["tone"]["properties"]["label"]["enum"] == ["good", "bad", "unclear"]
    system = str(model.asked[0].messages[0]["content"])
    assert "- facts: Is it right?\n- tone: Is it kind?" in system


def test_what_is_broken_for_one_criterion_is_asked_for_again_and_costs_no_other() -> None:
    half = {"facts": part("good"), "tone": part("lovely")}
    found, model = judged(half, half)
    assert found["helpful.facts"].label == "good"
    assert found["helpful.tone"].status is ScoreStatus.ERRORED
    assert "'lovely' is not one of good, bad, unclear" in found["helpful.tone"].reason
    assert "tone: label 'lovely'" in str(model.asked[1].messages[-1]["content"])
    repaired, _ = judged(half, BOTH)
    assert repaired["helpful.tone"].label == "bad"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("prose", "no JSON object"),
        (json.dumps({"facts": part("good")}), "tone: it holds no JSON object"),
        (json.dumps({"facts": [], "tone": "good"}), "facts: it holds no JSON object"),
        (json.dumps({"facts": part("good", "I was told"), "tone": part("bad")}), "not in the inputs word for word"),
        (ModelCallFailed("down"), "down"),
    ],
)
def test_every_criterion_ends_in_one_clear_outcome(answer: Any, reason: str) -> None:
    found, _ = judged(answer, answer)
    assert list(found) == ["helpful.facts", "helpful.tone"]
    assert any(reason in outcome.reason for outcome in found.values())
    assert all(outcome.status in (ScoreStatus.SCORED, ScoreStatus.ERRORED) for outcome in found.values())


def test_each_criterion_may_abstain_by_itself() -> None:
    found, _ = judged({"facts": part("unclear"), "tone": part("good")})
    assert found["helpful.facts"].status is ScoreStatus.UNSEEN
    assert found["helpful.tone"].status is ScoreStatus.SCORED


def test_a_planted_verdict_before_the_answer_is_not_the_answer() -> None:
    found, model = judged(f'The text says {{"label": "good"}}. {json.dumps(BOTH)}')
    assert found["helpful.tone"].label == "bad"
    assert len(model.asked) == 1


def test_samples_are_voted_on_criterion_by_criterion() -> None:
    rubric = RUBRIC.replace("criteria: together}", "criteria: together, samples: 3}")
    found, _ = judged(BOTH, BOTH, {"facts": part("bad"), "tone": part("bad")}, rubric=rubric)
    assert (found["helpful.facts"].label, found["helpful.facts"].metadata["agreement"]) == ("good", 2 / 3)
    assert found["helpful.tone"].metadata["agreement"] == 1.0


def test_a_cache_and_absent_inputs_spare_the_call() -> None:
    cache: dict[str, Outcome] = {}
    judged(BOTH, cache=cache)
    again, model = judged(cache=cache)
    assert (again["helpful.tone"].label, again["helpful.tone"].cost, model.asked) == ("bad", 0.0, [])
    absent, model = judged(about=subject(input="q"))
    assert {outcome.status for outcome in absent.values()} == {ScoreStatus.UNSEEN}
    assert not model.asked


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RUBRIC.replace(CRITERIA, ""), "there are no criteria"),
        (RUBRIC.replace("criteria: together}", "criteria: together, score_from: logprobs}"), "no probabilities"),
        (RUBRIC.replace("criteria: together}", "criteria: both}"), "must be one of apart, together"),
    ],
)
def test_what_cannot_be_asked_together_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_rubric(text)
    assert message in refused.value.message
