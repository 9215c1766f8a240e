"""Scores that are not independent of each other make no interval narrower, and a summary says what it clustered by."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from evalwright.cli.labels import score_of
from evalwright.server.clustering import NONE, cluster
from tests.shared import shared_data


def summary(client: TestClient, **wanted: str) -> dict[str, Any]:
    answer = client.get("/api/v1/scores/summary", params=wanted)
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["items"]
    return dict(row)


def send(client: TestClient, scores: list[dict[str, Any]]) -> None:
    answer = client.post("/api/v1/scores", json={"scores": [{"name": "q", **score} for score in scores]})
    assert answer.status_code == 200, answer.text


def width(row: dict[str, Any]) -> float:
    return float(row["estimate"]["high"] - row["estimate"]["low"])


def airline_runs() -> list[dict[str, Any]]:
    """Four runs of each of fifty tasks, as the import makes scores of them."""
    lines = (shared_data() / "tau-bench" / "tau_airline_gpt4o.run.labels.jsonl").read_text().splitlines()
    return [score_of(json.loads(line)) for line in lines]


@pytest.mark.shared_data
def test_four_runs_of_a_task_are_one_cluster_and_the_summary_agrees_with_reliability(client: TestClient) -> None:
    runs = airline_runs()
    answer = client.post("/api/v1/scores", json={"scores": [{**run, "name": "q"} for run in runs]})
    assert answer.status_code == 200, answer.text
    found = summary(client)
    assert (found["estimate"]["n"], found["clusters"], found["cluster_by"]) == (200, 50, "metadata.task_id")
    answer = client.get("/api/v1/scores/reliability", params={"name": "q", "item_key": "metadata.task_id"}).json()
    once = answer["pass_hat"][0]["estimate"]
    for end in ("estimate", "low", "high"):
        assert found["estimate"][end] == pytest.approx(once[end], abs=0.002)
    alone = summary(client, cluster_by="none")
    assert (alone["clusters"], alone["cluster_by"]) == (200, "none")
    assert width(alone) < 0.7 * width(found)


def test_one_column_can_be_named_and_one_nobody_has_is_told(client: TestClient) -> None:
    send(client, [{"session_id": f"s{n}", "value": n % 3 == 0, "metadata": {"user": f"u{n % 4}"}} for n in range(40)])
    assert summary(client)["cluster_by"] == "none"
    named = summary(client, cluster_by="metadata.user")
    assert (named["clusters"], named["cluster_by"]) == (4, "metadata.user")
    missed = summary(client, cluster_by="metadata.usr")
    assert (missed["clusters"], missed["cluster_by"]) == (40, "none")
    assert missed["estimate"]["warnings"] == ["no score says its 'metadata.usr': each was taken as independent"]


def test_traces_of_a_session_are_one_cluster_though_each_has_a_task_of_its_own(client: TestClient) -> None:
    send(
        client,
        [
            {
                "trace_id": f"{n + 1:032x}",
                "session_id": f"s{n // 4}",
                "value": n % 8 < 4,
                "metadata": {"task_id": f"t{n}"},
            }
            for n in range(40)
        ],
    )
    found = summary(client)
    assert (found["clusters"], found["cluster_by"]) == (10, "session_id")
    assert width(found) > width(summary(client, cluster_by="none"))


def test_a_summary_of_one_session_says_that_it_speaks_of_no_other(client: TestClient) -> None:
    send(client, [{"trace_id": f"{n + 1:032x}", "session_id": "only", "value": n % 2} for n in range(20)])
    found = summary(client)
    assert (found["clusters"], found["cluster_by"]) == (20, "none")
    assert found["estimate"]["warnings"] == ["all 20 are of one session_id: the interval is about that one alone"]
    assert summary(client, session_id="only")["estimate"]["warnings"] == []


def test_scores_that_do_not_say_the_first_column_go_by_the_next() -> None:
    found = cluster({"item_id": [1, 1, 0, 0, 0], "trace_id": [1, 2, 3, 3, 0]}, 5)
    assert (found.by, found.count) == ("item_id, trace_id", 3)
    assert found.labels is not None
    assert len(set(found.labels)) == 3
    assert cluster({"item_id": [1, 2, 0]}, 3).by == NONE
    assert cluster({}, 0).count == 0


def test_a_corrected_mean_is_clustered_as_the_raw_one(client: TestClient) -> None:
    judge: dict[str, Any] = {"source": "judge", "evaluator": "j", "evaluator_version": "1", "type": "boolean"}
    verdicts: list[dict[str, Any]] = []
    for n in range(200):
        # Runs of a task come out alike; people disagree with the judge now and then.
        right = (n // 4) % 3 != 0
        about = {"trace_id": f"{n + 1:032x}", "metadata": {"task_id": f"t{n // 4}"}}
        verdicts.append({**judge, **about, "value": right if n % 11 else not right})
        if n % 2:
            verdicts.append({**about, "name": "human", "source": "human", "annotator": "ann", "value": right})
    send(client, verdicts)
    answer = client.post("/api/v1/evaluators/j/calibrations", json={"label": "human"})
    assert answer.status_code == 201, answer.text
    asked = {"name": "q", "corrected": "true"}
    by_task, alone = summary(client, **asked), summary(client, **asked, cluster_by="none")
    assert by_task["cluster_by"] == "metadata.task_id"
    wide, narrow = (row["correction"]["corrected"] for row in (by_task, alone))
    assert wide["high"] - wide["low"] > 1.2 * (narrow["high"] - narrow["low"])
