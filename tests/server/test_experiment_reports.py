"""What a report says of an experiment: every metric with its error, every failure, every item on some page."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

KEYS = [f"k{number}" for number in range(6)]
TRIALS = 3


def ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def trial(item: dict[str, Any], index: int) -> dict[str, Any]:
    """``k0`` fails each time, ``k1`` crashes once, ``k2`` times out once; the judge breaks once on ``k3``."""
    key = item["key"]
    given: dict[str, Any] = {
        "item_id": item["id"],
        "item_key": key,
        "index": index,
        "trace_id": f"{int(key[1]) * 10 + index + 1:032x}",
        "latency_ms": 100.0 + 10 * index,
        "input_tokens": 50,
        "cost": 0.01,
    }
    if (key, index) == ("k1", 0):
        return given | {"status": "error", "error": f"ValueError: order {index + 17} is gone\nTraceback"}
    if (key, index) == ("k2", 1):
        return given | {"status": "timeout", "error": ""}
    correct = {"value": key != "k0", "evaluator": "exact", "source": "code"}
    tone = {"value": 3 + index, "type": "ordinal", "evaluator": "tone", "source": "code"}
    if (key, index) == ("k3", 2):
        tone = {"status": "errored", "reason": "the model answered nothing 12 times"}
    return given | {"scores": {"correct": correct, "tone": tone}}


@pytest.fixture
def ran(client: TestClient) -> TestClient:
    ok(client.post("/api/v1/datasets", json={"name": "d"}))
    items = [
        {"key": key, "input": f"question {key}", "split": "test", "tags": ["hard"] if number < 2 else ["easy", "short"],
         "metadata": {"region": "eu" if number % 2 else "us", "size": number}}
        for number, key in enumerate(KEYS)
    ]  # fmt: skip
    ok(client.post("/api/v1/datasets/d/items", json={"items": items}))
    stored = ok(client.get("/api/v1/datasets/d/items"))["items"]
    ok(client.post("/api/v1/experiments", json={"name": "e", "dataset": "d", "trials": TRIALS}))
    trials = [trial(item, index) for item in stored for index in range(TRIALS)]
    ok(client.post("/api/v1/experiments/e/trials", json={"trials": trials}))
    return client


def report(client: TestClient, **params: Any) -> dict[str, Any]:
    return ok(client.get("/api/v1/experiments/e/report", params=params))  # type: ignore[no-any-return]


def test_every_metric_has_its_interval_and_its_four_counts(ran: TestClient) -> None:
    found = {each["metric"]: each for each in report(ran)["metrics"]}
    assert list(found) == [
        "correct",
        "tone",
        "latency_ms",
        "cost",
        "input_tokens",
        "output_tokens",
        "error_rate",
    ]
    correct = found["correct"]["estimate"]
    assert correct["estimate"] == pytest.approx(13 / 16)
    assert correct["low"] < correct["estimate"] < correct["high"] <= 1
    assert correct["denominators"] == {"scored": 16, "skipped": 0, "unseen": 0, "errored": 2}
    assert found["latency_ms"]["estimate"]["estimate"] == pytest.approx(110)
    assert found["latency_ms"]["direction"] == "lower"
    assert found["output_tokens"]["estimate"]["denominators"]["skipped"] == 18
    assert found["error_rate"]["estimate"]["estimate"] == pytest.approx(2 / 18)


def test_repeated_runs_count_a_crash_as_a_failure(ran: TestClient) -> None:
    found = {each["metric"]: each["repeats"] for each in report(ran)["metrics"]}
    assert [metric for metric, repeats in found.items() if repeats] == ["correct"]
    assert [each["k"] for each in found["correct"]] == [1, 2, 3]
    once, twice, always = found["correct"]
    assert [once["pass_at"]["estimate"], once["pass_hat"]["estimate"]] == pytest.approx([13 / 18] * 2)
    # Of k1 and k2 two in three succeed; k3..k5 always do, k0 never.
    assert twice["pass_hat"]["estimate"] == pytest.approx((3 + 2 * (1 / 3)) / 6)
    assert twice["pass_at"]["estimate"] == pytest.approx(5 / 6)
    assert always["pass_hat"]["estimate"] == pytest.approx(3 / 6)
    assert always["pass_hat"]["low"] < 0.5 < always["pass_hat"]["high"]


def test_trials_and_failures_are_all_counted(ran: TestClient) -> None:
    found = report(ran)
    assert found["trials"] == {"planned": 18, "completed": 18, "ok": 16, "error": 1, "timeout": 1}
    said = {(each["source"], each["message"]): each for each in found["faults"]}
    assert set(said) == {
        ("task", "ValueError: order 17 is gone"),
        ("task", "timeout"),
        ("tone", "the model answered nothing 12 times"),
    }
    crash = said["task", "ValueError: order 17 is gone"]
    assert (crash["count"], crash["item_keys"], crash["trace_id"]) == (1, ["k1"], f"{11:032x}")


def test_failures_that_differ_in_numbers_only_are_one(client: TestClient, ran: TestClient) -> None:
    stored = ok(client.get("/api/v1/datasets/d/items"))["items"]
    failing = [
        {"item_id": item["id"], "item_key": item["key"], "index": 0, "status": "error", "error": f"no order {at}"}
        for at, item in enumerate(stored)
    ]
    ok(client.post("/api/v1/experiments/e/trials", json={"trials": failing}))
    (most, *_) = report(ran)["faults"]
    assert (most["message"], most["count"], most["item_keys"]) == ("no order 0", 6, KEYS[:5])


def test_slices_are_over_the_items_that_share_a_value(ran: TestClient) -> None:
    found = report(ran, slice_by="tags, metadata.region,split")["slices"]
    assert [(each["by"], each["value"], each["items"]) for each in found] == [
        ("tags", "easy", 4),
        ("tags", "short", 4),
        ("tags", "hard", 2),
        ("metadata.region", "eu", 3),
        ("metadata.region", "us", 3),
        ("split", "test", 6),
    ]
    hard = found[2]["metrics"]["correct"]
    assert (hard["estimate"], hard["n"]) == (pytest.approx(2 / 5), 5)
    assert hard["low"] < 0.4 < hard["high"]
    assert "latency_ms" not in found[0]["metrics"]


def test_many_slices_come_with_a_word_about_chance(ran: TestClient) -> None:
    assert not any("chance" in line for line in report(ran, slice_by="tags")["warnings"])
    assert any("chance" in line for line in report(ran, slice_by="tags,metadata.size,metadata.region")["warnings"])


def test_the_worst_items_come_first_and_pages_end(ran: TestClient) -> None:
    seen, cursor = [], ""
    while True:
        page = report(ran, limit=4, cursor=cursor)
        seen += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert [each["item_key"] for each in seen] == ["k0", *KEYS[1:]]
    assert page["item_count"] == 6
    assert page["ordered_by"] == "correct"
    assert seen[0]["input"] == "question k0"
    assert seen[0]["metrics"]["correct"]["estimate"] == 0
    assert (seen[1]["failed"], seen[0]["failed"]) == (1, 0)
    assert len(seen[1]["trace_ids"]) == 3
    by_tone = report(ran, metric="tone", limit=1)
    assert (by_tone["items"][0]["item_key"], by_tone["ordered_by"]) == ("k3", "tone")


def test_a_report_without_items_still_says_how_many_there_are(ran: TestClient) -> None:
    found = report(ran, limit=0)
    assert (found["items"], found["item_count"], found["next_cursor"]) == ([], 6, "")


def test_a_run_that_stopped_half_way_says_so(client: TestClient, ran: TestClient) -> None:
    ok(client.post("/api/v1/experiments", json={"name": "e2", "dataset": "d", "trials": TRIALS}))
    half = ok(client.get("/api/v1/experiments/e2/report"))
    assert half["trials"]["completed"] == 0
    assert half["metrics"] == half["items"] == half["faults"] == []
    assert half["warnings"] == ["18 of 18 trials are missing: the numbers are about the others"]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"slice_by": "metadata.nothing"}, "metadata.nothing"),
        ({"slice_by": "colour"}, "colour"),
        ({"metric": "beauty"}, "beauty"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "\u00b2"}, "cursor"),
        ({"slice_by": ",".join(f"metadata.a{n}" for n in range(11))}, "11 columns"),
    ],
)
def test_what_the_experiment_does_not_have_is_said(ran: TestClient, params: dict[str, str], said: str) -> None:
    answer = ran.get("/api/v1/experiments/e/report", params=params)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_an_experiment_of_another_project_has_no_report_here(ran: TestClient) -> None:
    assert ran.get("/api/v1/experiments/e/report", params={"project": "other"}).status_code == 404
