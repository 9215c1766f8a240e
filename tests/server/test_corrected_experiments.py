"""What experiments came to as people would see it: raw and corrected side by side, and the difference as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

API = "/api/v1"
ITEMS = 250
TYPES = {bool: "boolean", float: "numeric"}


def ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def flawed(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A judge with sensitivity .9 and specificity .8."""
    return np.where(rng.random(truth.size) < np.where(truth, 0.9, 0.8), truth, ~truth)


def run(
    client: TestClient,
    name: str,
    said: Sequence[Any],
    *,
    trials: int = 1,
    version: str = "v1",
    source: str = "judge",
    kind: type = bool,
) -> None:
    items = [{"key": f"i{n:03}", "input": n} for n in range(len(said) // trials)]
    ok(client.post(f"{API}/datasets", json={"name": "d", "exist_ok": True}))
    ok(client.post(f"{API}/datasets/d/items", json={"items": items}))
    held = sorted(
        ok(client.get(f"{API}/datasets/d/items", params={"limit": 1000}))["items"], key=lambda each: each["key"]
    )
    ok(client.post(f"{API}/experiments", json={"name": name, "dataset": "d", "trials": trials}))
    verdict = {"source": source, "evaluator": "polite", "evaluator_version": version, "type": TYPES[kind]}
    rows = [
        {
            **{"item_id": held[n // trials]["id"], "item_key": held[n // trials]["key"], "index": n % trials},
            "latency_ms": 5.0,
            "scores": {"polite": {**verdict, "value": kind(value)}},
        }
        for n, value in enumerate(said)
    ]
    ok(client.post(f"{API}/experiments/{name}/trials", json={"trials": rows}))


def label(
    client: TestClient, experiment: str, truth: Sequence[Any], count: int, trials: int = 1, kind: type = bool
) -> None:
    """People label the first ``count`` trials."""
    held = ok(client.get(f"{API}/experiments/{experiment}/trials", params={"limit": 1000}))["items"]
    held.sort(key=lambda each: (each["item_key"], each["index"]))
    said = {"name": "gold", "source": "human", "annotator": "ann", "type": TYPES[kind], "target": "trial"}
    scores = [
        {
            **said,
            **{"trial_id": each["id"], "item_id": each["item_id"], "experiment_id": each["experiment_id"]},
            "value": kind(value),
        }
        for each, value in zip(held[:count], truth, strict=False)
    ]
    ok(client.post(f"{API}/scores", json={"scores": scores}))


def calibrate(client: TestClient, **body: Any) -> None:
    ok(client.post(f"{API}/evaluators/polite/calibrations", json={"label": "gold", **body}))


def metric(client: TestClient, name: str, **params: Any) -> dict[str, Any]:
    found = ok(client.get(f"{API}/experiments/{name}", params=params))["metrics"]
    return next(each for each in found if each["metric"] == "polite")


def test_an_experiment_shows_raw_and_corrected_side_by_side(client: TestClient) -> None:
    rng = np.random.default_rng(7)
    truth = rng.random(ITEMS) < 0.95
    run(client, "run", flawed(truth, rng))
    label(client, "run", truth, 200)
    calibrate(client)
    assert metric(client, "run")["correction"] is None
    found = metric(client, "run", corrected=True)
    made = found["correction"]
    assert made["raw"] == found["estimate"]
    assert made["raw"]["high"] < truth.mean()  # the judge alone is sure of a wrong number
    assert (made["method"], made["labels"]) == ("ppi_plus_plus", 200)
    assert not any("human labels" in warning for warning in made["warnings"])
    assert made["corrected"]["low"] <= truth.mean() <= made["corrected"]["high"]
    others = ok(client.get(f"{API}/experiments/run", params={"corrected": True}))["metrics"]
    assert all(each["correction"] is None for each in others if each["metric"] != "polite")


def test_the_trials_of_one_item_are_found_by_its_key_or_id_with_what_it_asks(client: TestClient) -> None:
    run(client, "run", [True, False, True, True], trials=2)
    every = ok(client.get(f"{API}/experiments/run/trials"))["items"]
    assert [each["input"] for each in every] == [None] * 4
    for which in (every[0]["item_key"], every[0]["item_id"]):
        found = ok(client.get(f"{API}/experiments/run/trials", params={"item": which}))["items"]
        assert [each["item_key"] for each in found] == ["i000", "i000"]
        assert [each["input"] for each in found] == [0, 0]
        assert [each["scores"]["polite"]["value"] for each in found] == [1.0, 0.0]


def test_what_several_people_said_of_a_trial_stands_there_together(client: TestClient) -> None:
    run(client, "run", [True, False])
    held = ok(client.get(f"{API}/experiments/run/trials"))["items"]
    said = {held[0]["id"]: ("good", "bad", "good"), held[1]["id"]: ("good", "bad")}
    scores = [
        {"name": "gold", "source": "human", "annotator": f"p{place}", "target": "trial", "type": "categorical",
         "trial_id": trial, "experiment_id": held[0]["experiment_id"], "label": word}
        for trial, words in said.items()
        for place, word in enumerate(words)
    ]  # fmt: skip
    ok(client.post(f"{API}/scores", json={"scores": scores}))
    shown = {each["id"]: each["scores"]["gold"] for each in ok(client.get(f"{API}/experiments/run/trials"))["items"]}
    assert shown[held[0]["id"]]["label"] == "good"
    assert sorted(shown[held[0]["id"]]["explanation"].split("; ")) == ["p0: good", "p1: bad", "p2: good"]
    assert shown[held[1]["id"]]["label"] == "evenly divided"


def test_few_labels_are_warned_about_and_no_calibration_is_refused(client: TestClient) -> None:
    rng = np.random.default_rng(7)
    truth = rng.random(ITEMS) < 0.8
    run(client, "run", flawed(truth, rng))
    assert "never calibrated" in metric(client, "run", corrected=True)["correction"]["refused"]
    label(client, "run", truth, 60)
    calibrate(client)
    made = metric(client, "run", corrected=True)["correction"]
    assert any("only 60 human labels" in warning for warning in made["warnings"])


def test_repeats_of_an_item_are_not_taken_for_more_labels(client: TestClient) -> None:
    rng = np.random.default_rng(9)
    single = rng.random(200) < 0.7
    said = flawed(single, rng)
    run(client, "once", said)
    label(client, "once", single, 100)
    calibrate(client)
    once = metric(client, "once", corrected=True)["correction"]["corrected"]
    run(client, "four", np.repeat(said, 4), trials=4)
    label(client, "four", np.repeat(single, 4), 400, trials=4)
    four = metric(client, "four", corrected=True)["correction"]["corrected"]
    assert four["estimate"] == pytest.approx(once["estimate"], abs=0.02)
    assert four["high"] - four["low"] == pytest.approx(once["high"] - once["low"], rel=0.1)


def compared(client: TestClient) -> dict[str, Any]:
    params = {"baseline": "old", "candidate": "new", "corrected": True, "limit": 0}
    return dict(ok(client.get(f"{API}/experiments/compare", params=params)))


def test_a_comparison_shows_both_sides_and_the_difference_corrected(client: TestClient) -> None:
    rng = np.random.default_rng(3)
    before, after = rng.random(ITEMS) < 0.5, rng.random(ITEMS) < 0.8
    for name, truth in (("old", before), ("new", after)):
        run(client, name, flawed(truth, rng))
        label(client, name, truth, 150)
    calibrate(client)
    found = compared(client)
    (made,) = found["corrections"]
    raw = next(each for each in found["metrics"] if each["metric"] == "polite")
    assert made["metric"] == "polite"
    assert made["difference"]["raw"] == raw["difference"]
    real = float(after.mean() - before.mean())
    corrected = made["difference"]["corrected"]
    assert abs(corrected["estimate"]) > abs(raw["difference"]["estimate"])
    assert corrected["low"] <= real <= corrected["high"]
    assert (made["difference"]["method"], made["difference"]["labels"]) == ("ppi_plus_plus_paired", 300)
    assert "paired by item" in made["difference"]["reason"]
    for side, truth in (("baseline", before), ("candidate", after)):
        assert made[side]["corrected"]["low"] <= truth.mean() <= made[side]["corrected"]["high"]
    plain = ok(client.get(f"{API}/experiments/compare", params={"baseline": "old", "candidate": "new"}))
    assert plain["corrections"] == []


def test_a_difference_borrows_the_error_of_the_newest_card(client: TestClient) -> None:
    rng = np.random.default_rng(4)
    truth = rng.random(ITEMS) < 0.6
    run(client, "labelled", flawed(truth, rng))
    label(client, "labelled", truth, ITEMS)
    calibrate(client)
    run(client, "old", flawed(truth, rng))
    run(client, "new", flawed(rng.random(ITEMS) < 0.9, rng))
    (made,) = compared(client)["corrections"]
    assert (made["difference"]["method"], made["difference"]["labels"]) == ("rogan_gladen", ITEMS)
    assert "errs alike on both sides" in made["difference"]["reason"]
    assert made["candidate"]["method"] == "rogan_gladen"


def test_a_difference_of_numbers_is_corrected_from_labels_on_both_sides(client: TestClient) -> None:
    rng = np.random.default_rng(6)
    truth = rng.normal(5.0, 1.0, ITEMS)
    sides = {"old": (truth, 0.0), "new": (truth + 0.5 + rng.normal(0.0, 0.3, ITEMS), 1.0)}
    for name, (values, bias) in sides.items():  # the judge likes the new one by a whole point too much
        run(client, name, values + bias + rng.normal(0.0, 0.3, ITEMS), kind=float)
        label(client, name, values, 100, kind=float)
    calibrate(client)
    (made,) = compared(client)["corrections"]
    difference = made["difference"]
    assert difference["raw"]["low"] > 1.3
    assert difference["method"] == "ppi_plus_plus_paired"
    assert difference["corrected"]["low"] <= 0.5 <= difference["corrected"]["high"]
    assert difference["corrected"]["high"] < 0.8
    assert any("only 100 human labels" in warning for warning in difference["warnings"])


def test_numbers_with_labels_on_one_side_only_say_what_is_missing(client: TestClient) -> None:
    rng = np.random.default_rng(6)
    truth = rng.normal(5.0, 1.0, ITEMS)
    run(client, "old", truth, kind=float)
    label(client, "old", truth, 100, kind=float)
    run(client, "new", truth, kind=float)
    calibrate(client)
    (made,) = compared(client)["corrections"]
    assert made["difference"]["corrected"] is None
    assert "each side needs 30 labelled items, and one has 0" in made["difference"]["refused"]


def test_sides_judged_by_different_versions_have_no_corrected_difference(client: TestClient) -> None:
    rng = np.random.default_rng(5)
    truth = rng.random(ITEMS) < 0.6
    run(client, "old", flawed(truth, rng))
    label(client, "old", truth, 200)
    calibrate(client)
    run(client, "new", flawed(truth, rng), version="v2")
    (made,) = compared(client)["corrections"]
    assert made["difference"]["corrected"] is None
    assert "different versions" in made["difference"]["refused"]
