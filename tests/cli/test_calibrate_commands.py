"""Calibrating, bridging and correcting from the command line, against the real API over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer, server_of_traced_trials

import evalwright as ew
from evalwright.cli.calibrate import _mapped
from evalwright.cli.main import main
from evalwright.domain.errors import InvalidInput
from evalwright.experiments.canary import recorded_output


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with server_of_traced_trials(tmp_path) as live:
        yield live


def run(live: LiveServer, *arguments: str, code: int = 0) -> None:
    assert main([*arguments, "--server", live.endpoint]) == code


def trace(number: int) -> str:
    return f"{number + 1:032x}"


def label_file(folder: Path, count: int) -> str:
    path = folder / "gold.jsonl"
    rows = [{"name": "gold", "trace_id": trace(n), "label": "good" if n % 2 else "bad"} for n in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def verdict_file(folder: Path, count: int, wrong_every: int) -> str:
    """What people said, but for every so many."""
    path = folder / "helpful.jsonl"
    lines = []
    for n in range(count):
        good = (n % 2 == 1) != (n % wrong_every == 0)
        lines.append(json.dumps({"name": "helpful", "trace_id": trace(n), "label": "good" if good else "bad"}))
    path.write_text("\n".join(lines))
    return str(path)


def judged(live: LiveServer, folder: Path, count: int, wrong_every: int) -> None:
    """Stores recorded verdicts as the command that judges traces would, without needing the traces."""
    from evalwright.cli.connect import Api
    from evalwright.evaluators.recorded import read_recorded

    spec = read_recorded(verdict_file(folder, count, wrong_every)).spec
    api = Api(live.endpoint)
    api.client.register_evaluator(spec, project="default")
    rows = [json.loads(line) for line in (folder / "helpful.jsonl").read_text().splitlines()]
    said = {"evaluator": "helpful", "evaluator_version": spec.version, "source": "judge", "type": "categorical"}
    scores = [{**row, **said, "value": float(row["label"] == "good")} for row in rows]
    api.post("/scores", {"scores": scores}, project="default")


def test_a_judge_is_calibrated_and_its_mean_corrected(
    server: LiveServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    judged(server, tmp_path, 600, 10)
    run(server, "import", label_file(tmp_path, 240))
    run(
        server,
        "evaluators",
        "calibrate",
        "helpful",
        "--against",
        "gold",
        "--positive",
        "good",
        "--min-agreement",
        "0.7",
    )
    shown = capfd.readouterr()
    assert "sensitivity" in shown.out
    assert "people \\ judge" in shown.out
    assert "bar: PASS" in shown.err
    run(server, "evaluators", "calibrate", "helpful", "--against", "gold", "--min-agreement", "0.99", code=1)
    assert "bar: FAIL" in capfd.readouterr().err
    run(server, "scores", "summary", "helpful", "--corrected")
    shown = capfd.readouterr()
    assert "corrected" in shown.out
    assert "PPI++" in shown.err


def experiment(live: LiveServer, name: str, count: int, wrong: int) -> None:
    """Stores an experiment whose judge calls all but the first ``wrong`` items good, and people's labels of it."""
    with ew.Client(endpoint=live.endpoint, project="default") as client:
        client.create_dataset("d", exist_ok=True)
        client.add_items("d", [{"key": f"i{n}", "input": n} for n in range(count)])
        client.create_experiment(name, dataset="d")
        verdict = {"source": "judge", "evaluator": "helpful", "evaluator_version": "v1", "type": "boolean"}
        trials = [
            {"item_id": item.id, "item_key": item.key, "scores": {"helpful": {**verdict, "value": n >= wrong}}}
            for n, item in enumerate(client.list_items("d", limit=count).items)
        ]
        client.add_trials(name, trials)
        said = {"name": "gold", "source": "human", "target": "trial", "type": "boolean"}
        client.write_scores(
            [
                {
                    **said,
                    **{"trial_id": trial.id, "item_id": trial.item_id, "experiment_id": trial.experiment_id},
                    "value": trial.scores["helpful"].value,
                }
                for trial in client.list_trials(name).items
            ]
        )


def test_a_gate_waits_for_the_calibration_of_its_judge_unless_told_otherwise(
    server: LiveServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    experiment(server, "base", 60, 20)
    experiment(server, "cand", 60, 5)
    gate = tmp_path / "gate.yaml"
    gate.write_text("criteria:\n  - {metric: helpful, margin: 0.02}\n")
    check = ("gate", "check", "cand", "--baseline", "base", "--gate", str(gate))
    run(server, *check, code=1)
    shown = capfd.readouterr()
    assert "INCONCLUSIVE" in shown.out
    assert "no calibration lets these judges decide: helpful" in shown.err
    run(server, *check, "--allow-untrusted-judges")
    assert "on request: helpful" in capfd.readouterr().err
    run(server, "experiments", "compare", "base", "cand")
    assert "which may not decide: nobody has compared version v1 with people" in capfd.readouterr().err
    run(server, "evaluators", "calibrate", "helpful", "--against", "gold", "--min-agreement", "0.8")
    capfd.readouterr()
    run(server, *check)
    assert "pass: all 1 criteria hold" in capfd.readouterr().err
    run(server, "experiments", "compare", "base", "cand", "--corrected")
    shown = capfd.readouterr()
    assert "corrected metric" in shown.out
    assert "helpful, difference: 120 labels on the two sides" in shown.err
    run(server, "experiments", "show", "cand", "--corrected")
    shown = capfd.readouterr()
    assert "corrected" in shown.out
    assert "helpful: people labelled every row" in shown.err


def test_a_judge_nobody_labelled_is_told_apart_from_a_wrong_command(
    server: LiveServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    judged(server, tmp_path, 10, 5)
    run(server, "evaluators", "calibrate", "helpful", "--against", "gold", code=2)
    assert "there is no label 'gold'" in capfd.readouterr().err
    run(server, "evaluators", "cards", "helpful")
    assert "calibrate helpful --against" in capfd.readouterr().err


def test_a_changed_judge_is_bridged_to_the_one_before_over_the_canary_set(
    server: LiveServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    items = tmp_path / "items.jsonl"
    rows = [{"key": f"k{n}", "input": n, "metadata": {"recorded_output": "x" * n}} for n in range(60)]
    items.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run(server, "datasets", "create", "fixed")
    run(server, "datasets", "import", "fixed", str(items))
    first, second = tmp_path / "first.py", tmp_path / "second.py"
    first.write_text("def short(output: str) -> bool:\n    return len(output) < 30\n")
    second.write_text("def short(output: str) -> bool:\n    return len(output) < 45\n")
    run(server, "evaluators", "canary", f"{first}:short", "--dataset", "fixed")
    assert "its first run" in capfd.readouterr().err
    run(server, "evaluators", "canary", f"{second}:short", "--dataset", "fixed", code=1)
    shown = capfd.readouterr()
    assert "60 targets in common" in shown.err
    assert "the mean moves by +0.25" in shown.err
    assert "false" in shown.out


@pytest.mark.parametrize(
    ("item", "output"),
    [
        ({"metadata": {"recorded_output": "a", "output": "b"}, "expected": "c"}, "a"),
        ({"metadata": {}, "input": {"output": "b"}, "expected": "c"}, "b"),
        ({"metadata": {}, "input": {"output_1": "x", "output_2": "y"}}, {"output_1": "x", "output_2": "y"}),
        ({"metadata": {}, "input": "text", "expected": "c"}, "c"),
    ],
)
def test_a_canary_item_holds_its_output_in_one_of_few_places(item: dict[str, Any], output: Any) -> None:
    assert recorded_output(**{"input": None, "expected": None, **item}) == output


def test_an_item_without_a_recorded_output_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no recorded output"):
        recorded_output("text", None, {})


def test_a_label_map_is_read_or_refused() -> None:
    assert _mapped("good=true, bad = false") == {"good": "true", "bad": "false"}
    assert _mapped("") == {}
    for wrong in ("good", "good=", "=true"):
        with pytest.raises(InvalidInput, match="label map"):
            _mapped(wrong)
