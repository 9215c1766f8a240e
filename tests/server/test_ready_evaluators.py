"""Ready evaluators over the API: each says what is known of its error, and what is to be done where nothing is."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

API = "/api/v1"


def ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_every_ready_evaluator_is_listed_with_how_to_run_it(client: TestClient) -> None:
    listed = {each["name"]: each for each in ok(client.get(f"{API}/ready-evaluators"))["items"]}
    assert listed["faithfulness"]["kind"] == "judge"
    assert listed["faithfulness"]["status"] == "fits summedits, qags-cnndm"
    assert listed["tone"]["status"] == "needs your labels"
    assert listed["numeric_close"]["status"] == "card on gsm8k-systems"
    assert listed["latency_under"]["run"] == "evalwright evaluators run latency_under:ms=MS"
    assert len(listed) > 45


def test_a_check_shows_its_public_cards_with_n_interval_and_who_labelled(client: TestClient) -> None:
    found = ok(client.get(f"{API}/ready-evaluators/numeric_close"))
    (card,) = found["known"]["cards"]
    assert (card["published"], card["set"]) == (False, "gsm8k-systems")
    assert card["people"]
    assert card["licence"]
    agreement = card["measures"]["agreement"]
    assert agreement["n"] == card["rows"]
    assert agreement["low"] <= agreement["estimate"] <= agreement["high"]
    assert "the public ones are of other data" in found["known"]["advice"]
    assert found["parameters"][0]["name"] == "absolute"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("faithfulness", "run `evalwright evaluators calibrate-ready faithfulness --labels DIR`"),
        ("tone", "no public set fits"),
        ("valid_json", "no card needed"),
    ],
)
def test_without_a_card_the_advice_says_what_is_needed(client: TestClient, name: str, says: str) -> None:
    found = ok(client.get(f"{API}/ready-evaluators/{name}"))
    assert says in found["known"]["advice"]
    assert not [card for card in found["known"]["cards"] if not card["published"]]


def test_an_evaluator_of_ones_own_says_that_it_has_no_card_and_stops_once_it_has(client: TestClient) -> None:
    spec = {"name": "mine", "version": "v1", "kind": "judge", "target": "trace", "type": "boolean"}
    ok(client.post(f"{API}/evaluators", json=spec))
    known = ok(client.get(f"{API}/evaluators/mine"))["known"]
    assert known["advice"].startswith("no card yet: labels are needed; label some 200")
    assert known["cards"] == []
    scores = [
        {"name": name, "source": source, "target": "trace", "trace_id": f"{n:032x}", "type": "boolean", **who,
         "value": n % 2 == 0}
        for n in range(1, 41)
        for name, source, who in (
            ("mine", "judge", {"evaluator": "mine", "evaluator_version": "v1"}), ("gold", "human", {"annotator": "a"}),
        )
    ]  # fmt: skip
    ok(client.post(f"{API}/scores", json={"scores": scores}))
    ok(client.post(f"{API}/evaluators/mine/calibrations", json={"label": "gold"}))
    assert ok(client.get(f"{API}/evaluators/mine"))["known"]["advice"] == ""


def test_a_name_that_is_not_ready_is_not_found(client: TestClient) -> None:
    answer = client.get(f"{API}/ready-evaluators/beauty")
    assert answer.status_code == 404
    assert "list --ready" in answer.json()["hint"]
