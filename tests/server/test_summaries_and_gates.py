"""What summaries and gates say when evaluators change, traffic is sampled, or there is no baseline."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

TRACE = "a" * 32


def ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def send(client: TestClient, *scores: dict[str, Any]) -> None:
    ok(client.post("/api/v1/scores", json={"scores": list(scores)}))


def test_a_new_version_of_an_evaluator_stands_beside_the_old_and_only_the_newest_is_summed(client: TestClient) -> None:
    verdict = {"name": "q", "trace_id": TRACE, "evaluator": "judge"}
    send(client, {**verdict, "evaluator_version": "one", "value": 0.0, "created_time": "2026-01-01T00:00:00Z"})
    for _ in range(2):
        send(client, {**verdict, "evaluator_version": "two", "value": 1.0, "created_time": "2026-01-02T00:00:00Z"})
    kept = ok(client.get("/api/v1/scores"))["items"]
    assert [score["evaluator_version"] for score in kept] == ["two", "one"]
    (row,) = ok(client.get("/api/v1/scores/summary"))["items"]
    assert (row["estimate"]["n"], row["estimate"]["estimate"]) == (1, 1.0)
    (old,) = ok(client.get("/api/v1/scores/summary", params={"evaluator_version": "one"}))["items"]
    assert old["estimate"]["estimate"] == 0.0


def test_sampled_scores_are_weighted_by_how_likely_they_were_to_be_seen(client: TestClient) -> None:
    rare = [{"name": "q", "session_id": f"r{n}", "value": 0.0, "inclusion_probability": 0.1} for n in range(10)]
    every = [{"name": "q", "session_id": f"e{n}", "value": 1.0} for n in range(100)]
    send(client, *rare, *every)
    estimate = ok(client.get("/api/v1/scores/summary"))["items"][0]["estimate"]
    assert estimate["estimate"] == pytest.approx(0.5)  # ten seen stand for a hundred
    assert estimate["low"] < 0.5 < estimate["high"]


def run(client: TestClient, name: str, latency_ms: float = 100.0) -> None:
    """Two items with three trials each; ``b`` fails once."""
    ok(client.post("/api/v1/datasets", json={"name": "d", "exist_ok": True}))
    ok(client.post("/api/v1/datasets/d/items", json={"items": [{"key": key, "input": key} for key in "ab"]}))
    items = ok(client.get("/api/v1/datasets/d/items"))["items"]
    ok(client.post("/api/v1/experiments", json={"name": name, "dataset": "d", "trials": 3}))
    trials = [
        {
            "item_id": item["id"],
            "item_key": item["key"],
            "index": index,
            "latency_ms": latency_ms * (1.0 + 0.01 * place) + index,
            "scores": {"correct": {"value": not (item["key"] == "b" and index == 0)}},
        }
        for place, item in enumerate(items)
        for index in range(3)
    ]
    ok(client.post(f"/api/v1/experiments/{name}/trials", json={"trials": trials}))


@pytest.mark.parametrize(("allowed", "verdict"), [(0, "fail"), (1, "pass")])
def test_failed_items_can_be_gated_without_a_baseline(client: TestClient, allowed: int, verdict: str) -> None:
    run(client, "only")
    body = {"candidate": "only", "criteria": [{"metric": "correct", "max_failed_items": allowed}]}
    decision = ok(client.post("/api/v1/gate/check", json=body))
    assert decision["verdict"] == verdict
    assert decision["results"][0]["explanation"].startswith("1 failed items")


def test_a_gate_knows_that_more_latency_is_worse_unless_told_otherwise(client: TestClient) -> None:
    run(client, "base")
    run(client, "slow", latency_ms=900.0)
    body: dict[str, Any] = {"baseline": "base", "candidate": "slow"}
    for direction, verdict in (({}, "fail"), ({"direction": "higher"}, "pass")):
        body["criteria"] = [{"metric": "latency_ms", "margin": 50, **direction}]
        assert ok(client.post("/api/v1/gate/check", json=body))["verdict"] == verdict


def test_an_item_beside_its_other_side_has_an_interval_over_its_own_trials(client: TestClient) -> None:
    run(client, "base")
    run(client, "cand")
    compared = ok(client.get("/api/v1/experiments/compare", params={"baseline": "base", "candidate": "cand"}))
    cell = compared["rows"][1]["baseline"]["correct"]
    assert (cell["n"], cell["warnings"]) == (3, [])
    assert cell["low"] < cell["estimate"] < cell["high"]


def test_a_trial_judged_again_by_a_newer_version_counts_once_with_the_newer_verdict(client: TestClient) -> None:
    run(client, "e")
    trial = ok(client.get("/api/v1/experiments/e/trials", params={"limit": 1}))["items"][0]
    again = {"item_id": trial["item_id"], "item_key": trial["item_key"], "index": trial["index"]}
    verdict = {"value": 0.0, "evaluator_version": "two", "created_time": "2200-01-01T00:00:00Z"}
    ok(client.post("/api/v1/experiments/e/trials", json={"trials": [{**again, "scores": {"correct": verdict}}]}))
    shown = {row["id"]: row for row in ok(client.get("/api/v1/experiments/e/trials"))["items"]}
    assert shown[trial["id"]]["scores"]["correct"]["value"] == 0.0
    metrics = {row["metric"]: row["estimate"] for row in ok(client.get("/api/v1/experiments/e"))["metrics"]}
    assert (metrics["correct"]["n"], metrics["correct"]["estimate"]) == (6, pytest.approx(4 / 6))


def test_the_lowest_step_of_an_unknown_scale_given_every_time_is_no_rate(client: TestClient) -> None:
    scores = [
        {"name": kind, "type": kind, "value": 1.0, "target": "trace", "trace_id": f"{place:032x}"}
        for kind in ("ordinal", "boolean")
        for place in range(1, 11)
    ]
    ok(client.post("/api/v1/scores", json={"scores": scores}))
    found = {row["name"]: row["estimate"] for row in ok(client.get("/api/v1/scores/summary"))["items"]}
    assert (found["ordinal"]["estimate"], found["ordinal"]["low"], found["ordinal"]["high"]) == (1.0, None, None)
    assert "interval not estimable: all 10 values are equal" in found["ordinal"]["warnings"]
    assert found["boolean"]["low"] == pytest.approx(0.7225, abs=1e-4)
