"""A list of experiments says what each came to, in the numbers of its own page, and never those of yesterday."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from records import make_record_store
from starlette.testclient import TestClient

from evalwright.server.deps import Deps
from evalwright.storage.spans import embedded_span_store

API = "/api/v1"


@pytest.fixture(params=["memory", "disk"])
def client(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    build_deps: Callable[..., Deps],
    open_client: Callable[[Deps], TestClient],
) -> Iterator[TestClient]:
    with ExitStack() as stack:
        parts: dict[str, Any] = {}
        if request.param == "disk":
            parts = {
                "spans": embedded_span_store(tmp_path / "spans"),
                "records": make_record_store(f"sqlite:///{tmp_path}/records.sqlite"),
            }
            for part in parts.values():
                part.open()
                stack.callback(part.close)
        yield open_client(build_deps(**parts))


def ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def start(client: TestClient, name: str, items: int = 6, trials: int = 2) -> list[dict[str, Any]]:
    ok(client.post(f"{API}/datasets", json={"name": "d", "exist_ok": True}))
    asked = [{"key": f"k{n}", "input": {"question": f"What is {n}?"}} for n in range(items)]
    ok(client.post(f"{API}/datasets/d/items", json={"items": asked}))
    ok(client.post(f"{API}/experiments", json={"name": name, "dataset": "d", "trials": trials}))
    return list(ok(client.get(f"{API}/datasets/d/items"))["items"])


def send(client: TestClient, name: str, trials: list[dict[str, Any]]) -> None:
    ok(client.post(f"{API}/experiments/{name}/trials", json={"trials": trials}))


def run(client: TestClient, name: str) -> None:
    """Six items twice: one trial fails, one of another item has no verdict, one verdict is an error."""
    rows = []
    for place, item in enumerate(start(client, name)):
        for index in range(2):
            row: dict[str, Any] = {"item_id": item["id"], "item_key": item["key"], "index": index, "scores": {}}
            if (place, index) == (0, 0):
                row |= {"status": "error", "error": "refused"}
            elif (place, index) != (1, 1):
                row["scores"]["right"] = {"value": place % 2 == 0, "type": "boolean"}
                row["scores"]["words"] = {"value": 10.0 * place + index}
            if (place, index) == (2, 0):
                row["scores"]["right"] = {"status": "errored", "reason": "the judge was down"}
            rows.append(row)
    send(client, name, rows)


def listed(client: TestClient, name: str) -> dict[str, Any]:
    (found,) = [each for each in ok(client.get(f"{API}/experiments"))["items"] if each["name"] == name]
    return dict(found)


def means(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Estimates by metric, to as many digits as do not depend on the order of adding up."""
    return {
        row["metric"]: {
            key: round(each, 9) if isinstance(each, float) else each for key, each in row["estimate"].items()
        }
        for row in rows
    }


def shown(client: TestClient, name: str) -> dict[str, Any]:
    found = means(ok(client.get(f"{API}/experiments/{name}"))["metrics"])
    return {metric: found[metric] for metric in ("right", "words")}


def test_a_list_has_the_means_the_counts_and_the_failures_of_each_page(client: TestClient) -> None:
    run(client, "one")
    run(client, "two")
    start(client, "empty")
    for name in ("one", "two"):
        found = listed(client, name)
        told = means(found["metrics"])
        assert told == shown(client, name)
        assert found["failed"] == 1
        assert told["right"]["denominators"] == {"scored": 9, "skipped": 0, "unseen": 1, "errored": 2}
        assert told["right"]["low"] < told["right"]["estimate"] < told["right"]["high"]
    assert (listed(client, "empty")["metrics"], listed(client, "empty")["failed"]) == ([], 0)


def test_a_verdict_or_a_trial_that_comes_later_is_in_the_next_list(client: TestClient) -> None:
    run(client, "one")
    before = listed(client, "one")
    assert listed(client, "one") == before
    trial = ok(client.get(f"{API}/experiments/one/trials", params={"item": "k1"}))["items"][1]
    again = {"item_id": trial["item_id"], "item_key": trial["item_key"], "index": trial["index"]}
    send(client, "one", [{**again, "scores": {"right": {"value": True, "type": "boolean"}}}])
    judged = listed(client, "one")
    assert means(judged["metrics"])["right"]["n"] == 10
    assert means(judged["metrics"])["right"] == shown(client, "one")["right"]
    send(client, "one", [{**again, "status": "timeout", "error": "too slow"}])
    assert listed(client, "one")["failed"] == 2
    verdict = {"target": "trial", "name": "kind", "experiment_id": judged["id"], "trial_id": trial["id"], "value": 1.0}
    ok(client.post(f"{API}/scores", json={"scores": [verdict]}))
    assert means(listed(client, "one")["metrics"])["kind"]["n"] == 1


def test_trials_say_what_their_items_ask_in_words(client: TestClient) -> None:
    run(client, "one")
    rows = ok(client.get(f"{API}/experiments/one/trials"))["items"]
    assert {row["item_key"]: row["input_preview"] for row in rows} == {f"k{n}": f"What is {n}?" for n in range(6)}
    assert all(row["input"] is None for row in rows)
    (first, _) = ok(client.get(f"{API}/experiments/one/trials", params={"item": "k3"}))["items"]
    assert (first["input"], first["input_preview"]) == ({"question": "What is 3?"}, "What is 3?")


def test_a_long_list_is_read_in_parts_and_remembered_in_bounds(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalwright.server import outcomes

    monkeypatch.setattr(outcomes, "MAX_TRIALS", 12)
    monkeypatch.setattr(outcomes, "KEPT", 1)
    for name in ("one", "two", "three"):
        run(client, name)
    told = [means(each["metrics"])["right"]["n"] for each in ok(client.get(f"{API}/experiments"))["items"]]
    assert told == [9, 9, 9]
