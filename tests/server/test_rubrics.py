"""Rubrics checked and tried over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from evalwright.domain.span import Span, SpanKind
from evalwright.providers import OpenAICompatible
from evalwright.server import tryouts
from evalwright.server.deps import Deps
from evalwright.testing import ScriptedServer

RUBRIC = """\
name: grounded
target: span
inputs: {question: input, answer: output}
output:
  type: boolean
  labels: {good: It answers the question., bad: It does not.}
  scores: {good: 1, bad: 0}
evidence: required
"""
TRACE = "c" * 32


def answer(call: Any) -> str:
    asked = json.dumps(call.messages)
    quote = "never said" if "question 2" in asked else "forty-two"
    return json.dumps({"label": "good", "explanation": "it is there", "evidence": [{"quote": quote}]})


@pytest.fixture
def endpoint() -> Iterator[ScriptedServer]:
    with ScriptedServer(answer) as server:
        yield server


@pytest.fixture
def judging(
    endpoint: ScriptedServer, build_deps: Callable[..., Deps], open_client: Callable[[Deps], TestClient]
) -> TestClient:
    deps = build_deps(open_model=lambda: OpenAICompatible(base_url=endpoint.url, max_attempts=1))
    spans = [
        Span(
            project="default",
            trace_id=TRACE,
            span_id=f"{number:016x}",
            parent_span_id="" if number == 1 else f"{1:016x}",
            name=f"step {number}",
            kind=SpanKind.LLM,
            start_ns=1_700_000_000_000_000_000 + number,
            end_ns=1_700_000_001_000_000_000 + number,
            session_id="s1",
            input=f"question {number}",
            output="forty-two",
        )
        for number in range(1, 8)
    ]
    deps.spans.write_spans(spans)
    return open_client(deps)


def test_a_sound_rubric_comes_back_as_the_evaluator_it_would_be(client: TestClient) -> None:
    answered = client.post("/api/v1/evaluators/validate", json={"definition_yaml": RUBRIC, "model": "m"}).json()
    assert answered["problems"] == []
    assert (answered["spec"]["name"], answered["spec"]["kind"], answered["spec"]["labels"]) == (
        "grounded",
        "judge",
        ["good", "bad"],
    )
    registered = client.post("/api/v1/evaluators", json=answered["spec"])
    assert registered.status_code == 200, registered.text


@pytest.mark.parametrize(
    ("definition", "line", "said"),
    [
        (RUBRIC.replace("evidence: required", "evidnce: required"), 8, "unknown key 'evidnce'"),
        (RUBRIC.replace("question: input", "question: .["), 3, ""),
        (RUBRIC + "name: again\n", 9, "'name'"),
        ("", 1, "mapping"),
        ("{", 1, "expected"),
    ],
)
def test_a_problem_names_its_line(client: TestClient, definition: str, line: int, said: str) -> None:
    answered = client.post("/api/v1/evaluators/validate", json={"definition_yaml": definition}).json()
    assert answered["spec"] is None
    (problem,) = answered["problems"]
    assert problem["line"] == line
    assert said in problem["message"]


def test_a_tried_rubric_says_what_was_found_and_what_was_not_and_stores_nothing(
    judging: TestClient, endpoint: ScriptedServer
) -> None:
    lenient = RUBRIC.replace("evidence: required", "evidence: optional")
    body = {"definition_yaml": lenient, "model": "m", "filter": 'name in ("step 1", "step 2")'}
    answered = judging.post("/api/v1/evaluators/try", json=body)
    assert answered.status_code == 200, answered.text
    by_span = {score["span_id"]: score for score in answered.json()["scores"]}
    sound, made_up = by_span[f"{1:016x}"], by_span[f"{2:016x}"]
    assert (sound["status"], sound["label"], sound["evidence"][0]["found"]) == ("scored", "good", True)
    assert (made_up["status"], made_up["evidence"][0]["found"]) == ("scored", False)
    assert answered.json()["cost"] is None, "the endpoint's model has no price"
    assert answered.json()["latency_ms"] > 0
    assert judging.get("/api/v1/scores").json()["items"] == []
    assert endpoint.calls


@pytest.mark.parametrize(("target", "many"), [("trace", 1), ("session", 1), ("span", 5)])
def test_a_rubric_is_tried_on_its_kind_of_target_and_on_five_at_most(
    judging: TestClient, target: str, many: int
) -> None:
    definition = RUBRIC.replace("target: span", f"target: {target}").replace("evidence: required", "evidence: none")
    body = {"definition_yaml": definition, "model": "m", "limit": 5}
    scores = judging.post("/api/v1/evaluators/try", json=body).json()["scores"]
    assert [score["target"] for score in scores] == [target] * many
    assert {score["status"] for score in scores} == {"scored"}
    assert judging.post("/api/v1/evaluators/try", json={**body, "limit": 6}).status_code in (400, 422)


def test_without_a_configured_model_the_answer_says_how_to_configure_one(client: TestClient) -> None:
    answered = client.post("/api/v1/evaluators/try", json={"definition_yaml": RUBRIC, "model": "m"})
    assert answered.status_code == 400
    assert "EVALWRIGHT_OPENAI_BASE_URL" in answered.json()["hint"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"definition_yaml": RUBRIC}, "no model is named"),
        ({"definition_yaml": RUBRIC, "model": "m", "filter": 'name == "nobody"'}, "no span"),
        ({"definition_yaml": RUBRIC + "model: {samples: 25}\n", "model": "m"}, "75 model calls"),
        ({"definition_yaml": "name: x", "model": "m"}, "is missing"),
    ],
)
def test_what_cannot_be_tried_is_refused_before_a_call_is_paid(
    judging: TestClient, endpoint: ScriptedServer, body: dict[str, str], said: str
) -> None:
    answered = judging.post("/api/v1/evaluators/try", json=body)
    assert answered.status_code == 400
    assert said in answered.json()["detail"]
    assert not endpoint.calls


def test_an_endpoint_that_answers_too_late_is_an_errored_outcome(
    judging: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tryouts, "DEADLINE_S", 0.0)
    body = {"definition_yaml": RUBRIC, "model": "m", "limit": 2}
    scores = judging.post("/api/v1/evaluators/try", json=body).json()["scores"]
    assert [score["status"] for score in scores] == ["errored", "errored"]
    assert "not judged within" in scores[0]["reason"]


def test_what_is_too_long_to_try_is_refused_not_cut(judging: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tryouts, "PAGE", 2)
    monkeypatch.setattr(tryouts, "MAX_SPANS", 4)
    body = {"definition_yaml": RUBRIC.replace("target: span", "target: trace"), "model": "m"}
    answered = judging.post("/api/v1/evaluators/try", json=body)
    assert answered.status_code == 422
    assert "over 4 spans" in answered.json()["detail"]
