"""A judge decides a gate only when its calibration allows it, or when somebody asks for it by name."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

API = "/api/v1"
ITEMS = 100


def ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def run(client: TestClient, name: str, *, version: str = "v1", source: str = "judge", wrong: int = 5) -> None:
    """An experiment whose judge calls every item polite."""
    items = [{"key": f"i{n}", "input": n} for n in range(ITEMS)]
    ok(client.post(f"{API}/datasets", json={"name": "d", "exist_ok": True}))
    ok(client.post(f"{API}/datasets/d/items", json={"items": items}))
    held = ok(client.get(f"{API}/datasets/d/items", params={"limit": 1000}))["items"]
    ok(client.post(f"{API}/experiments", json={"name": name, "dataset": "d"}))
    verdict = {"source": source, "evaluator": "polite", "evaluator_version": version, "type": "boolean"}
    trials = [
        {"item_id": each["id"], "item_key": each["key"], "scores": {"polite": {**verdict, "value": n >= wrong}}}
        for n, each in enumerate(held)
    ]
    ok(client.post(f"{API}/experiments/{name}/trials", json={"trials": trials}))


def label(client: TestClient, experiment: str, *, wrong: int = 5) -> None:
    """People say of every trial what the judge said, but of the first ``wrong``."""
    trials = ok(client.get(f"{API}/experiments/{experiment}/trials", params={"limit": 1000}))["items"]
    said = {"name": "gold", "source": "human", "annotator": "ann", "type": "boolean", "target": "trial"}
    ids = ("id", "item_id", "experiment_id")
    scores = [
        {**said, "trial_id": each["id"], **{k: each[k] for k in ids[1:]}, "value": n >= wrong}
        for n, each in enumerate(sorted(trials, key=lambda each: int(each["item_key"][1:])))
    ]
    ok(client.post(f"{API}/scores", json={"scores": scores}))


def calibrate(client: TestClient, **body: Any) -> dict[str, Any]:
    return dict(ok(client.post(f"{API}/evaluators/polite/calibrations", json={"label": "gold", **body})))


def gate(client: TestClient, **body: Any) -> dict[str, Any]:
    asked = {"candidate": "run", "criteria": [{"metric": "polite", "min": 0.5}], **body}
    return dict(ok(client.post(f"{API}/gate/check", json=asked)))


def test_a_gate_on_an_uncalibrated_judge_is_undecided_and_says_what_to_do(client: TestClient) -> None:
    run(client, "run")
    decision = gate(client)
    (result,) = decision["results"]
    assert (decision["verdict"], result["blocked"]) == ("inconclusive", True)
    assert result["judges"][0]["state"] == "uncalibrated"
    assert "evalwright evaluators calibrate polite --against LABEL" in result["explanation"]


def test_calibrating_the_judge_lets_it_decide_and_a_bar_it_misses_stops_it_again(client: TestClient) -> None:
    run(client, "run")
    label(client, "run")
    calibrate(client)
    free = gate(client)
    assert (free["verdict"], free["results"][0]["judges"][0]["state"]) == ("pass", "no_bar")
    calibrate(client, min_agreement=0.8)
    held = gate(client)
    assert (held["verdict"], held["results"][0]["judges"][0]["state"]) == ("pass", "held")
    label(client, "run", wrong=60)
    calibrate(client, min_agreement=0.8)
    missed = gate(client)
    assert (missed["verdict"], missed["results"][0]["judges"][0]["state"]) == ("inconclusive", "below_bar")
    assert "under 0.8" in missed["results"][0]["explanation"]


def test_the_bar_of_the_rubric_counts_without_anyone_naming_it_again(client: TestClient) -> None:
    run(client, "run")
    label(client, "run", wrong=20)
    spec = {"name": "polite", "version": "v1", "kind": "judge", "target": "trace", "type": "boolean"}
    ok(client.post(f"{API}/evaluators", json={**spec, "min_agreement": 0.99}))
    card = calibrate(client)
    assert card["report"]["bar"]["at_least"] == 0.99
    assert gate(client)["verdict"] == "inconclusive"
    ok(client.post(f"{API}/evaluators", json={**spec, "min_agreement": 0.5}))
    calibrate(client)
    assert gate(client)["verdict"] == "pass"


def test_the_calibration_of_an_older_version_does_not_speak_for_the_new_one(client: TestClient) -> None:
    run(client, "run")
    label(client, "run")
    calibrate(client, min_agreement=0.8)
    run(client, "later", version="v2")
    decision = gate(client, candidate="later", baseline="run", criteria=[{"metric": "polite", "margin": 0.5}])
    judges = {each["evaluator_version"]: each["state"] for each in decision["results"][0]["judges"]}
    assert judges == {"v1": "held", "v2": "uncalibrated"}
    assert decision["verdict"] == "inconclusive"


def test_letting_an_uncalibrated_judge_decide_is_in_the_decision(client: TestClient) -> None:
    run(client, "run")
    decision = gate(client, allow_untrusted_judges=True)
    assert (decision["verdict"], decision["allowed_untrusted"]) == ("pass", ["polite"])
    assert "on request: polite" in decision["summary"]


@pytest.mark.parametrize("source", ["code", "human"])
def test_scores_of_code_and_people_need_no_calibration(client: TestClient, source: str) -> None:
    run(client, "run", source=source)
    decision = gate(client)
    assert (decision["verdict"], decision["results"][0]["judges"]) == ("pass", [])


def test_a_comparison_names_the_judges_that_may_not_decide(client: TestClient) -> None:
    run(client, "run")
    run(client, "other")
    sides = {"baseline": "run", "candidate": "other", "limit": 0}
    found = ok(client.get(f"{API}/experiments/compare", params=sides))
    assert [(each["metric"], each["state"], each["may_decide"]) for each in found["judges"]] == [
        ("polite", "uncalibrated", False)
    ]
    assert any("'polite' is judged by polite, which may not decide" in line for line in found["warnings"])
    label(client, "run")
    calibrate(client, min_agreement=0.8)
    after = ok(client.get(f"{API}/experiments/compare", params=sides))
    assert after["judges"][0]["state"] == "held"
    assert not any("may not decide" in line for line in after["warnings"])


def test_an_evaluator_says_whether_its_newest_version_may_decide(client: TestClient) -> None:
    run(client, "run")
    spec = {"name": "polite", "version": "v1", "kind": "judge", "target": "trace", "type": "boolean"}
    ok(client.post(f"{API}/evaluators", json={**spec, "min_agreement": 0.8}))

    def trust() -> Any:
        return ok(client.get(f"{API}/evaluators/polite"))["trust"]

    assert [(each["metric"], each["state"], each["bar"]) for each in trust()] == [("polite", "uncalibrated", 0.8)]
    label(client, "run")
    calibrate(client)
    assert [each["state"] for each in trust()] == ["held"]
    ok(client.post(f"{API}/evaluators", json={**spec, "version": "v2"}))
    assert [(each["evaluator_version"], each["state"]) for each in trust()] == [("v2", "uncalibrated")]
    ok(client.post(f"{API}/evaluators", json={**spec, "name": "exact", "kind": "code"}))
    assert ok(client.get(f"{API}/evaluators/exact"))["trust"] == []


def test_the_newest_card_of_every_evaluator_is_listed_by_label(client: TestClient) -> None:
    run(client, "run")
    label(client, "run")
    calibrate(client)
    newest = calibrate(client, min_agreement=0.8)
    found = ok(client.get(f"{API}/calibrations"))["items"]
    assert [(each["id"], each["evaluator"], each["verdict"]) for each in found] == [(newest["id"], "polite", "pass")]
    assert ok(client.get(f"{API}/calibrations", params={"label": "gold"}))["items"] == found
    assert ok(client.get(f"{API}/calibrations", params={"label": "silver"}))["items"] == []
