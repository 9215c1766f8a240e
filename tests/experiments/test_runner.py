"""Experiments against the real API: durable, resumable, nothing dropped."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer, server_of_traced_trials

import evalwright as ew
from evalwright.domain.errors import Conflict, InvalidInput, NotFound
from evalwright.domain.experiment import TrialStatus
from evalwright.domain.gate import Verdict
from evalwright.domain.score import ScoreStatus
from evalwright.experiments import Progress
from evalwright.ports.records import NewItem


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with server_of_traced_trials(tmp_path_factory.mktemp("server")) as running:
        yield running


@dataclass
class Project:
    """A project of one test, with a dataset of ten items."""

    server: LiveServer
    client: ew.Client

    def run(self, task: Any, **options: Any) -> ew.ExperimentResult:
        return ew.experiment(task, client=self.client, **{"dataset": "golden", **options})


@pytest.fixture
def project(server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Project]:
    name = request.node.name[:150]
    dataset = server.records.create_dataset(name, "golden")
    items = [NewItem(key=f"k{n}", input={"n": n}, expected=n * 2, metadata={"slice": n % 2}) for n in range(10)]
    server.records.add_items(dataset.id, items)
    with ew.Client(endpoint=server.endpoint, project=name) as client:
        yield Project(server, client)


@ew.evaluator
def correct(output: Any, expected: int) -> bool:
    return output == expected


def double(input: dict[str, int]) -> int:
    return input["n"] * 2


def test_every_item_runs_as_often_as_asked_and_is_judged(project: Project) -> None:
    seen: list[Progress] = []
    result = project.run(double, evaluators=[correct], trials=3, name="first", progress=seen.append)
    assert len(result.trials) == 30
    assert (result.experiment.status, result.experiment.completed) == ("finished", 30)
    estimate = result.summary()["correct"]
    assert (estimate.estimate, estimate.denominators.scored) == (1.0, 30)
    assert estimate.low < 1.0, "thirty right answers of ten items prove no perfection"
    assert (seen[0].done, seen[-1].done, seen[-1].total) == (0, 30, 30)
    assert "correct: 1" in str(result)
    registered = project.server.records.list_evaluators(project.client.connection.project)
    assert [each.spec for each in registered] == [correct.spec]


def test_what_fails_or_hangs_is_a_result_with_its_reason(project: Project) -> None:
    release = threading.Event()

    def shaky(input: dict[str, int]) -> int:
        if input["n"] == 3:
            raise ValueError("three is bad")
        if input["n"] == 4:
            release.wait(30)
        return input["n"] * 2

    result = project.run(shaky, evaluators=[correct], timeout_s=1.0)
    release.set()
    by_key = {trial.item_key: trial for trial in result.trials}
    assert len(by_key) == 10
    assert (by_key["k3"].status, by_key["k3"].error) == (TrialStatus.ERROR, "ValueError: three is bad")
    assert (by_key["k4"].status, by_key["k4"].error) == (TrialStatus.TIMEOUT, "the task took over 1 s")
    assert by_key["k3"].scores["correct"].status is ScoreStatus.ERRORED
    counts = result.summary()["correct"].denominators
    assert (counts.scored, counts.errored) == (8, 2)


def test_a_killed_run_goes_on_with_what_is_missing(project: Project) -> None:
    calls: list[int] = []

    class Killed(BaseException):
        pass

    def stop_halfway(progress: Progress) -> None:
        if progress.done == 7:
            raise Killed

    def task(input: dict[str, int]) -> int:
        calls.append(input["n"])
        return input["n"] * 2

    options: dict[str, Any] = {"evaluators": [correct], "trials": 2, "name": "long", "concurrency": 1}
    with pytest.raises((Killed, BaseExceptionGroup)):
        project.run(task, progress=stop_halfway, **options)
    stored = project.client.get_experiment("long").completed
    assert 0 < stored < 20
    calls.clear()
    result = project.run(task, **options)
    assert len(calls) == 20 - stored
    assert (len(result.trials), result.experiment.status) == (20, "finished")


def test_a_program_killed_at_once_loses_a_second_of_work_at_most(project: Project) -> None:
    program = Path(__file__).with_name("killed_run.py")
    where = [project.server.endpoint, project.client.connection.project]
    with subprocess.Popen([sys.executable, program, *where], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        for line in running.stdout:
            if int(line) == 35:
                running.kill()
                break
    stored = project.client.get_experiment("killed").completed
    assert 0 < stored < 50
    calls: list[int] = []

    def task(input: dict[str, int]) -> int:
        calls.append(1)
        return input["n"]

    result = project.run(task, name="killed", trials=5)
    assert (len(calls), len(result.trials)) == (50 - stored, 50)


def test_a_run_that_is_complete_runs_nothing_again(project: Project) -> None:
    calls: list[int] = []

    def task(input: dict[str, int]) -> int:
        calls.append(1)
        return 0

    project.run(task, name="once")
    result = project.run(task, name="once")
    assert (len(calls), len(result.trials)) == (10, 10)


def test_a_resumed_run_keeps_to_the_dataset_version_it_began_with(project: Project) -> None:
    held = project.client.create_experiment("pinned", dataset="golden", trials=1)
    project.client.add_items("golden", [{"key": "new", "input": {"n": 99}}])
    result = project.run(double, name="pinned")
    assert (result.experiment.dataset_version, len(result.trials)) == (held.dataset_version, 10)
    with pytest.raises(Conflict, match="version 1"):
        project.run(double, name="pinned")


def test_tasks_may_be_async_and_ask_for_more_than_the_input(project: Project) -> None:
    async def task(input: dict[str, int], metadata: dict[str, int], item: Any) -> str:
        await asyncio.sleep(0)
        return f"{item.key} {metadata['slice']} {input['n']}"

    result = project.run(task)
    assert {trial.output for trial in result.trials} == {f"k{n} {n % 2} {n}" for n in range(10)}


def test_an_event_loop_may_already_be_running(project: Project) -> None:
    async def notebook() -> tuple[int, int]:
        inside = project.run(double)
        awaited = await ew.aexperiment(double, dataset="golden", client=project.client)
        return len(inside.trials), len(awaited.trials)

    assert asyncio.run(notebook()) == (10, 10)


def test_evaluators_see_the_steps_and_each_trial_is_a_trace(project: Project) -> None:
    @ew.evaluator
    def used_the_tool(trajectory: Any) -> bool:
        return [step.span.kind.value for step in trajectory] == ["CHAIN", "TOOL"]

    @ew.evaluator
    def spent(input_tokens: int) -> float:
        return input_tokens

    def task(question: dict[str, int]) -> int:
        with ew.span("look up", kind="TOOL"):
            ew.update(input_tokens=5)
        return 1

    result = project.run(task, evaluators=[used_the_tool, spent])
    assert {trial.scores["used_the_tool"].value for trial in result.trials} == {1.0}
    assert {trial.scores["spent"].value for trial in result.trials} == {5.0}
    assert len({trial.trace_id for trial in result.trials}) == 10
    assert {trial.input_tokens for trial in result.trials} == {5}


def test_an_evaluator_that_breaks_costs_its_own_score_only(project: Project) -> None:
    @ew.evaluator
    def broken(output: Any) -> bool:
        raise KeyError("oops")

    @ew.evaluator
    def absent(context: Any) -> bool:
        return True

    result = project.run(double, evaluators=[correct, broken, absent])
    counts = {name: each.denominators for name, each in result.summary().items()}
    assert (counts["correct"].scored, counts["broken"].errored, counts["absent"].unseen) == (10, 10, 10)


def test_outputs_of_any_kind_are_kept(project: Project) -> None:
    odd = [None, float("nan"), "lone \ud800", b"raw", {1, 2}, object, {"deep": [{}]}, 10**400, "", True]

    def task(input: dict[str, int]) -> Any:
        return odd[input["n"]]

    result = project.run(task)
    outputs = {trial.item_key: trial.output for trial in result.trials}
    assert (outputs["k0"], outputs["k1"], outputs["k2"], outputs["k3"]) == (None, "nan", "lone �", "<3 bytes>")
    assert {trial.status for trial in result.trials} == {TrialStatus.OK}


def test_a_candidate_is_compared_with_its_baseline_and_gated(project: Project) -> None:
    def worse(input: dict[str, int]) -> int:
        return input["n"] * 2 if input["n"] > 6 else -1

    project.run(double, evaluators=[correct], trials=2, name="baseline")
    compared = project.run(worse, evaluators=[correct], trials=2).compare("baseline")
    change = compared.metrics["correct"]
    assert change.difference.estimate == pytest.approx(-0.7)
    assert change.difference.low < -0.7 < change.difference.high
    assert len(change.regressed) == 7
    assert compared.require("correct", drop=0.05).verdict is Verdict.FAIL
    same = project.run(double, evaluators=[correct], trials=2).compare("baseline")
    assert same.require("correct", drop=0.99).verdict is Verdict.PASS
    with pytest.raises(NotFound, match="'nope'"):
        same.require("nope")


def test_results_become_a_table(project: Project) -> None:
    table = project.run(double, evaluators=[correct]).to_arrow()
    assert table.num_rows == 10
    assert table.column("score.correct").to_pylist() == [1.0] * 10
    assert table.column("status").to_pylist() == ["ok"] * 10


def test_a_task_that_cannot_take_an_item_is_refused_before_anything_runs(project: Project) -> None:
    for task in (lambda a, b: 1, lambda: 1, lambda input, other: 1):
        with pytest.raises(InvalidInput, match="cannot be called"):
            project.run(task)
    assert not project.client.list_experiments().items


def test_an_unknown_dataset_and_twice_the_same_evaluator_are_refused(project: Project) -> None:
    with pytest.raises(NotFound, match="'nope'"):
        project.run(double, dataset="nope")
    with pytest.raises(InvalidInput, match="two evaluators"):
        project.run(double, evaluators=[correct, correct])
