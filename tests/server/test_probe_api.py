"""Probe reports over the API: kept by version, listed, shown, and refused when they are no reports."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.testclient import TestClient

from evalwright.domain.evaluator import Subject
from evalwright.domain.score import Target
from evalwright.evaluators import evaluator
from evalwright.evaluators.probes import ProbeItem, plan_of, probe

API = "/api/v1"
PATH = f"{API}/evaluators/longer_is_better/probes"


@evaluator
def longer_is_better(output: str) -> float:
    """Likes length."""
    return min(1.0, len(output) / 400)


@evaluator(name="longer_is_better")
def broken(output: str) -> float:
    """Never answers."""
    raise ConnectionError("no model there")


def made(judge: Any = longer_is_better, names: Sequence[str] = ("verbosity", "position", "drift")) -> dict[str, Any]:
    items = [
        ProbeItem(subject=Subject(target=Target.TRIAL, key=f"k{n}", values={"output": f"Answer {n} in some words."}))
        for n in range(40)
    ]
    return dict(asyncio.run(probe(plan_of(judge, items), names)).as_dict())


def keep(client: TestClient, report: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(PATH, json={"report": report})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_report_is_kept_with_its_effects_verdicts_and_anchors(client: TestClient) -> None:
    report = made()
    kept = keep(client, report)
    assert kept["evaluator_version"] == report["version"]
    assert kept["report"]["findings"] == report["findings"]
    assert kept["report"]["verdicts"] == report["verdicts"]
    assert client.get(f"{PATH}/{kept['id']}").json() == kept
    (summary,) = client.get(PATH).json()["items"]
    assert (summary["failed"], summary["passed"], summary["not_applicable"]) == (2, 0, 4)
    assert [line["probe"] for line in summary["lines"]] == [
        "position",
        "position",
        "verbosity",
        "verbosity",
        *["drift"] * 2,
    ]
    failing = summary["lines"][3]
    assert failing["verdict"] == "fail"
    assert failing["effect"]["low"] < failing["effect"]["estimate"] < failing["effect"]["high"]
    assert "report" not in summary


def test_a_report_of_verdicts_that_never_came_is_kept_as_undecided(client: TestClient) -> None:
    kept = keep(client, made(broken, ("verbosity",)))
    assert kept["report"]["undecided"] == 2
    assert "no model there" in kept["report"]["findings"][0]["explanation"]


def test_the_same_report_again_is_not_kept_twice(client: TestClient) -> None:
    report = made(names=("verbosity",))
    assert keep(client, report)["id"] == keep(client, report)["id"]
    other = keep(client, {**report, "seed": 7})
    items = client.get(PATH).json()["items"]
    assert (len(items), items[0]["id"]) == (2, other["id"])


def test_reports_are_chosen_by_version_and_paged(client: TestClient) -> None:
    report = made(names=("verbosity",))
    ids = [keep(client, {**report, "version": f"v{n}"})["id"] for n in range(3)]
    first = client.get(PATH, params={"limit": 2}).json()
    rest = client.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in (*first["items"], *rest["items"])] == ids[::-1]
    assert [each["id"] for each in client.get(PATH, params={"version": "v1"}).json()["items"]] == [ids[1]]


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        ({"evaluator": "another"}, 400, "of evaluator 'another'"),
        ({"findings": []}, 422, "findings"),
        ({"findings": [{"probe": "x", "measure": "m", "verdict": "splendid"}]}, 422, "verdict"),
        ({"findings": [{"probe": "x", "measure": "m", "verdict": "pass", "effect": {"estimate": 1}}]}, 422, "low"),
        ({"findings": [{"probe": "x", "measure": "m", "verdict": "pass"}] * 201}, 422, "findings"),
        ({"verdicts": {f"k{n}": 1.0 for n in range(10_001)}}, 422, "verdicts"),
        ({"unheard_of": 1}, 422, "unheard_of"),
        ({"items": -1}, 422, "items"),
    ],
)
def test_what_is_no_report_is_refused(client: TestClient, change: dict[str, Any], status: int, detail: str) -> None:
    answer = client.post(PATH, json={"report": {**made(names=("verbosity",)), **change}})
    assert answer.status_code == status, answer.text
    assert detail in answer.text
    assert client.get(PATH).json()["items"] == []


def test_what_claims_more_than_its_lines_say_is_counted_anew(client: TestClient) -> None:
    kept = keep(client, {**made(names=("verbosity",)), "failed": 0})
    assert kept["report"]["failed"] == 2


def test_another_project_or_evaluator_sees_no_report(client: TestClient) -> None:
    kept = keep(client, made(names=("verbosity",)))
    assert client.get(PATH, params={"project": "other"}).json()["items"] == []
    assert client.get(f"{PATH}/{kept['id']}", params={"project": "other"}).status_code == 404
    assert client.get(f"{API}/evaluators/rough/probes/{kept['id']}").status_code == 400


def test_a_number_that_is_none_travels_as_null(client: TestClient) -> None:
    report = made(names=("verbosity",))
    line = report["findings"][0]
    line["effect"] = {**line["effect"], "n_effective": None}
    assert keep(client, report)["report"]["findings"][0]["effect"]["n_effective"] is None
