"""Calibrating, correcting and gating from Python, over the real API: both clients, and results of experiments."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from live_server import LiveServer, running_server

from evalwright.domain.calibration import CalibrationReport, Scale
from evalwright.domain.errors import NotFound
from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.gate import Verdict
from evalwright.domain.trust import TrustState
from evalwright.experiments.result import ExperimentResult
from evalwright.sdk import AsyncClient, Client
from evalwright.sdk.decode import read

ITEMS = 300
LABELLED = 220


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Two experiments judged by two judges, and people's labels of most of the first."""
    with running_server(tmp_path_factory.mktemp("server")) as running:
        with Client(endpoint=running.endpoint, project="support") as client:
            fill(client)
        yield running


@pytest.fixture
def client(server: LiveServer) -> Iterator[Client]:
    with Client(endpoint=server.endpoint, project="support") as made:
        yield made


def fill(client: Client) -> None:
    rng = np.random.default_rng(11)
    client.create_dataset("golden")
    client.add_items("golden", [{"key": f"i{n:03}", "input": n} for n in range(ITEMS)])
    items = sorted(client.list_items("golden", limit=ITEMS).items, key=lambda each: each.key)
    for name, rate in (("baseline", 0.6), ("candidate", 0.9)):
        truth = rng.random(ITEMS) < rate
        client.create_experiment(name, dataset="golden")
        client.add_trials(
            name,
            [
                {"item_id": item.id, "item_key": item.key, "scores": scores(bool(good), rng)}
                for item, good in zip(items, truth, strict=True)
            ],
        )
        if name == "baseline":
            trials = sorted(client.list_trials(name).items, key=lambda each: each.item_key)
            said = {"name": "gold", "source": "human", "annotator": "ada", "target": "trial", "type": "boolean"}
            client.write_scores(
                [
                    {
                        **said,
                        **{"trial_id": each.id, "item_id": each.item_id, "experiment_id": each.experiment_id},
                        "value": bool(good),
                    }
                    for each, good in list(zip(trials, truth, strict=True))[:LABELLED]
                ]
            )


def scores(good: bool, rng: np.random.Generator) -> dict[str, Any]:
    """Verdicts of a careful and dear judge, and of a careless and cheap one."""
    made = {}
    for name, right, cost in (("careful", 0.95, 0.01), ("careless", 0.7, 0.001)):
        value = good if rng.random() < right else not good
        made[name] = {
            **{"source": "judge", "evaluator": name, "evaluator_version": "v1", "type": "boolean"},
            **{"value": value, "cost": cost, "latency_ms": 100.0 * right},
        }
    return made


def test_a_judge_is_calibrated_and_its_cards_are_read(client: Client) -> None:
    made = client.calibrate("careful", against="gold", min_agreement=0.8)
    assert isinstance(made.report, CalibrationReport)
    assert made.report.scale is Scale.NOMINAL
    assert made.report.bar is not None
    assert made.report.bar.verdict is Verdict.PASS
    assert made.report.overall.agreement is not None
    assert 0.88 < made.report.overall.agreement.estimate < 1.0
    assert client.get_calibration("careful", made.id) == made
    newest = client.list_calibrations("careful", version="v1").items[0]
    assert (newest.id, newest.rows, newest.verdict) == (made.id, LABELLED, Verdict.PASS)
    apart = list(client.iterate(client.list_disagreements, "careful", made.id, limit=3))
    assert len(apart) == made.report.disagreements > 3
    chosen = client.list_disagreements("careful", made.id, human="true", judge="false").items
    (cell,) = {(each.human, each.judge) for each in chosen}
    assert cell == ("true", "false")


def test_a_mean_is_read_raw_and_corrected(client: Client) -> None:
    client.calibrate("careless", against="gold")
    made = client.corrected_mean("careless", experiment_id=client.get_experiment("baseline").id)
    assert made.corrected is not None
    assert (made.method, made.labels) == ("ppi_plus_plus", LABELLED)
    assert made.corrected.low <= 0.6 <= made.corrected.high
    (row,) = client.summarise_scores(name="careless", group_by="evaluator", corrected=True)
    assert (row.key, row.type, row.labels) == ("careless", "boolean", {})
    assert row.correction is not None
    assert client.summarise_scores(name="careless")[0].correction is None
    with pytest.raises(NotFound, match="'nope'"):
        client.corrected_mean("nope")


def test_an_experiment_and_a_comparison_are_read_corrected(client: Client) -> None:
    client.calibrate("careless", against="gold")
    metrics = {each.metric: each for each in client.get_experiment("baseline", corrected=True).metrics}
    assert metrics["careless"].correction is not None
    assert metrics["error_rate"].correction is None
    found = {each.metric: each for each in client.compare_corrected("baseline", "candidate")}
    difference = found["careless"].difference
    assert difference.corrected is not None
    assert difference.corrected.low <= 0.3 <= difference.corrected.high
    assert difference.corrected.estimate > difference.raw.estimate


def test_judges_are_compared_and_versions_bridged(client: Client) -> None:
    found = client.compare_judges(["careful", "careless"], against="gold")
    assert (found.common_rows, found.metrics) == (LABELLED, ("agreement", "cost", "latency_ms"))
    assert [(each.evaluator, each.on_front) for each in found.judges] == [("careful", True), ("careless", True)]
    spec = {"kind": "judge", "target": "trace", "type": "boolean"}
    for version in ("v0", "v1"):
        client.register_evaluator(read(EvaluatorSpec, {**spec, "name": "careful", "version": version}))
    bridged = client.bridge_versions("careful", "v0", "v1")
    assert (bridged.targets, bridged.only_after) == (0, 2 * ITEMS)


def test_the_async_client_calibrates_as_well(server: LiveServer) -> None:
    async def use() -> tuple[str, float]:
        async with AsyncClient(endpoint=server.endpoint, project="support") as client:
            made = await client.calibrate("careful", against="gold")
            mean = await client.corrected_mean("careful")
            return made.evaluator_version, mean.raw.estimate

    version, raw = asyncio.run(use())
    assert version == "v1"
    assert 0.6 < raw < 0.9


def result_of(server: LiveServer, name: str) -> ExperimentResult:
    async def fetch() -> ExperimentResult:
        async with AsyncClient(endpoint=server.endpoint, project="support") as client:
            return await ExperimentResult.read(client, name)

    return asyncio.run(fetch())


def test_a_result_waits_for_the_calibration_of_its_judge(server: LiveServer, client: Client) -> None:
    client.calibrate("careless", against="gold", min_agreement=0.9)
    compared = result_of(server, "candidate").compare("baseline")
    assert {each.metric: each.state for each in compared.comparison.judges}["careless"] is TrustState.BELOW_BAR
    refused = compared.require("careless", drop=0.03)
    assert (refused.verdict, refused.results[0].blocked) == (Verdict.INCONCLUSIVE, True)
    allowed = compared.require("careless", drop=0.03, allow_untrusted_judges=True)
    assert (allowed.verdict, allowed.allowed_untrusted) == (Verdict.PASS, ("careless",))


def test_comparing_and_requiring_have_awaited_twins(server: LiveServer, client: Client) -> None:
    client.calibrate("careful", against="gold", min_agreement=0.8)
    result = result_of(server, "candidate")

    async def use() -> tuple[Any, Any]:
        compared = await result.acompare("baseline")
        with pytest.raises(NotFound, match="'nope'"):
            await compared.arequire("nope")
        return compared, await compared.arequire("careful", drop=0.03)

    compared, decision = asyncio.run(use())
    assert compared == result.compare("baseline")
    assert decision == compared.require("careful", drop=0.03)
    assert decision.verdict is Verdict.PASS
