"""Calibrating over the API: scores in, a card out, every disagreement one request away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from evalwright.domain.span import Span
from evalwright.server.deps import Deps

API = "/api/v1"


def trace(number: int) -> str:
    return f"{number + 1:032x}"


def verdicts(count: int, *, version: str = "v1", wrong_every: int = 5, name: str = "polite") -> list[dict[str, Any]]:
    return [
        {
            **{"name": name, "evaluator": name, "evaluator_version": version, "source": "judge", "type": "boolean"},
            **{"trace_id": trace(n), "value": (n % 2 == 0) != (n % wrong_every == 0), "latency_ms": 5.0 + n % 3},
            "id": f"sc_{name}_{version}_{n}",
        }
        for n in range(count)
    ]


def labels(count: int, *, name: str = "gold", annotator: str = "ann") -> list[dict[str, Any]]:
    said = {"name": name, "source": "human", "annotator": annotator, "type": "boolean"}
    return [{**said, "trace_id": trace(n), "value": n % 2 == 0} for n in range(count)]


def post(client: TestClient, *scores: dict[str, Any]) -> None:
    answer = client.post(f"{API}/scores", json={"scores": list(scores)})
    assert answer.status_code == 200, answer.text


def calibrated(client: TestClient, name: str = "polite", **body: Any) -> dict[str, Any]:
    answer = client.post(f"{API}/evaluators/{name}/calibrations", json={"label": "gold", **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_calibration_compares_what_both_have_judged_and_keeps_its_card(client: TestClient) -> None:
    post(client, *verdicts(150), *labels(100))
    card = calibrated(client, min_agreement=0.6)
    report = card["report"]
    assert (card["evaluator_version"], card["judge_score"], card["label_score"]) == ("v1", "polite", "gold")
    assert report["overall"]["rows"] == 100
    assert report["overall"]["agreement"]["estimate"] == pytest.approx(0.8)
    assert report["judge"] == {"scored": 100, "skipped": 0, "unseen": 0, "errored": 0}
    assert report["positive"] == "true"
    assert report["bar"]["verdict"] in {"pass", "inconclusive"}
    assert report["disagreements"] == 20
    assert len(report["next_labels"]) == 50
    assert report["next_labels"][0]["target"]["trace_id"] >= trace(100)
    path = f"{API}/evaluators/polite/calibrations"
    assert client.get(f"{path}/{card['id']}").json() == card
    summary = client.get(path).json()["items"]
    assert [each["id"] for each in summary] == [card["id"]]
    assert summary[0]["kappa"] == report["overall"]["kappa"]
    assert summary[0]["verdict"] == report["bar"]["verdict"]


def test_disagreements_are_paged_and_opened_by_cell(client: TestClient) -> None:
    post(client, *verdicts(100), *labels(100))
    path = f"{API}/evaluators/polite/calibrations/{calibrated(client)['id']}/disagreements"
    first = client.get(path, params={"limit": 15}).json()
    rest = client.get(path, params={"limit": 15, "cursor": first["next_cursor"]}).json()
    found = [*first["items"], *rest["items"]]
    assert len({each["key"] for each in found}) == 20
    assert all(each["human"] != each["judge"] for each in found)
    cell = client.get(path, params={"human": "true", "judge": "false"}).json()["items"]
    assert len(cell) == 10
    assert cell[0]["target"]["trace_id"]
    assert cell[0]["votes"] == {"ann": "true"}


def test_the_newest_version_is_calibrated_and_others_are_named(client: TestClient) -> None:
    post(client, *verdicts(60, version="v1"), *labels(60))
    post(
        client,
        *[{**each, "created_time": "2030-01-01T00:00:00Z"} for each in verdicts(60, version="v2", wrong_every=3)],
    )
    newest = calibrated(client)
    assert newest["evaluator_version"] == "v2"
    assert any("60 of v1" in said for said in newest["report"]["statements"])
    assert calibrated(client, version="v1")["evaluator_version"] == "v1"
    assert [
        each["evaluator_version"] for each in client.get(f"{API}/evaluators/polite/calibrations").json()["items"]
    ] == [
        "v1",
        "v2",
    ]


def test_a_filter_and_span_fields_choose_and_slice_the_targets(deps: Deps, client: TestClient) -> None:
    spans = [
        Span(
            project="default",
            trace_id=trace(n),
            span_id=f"{n + 1:016x}",
            name="answer",
            start_ns=1,
            end_ns=2,
            model="gpt-4o" if n < 40 else "claude-sonnet-4",
        )
        for n in range(80)
    ]
    deps.spans.write_spans(spans)
    spec = {"name": "polite", "version": "v1", "kind": "judge", "target": "trace", "type": "boolean"}
    answer = client.post(f"{API}/evaluators", json={**spec, "definition": {"asked_model": "gpt-4.1"}})
    assert answer.status_code == 200, answer.text
    post(client, *verdicts(80), *labels(80))
    report = calibrated(client, slice_by=["model"])["report"]
    assert {each["value"] for each in report["slices"]} == {"gpt-4o", "claude-sonnet-4"}
    assert any("its own maker (openai) in 40 of 80" in said for said in report["statements"])
    kept = calibrated(client, filter='model == "gpt-4o"')["report"]
    assert kept["overall"]["rows"] == 40


def test_more_targets_than_one_filter_names_are_all_read(deps: Deps, client: TestClient) -> None:
    fields = {"project": "default", "name": "answer", "start_ns": 1, "end_ns": 2}
    deps.spans.write_spans(
        [Span(trace_id=trace(n), span_id=f"{n + 1:016x}", model=f"m{n % 2}", **fields) for n in range(1_100)]
    )
    post(client, *verdicts(1_100), *labels(1_100))
    report = calibrated(client, slice_by=["model"], filter='name == "answer"')["report"]
    assert report["overall"]["rows"] == 1_100
    assert [each["rows"] for each in report["slices"]] == [550, 550]


def test_trials_of_a_dataset_are_calibrated_and_outlive_their_experiment(client: TestClient) -> None:
    items = [{"key": f"k{n}", "input": n, "metadata": {"topic": "law" if n < 15 else "chat"}} for n in range(30)]
    client.post(f"{API}/datasets", json={"name": "golden"})
    client.post(f"{API}/datasets/golden/items", json={"items": items})
    stored = client.get(f"{API}/datasets/golden/items").json()["items"]
    made = client.post(f"{API}/experiments", json={"name": "run", "dataset": "golden"}).json()
    for place, item in enumerate(stored):
        about = {"target": "trial", "experiment_id": made["id"], "item_id": item["id"], "trial_id": f"tr_{place}"}
        judge = {"name": "polite", "evaluator": "polite", "evaluator_version": "1", "source": "judge", "label": "good"}
        person = {"name": "gold", "source": "human", "annotator": "a", "label": "bad" if place < 10 else "good"}
        post(client, {**about, **judge}, {**about, **person})
    report = calibrated(client, dataset="golden")["report"]
    assert {(each["attribute"], each["value"]) for each in report["slices"]} == {
        ("metadata.topic", "law"),
        ("metadata.topic", "chat"),
    }
    assert report["disagreements"] == 10
    by_id = client.get(f"{API}/experiments/run/trials", params={"item": stored[0]["id"]})
    assert by_id.json()["items"] == []  # scores came without trials
    assert client.delete(f"{API}/experiments/run").status_code == 204
    assert calibrated(client)["report"]["overall"]["rows"] == 30


def test_people_with_other_words_are_read_by_numbers_or_by_a_map(client: TestClient) -> None:
    words = [{**each, "type": "categorical", "label": "fine" if each["value"] else "rude"} for each in labels(40)]
    post(client, *verdicts(40), *[{**each, "value": None} for each in words])
    lost = calibrated(client)["report"]
    assert lost["overall"]["agreement"]["estimate"] == 0.0
    assert any("no label in common" in said for said in lost["statements"])
    mapped = calibrated(client, label_map={"fine": "true", "rude": "false"})["report"]
    assert mapped["overall"]["agreement"]["estimate"] == pytest.approx(0.8)
    post(client, *[{**each, "value": float(each["value"]), "annotator": "ann"} for each in words])
    by_number = calibrated(client)["report"]
    assert by_number["overall"]["agreement"]["estimate"] == pytest.approx(0.8)
    assert any("numbers are compared" in said for said in by_number["statements"])


def test_measurements_are_correlated_unless_a_threshold_makes_them_labels(client: TestClient) -> None:
    said = {"evaluator": "close", "source": "judge", "evaluator_version": "1", "type": "numeric", "name": "close"}
    post(client, *[{**said, "trace_id": trace(n), "value": n / 40} for n in range(40)])
    gold = {"name": "gold", "source": "human", "type": "numeric"}
    post(client, *[{**gold, "trace_id": trace(n), "value": n / 40 + 0.1} for n in range(40)])
    report = calibrated(client, "close")["report"]
    assert report["scale"] == "interval"
    assert report["disagreements"] == 0  # in the same order throughout
    assert report["overall"]["spearman"]["estimate"] == pytest.approx(1.0)
    assert report["overall"]["confusion"] is None
    cut = calibrated(client, "close", threshold=0.5)["report"]
    assert cut["labels"] == ["false", "true"]
    assert cut["overall"]["agreement"]["estimate"] == pytest.approx(36 / 40)


@pytest.mark.parametrize(
    ("name", "body", "status", "detail"),
    [
        ("polite", {"label": "none"}, 404, "people's scores in this project: gold"),
        ("stranger", {"label": "gold"}, 404, "'stranger' has judged nothing"),
        ("polite", {"label": "gold", "min_agreement": 2}, 422, "min_agreement"),
        ("polite", {"label": "gold", "dataset": "nope"}, 404, "nope"),
        ("polite", {"label": "gold", "filter": "modle == 1"}, 400, '"position":0'),
        ("polite", {}, 422, "label"),
    ],
)
def test_what_cannot_be_calibrated_is_told_so(
    client: TestClient, name: str, body: dict[str, Any], status: int, detail: str
) -> None:
    post(client, *verdicts(10), *labels(10))
    answer = client.post(f"{API}/evaluators/{name}/calibrations", json=body)
    assert answer.status_code == status, answer.text
    assert detail in answer.text


def test_an_evaluator_that_writes_several_scores_needs_one_named(client: TestClient) -> None:
    post(
        client,
        *verdicts(10),
        *[{**each, "name": "other", "id": f"o{n}"} for n, each in enumerate(verdicts(10))],
        *labels(10),
    )
    answer = client.post(f"{API}/evaluators/polite/calibrations", json={"label": "gold"})
    assert (answer.status_code, "writes several scores" in answer.text) == (400, True)
    assert calibrated(client, judge_score="polite")["judge_score"] == "polite"


def test_versions_are_bridged_by_their_first_characters_with_drift_between_their_cards(client: TestClient) -> None:
    for version, wrong in (("v1aaaa", 20), ("v2bbbb", 2)):
        spec = {"name": "polite", "version": version, "kind": "judge", "target": "trace", "type": "boolean"}
        assert client.post(f"{API}/evaluators", json=spec).status_code == 200
        post(client, *verdicts(300, version=version, wrong_every=wrong))
    post(client, *labels(300))
    for version in ("v1aaaa", "v2bbbb"):
        calibrated(client, version=version)
    found = client.get(f"{API}/evaluators/polite/bridge", params={"before": "v1", "after": "v2"}).json()
    assert (found["before"], found["after"], found["targets"]) == ("v1aaaa", "v2bbbb", 300)
    assert found["shift"]["high"] < 0
    assert sum(each["count"] for each in found["flips"]) == 135
    assert {each["measure"]: each["alarm"] for each in found["drift"]}["sensitivity"] is True
    assert found["warnings"]
    missing = client.get(f"{API}/evaluators/polite/bridge", params={"before": "v9", "after": "v2"})
    assert missing.status_code == 404
    both = client.get(f"{API}/evaluators/polite/bridge", params={"before": "v", "after": "v2"})
    assert both.status_code == 400


def test_judges_are_compared_on_the_same_labels(client: TestClient) -> None:
    post(client, *verdicts(100), *verdicts(100, name="rough", wrong_every=2), *labels(100))
    found = client.get(f"{API}/judges/compare", params={"names": "rough,polite", "label": "gold"}).json()
    assert found["common_rows"] == 100
    assert [each["evaluator"] for each in found["judges"]] == ["polite", "rough"]
    assert found["judges"][0]["agreement"]["estimate"] == pytest.approx(0.8)
    assert found["metrics"] == ["agreement", "latency_ms"]


def summary(client: TestClient, **params: Any) -> dict[str, Any]:
    answer = client.get(f"{API}/scores/summary", params={"name": "polite", "source": "judge", **params})
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["items"]
    return dict(row)


def test_a_summary_shows_what_people_would_have_said(client: TestClient) -> None:
    post(client, *verdicts(1_000, wrong_every=3), *labels(300))
    assert summary(client)["correction"] is None
    refused = summary(client, corrected=True)["correction"]
    assert "never calibrated" in refused["refused"]
    calibrated(client)
    made = summary(client, corrected=True)
    assert made["correction"]["raw"] == made["estimate"]
    assert made["correction"]["method"] == "ppi_plus_plus"
    assert made["correction"]["labels"] == 300
    assert made["correction"]["corrected"]["low"] <= 0.5 <= made["correction"]["corrected"]["high"]
    assert made["correction"]["refused"] == ""


def test_a_summary_of_few_labels_is_refused_or_borrows_the_cards_error(client: TestClient) -> None:
    post(client, *verdicts(200), *labels(20))
    calibrated(client)
    assert "under 30" in summary(client, corrected=True)["correction"]["refused"]
    post(client, *labels(60))
    made = summary(client, corrected=True)["correction"]
    assert made["corrected"] is not None
    assert any("60 human labels" in warning for warning in made["warnings"])


def test_a_corrected_mean_is_about_the_newest_version_like_the_mean_itself(client: TestClient) -> None:
    post(client, *verdicts(600, version="v1", wrong_every=2), *labels(300))
    later = {"created_time": "2030-01-01T00:00:00Z"}
    post(client, *[{**each, **later} for each in verdicts(600, version="v2", wrong_every=3)])
    calibrated(client)
    made = summary(client, corrected=True)
    assert made["estimate"]["n"] == 600
    assert made["correction"]["corrected"]["n"] == 600
    rows = client.get(
        f"{API}/scores/summary",
        params={"name": "polite", "source": "judge", "corrected": True, "group_by": "evaluator_version"},
    ).json()["items"]
    assert {row["key"]: row["correction"]["corrected"]["n"] for row in rows} == {"v1": 600, "v2": 600}


def test_a_mean_over_labels_and_verdicts_of_one_name_is_not_corrected(client: TestClient) -> None:
    post(client, *verdicts(100), *labels(100, name="polite"))
    calibrated(client, label="polite")
    mixed = client.get(f"{API}/scores/summary", params={"name": "polite", "corrected": True}).json()["items"][0]
    assert "people's labels are part" in mixed["correction"]["refused"]
    assert summary(client, corrected=True)["correction"]["method"] == "labels"


def test_another_project_sees_no_card(build_deps: Callable[..., Deps], client: TestClient) -> None:
    post(client, *verdicts(40), *labels(40))
    card = calibrated(client)
    path = f"{API}/evaluators/polite/calibrations"
    assert client.get(path, params={"project": "other"}).json()["items"] == []
    assert client.get(f"{path}/{card['id']}", params={"project": "other"}).status_code == 404
    assert client.get(f"{API}/evaluators/rough/calibrations/{card['id']}").status_code == 400
