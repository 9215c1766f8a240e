"""Canary sets: named in the rubric, run when the judge changes, and heard when it drifts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer, server_of_traced_trials

from evalwright.cli.main import main
from evalwright.domain.errors import InvalidInput
from evalwright.evaluators.judge.rubric_file import parse_rubric
from evalwright.testing import Call, ScriptedServer

RUBRIC = """
name: helps
kind: judge
target: trace
inputs: {answer: output}
output:
  type: boolean
  labels: {helpful: It helps., useless: It does not.}
  scores: {helpful: 1, useless: 0}
evidence: none
canary: fixed
"""
ITEMS = 60


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "EVALWRIGHT_JUDGE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    with server_of_traced_trials(tmp_path) as live:
        monkeypatch.setenv("EVALWRIGHT_ENDPOINT", live.endpoint)
        yield live


class Model:
    """An endpoint that finds answers helpful up to a length, which is how it can change without its name."""

    def __init__(self, up_to: int) -> None:
        self.up_to = up_to

    def __call__(self, call: Call) -> str:
        length = max(text.count("word") for text in str(call.body["messages"]).split("<<<"))
        label = "helpful" if length <= self.up_to else "useless"
        return json.dumps({"explanation": "by length", "evidence": [], "label": label})


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ScriptedServer, Model]]:
    said = Model(30)
    with ScriptedServer(said) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        yield endpoint, said


def canary_set(folder: Path, *, labelled: bool = True) -> None:
    """Answers of 0 to 59 words; people find those of up to 30 helpful."""
    rows = [
        {
            "key": f"k{n}",
            "input": f"Question {n}",
            "metadata": {
                "recorded_output": "word " * n or "-",
                **({"human": "helpful" if n <= 30 else "useless"} if labelled else {}),
            },
        }
        for n in range(ITEMS)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["datasets", "create", "fixed"]) == 0
    assert main(["datasets", "import", "fixed", "rows.jsonl"]) == 0
    (folder / "helps.yaml").write_text(RUBRIC, encoding="utf-8")


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    capfd.readouterr()
    code = main(["evaluators", *arguments, "--json"])
    text = capfd.readouterr().out
    return code, json.loads(text) if text else {}


def test_a_rubric_names_its_canary_set_without_becoming_another_version() -> None:
    named = parse_rubric(RUBRIC)
    assert named.canary == "fixed"
    assert named.version == parse_rubric(RUBRIC.replace("canary: fixed\n", "")).version
    with pytest.raises(InvalidInput, match="canary must be a text"):
        parse_rubric(RUBRIC.replace("canary: fixed", "canary: [1]"))


def test_a_canary_run_costs_nothing_until_the_judge_changes(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, capfd: Any
) -> None:
    canary_set(tmp_path)
    endpoint, _ = model
    code, first = run(capfd, "canary", "helps.yaml", "--model", "m1")
    assert (code, first["fresh"], first["scored"], first["bridge"]) == (0, True, ITEMS, None)
    asked = endpoint.served
    assert asked == ITEMS
    code, same = run(capfd, "canary", "helps.yaml", "--model", "m1")
    assert (code, same["fresh"], same["run"]["id"]) == (0, False, first["run"]["id"])
    assert endpoint.served == asked
    code, other = run(capfd, "canary", "helps.yaml", "--model", "m2")
    assert (code, other["fresh"]) == (0, True)
    assert endpoint.served == 2 * asked
    assert other["bridge"]["before_run"] == first["run"]["id"]
    assert other["bridge"]["shift"]["estimate"] == 0.0


def test_a_model_that_changes_behind_its_name_raises_an_alarm_with_the_rates_that_drifted(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, capfd: Any
) -> None:
    canary_set(tmp_path)
    assert run(capfd, "canary", "helps.yaml", "--model", "m1")[0] == 0
    model[1].up_to = 15
    code, moved = run(capfd, "canary", "helps.yaml", "--model", "m1", "--again")
    assert code == 1
    bridge = moved["bridge"]
    assert bridge["before"] == bridge["after"]
    assert bridge["drift_from"] == "60 canary items that people labelled"
    rates = {each["measure"]: each for each in bridge["drift"]}
    assert rates["sensitivity"]["alarm"]
    assert rates["sensitivity"]["before"]["estimate"] == 1.0
    assert rates["sensitivity"]["after"]["estimate"] == pytest.approx(16 / 31)
    assert rates["sensitivity"]["difference"]["high"] < 0.0
    assert not rates["specificity"]["alarm"]
    assert any("sensitivity moved by" in warning for warning in bridge["warnings"])
    assert main(["evaluators", "canary", "helps.yaml", "--model", "m1"]) == 1
    said = capfd.readouterr()
    assert "ALARM" in said.out
    assert "nothing has changed since" in said.err


def test_another_provider_of_the_same_model_is_another_judge(
    server: LiveServer,
    model: tuple[ScriptedServer, Model],
    tmp_path: Path,
    capfd: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    canary_set(tmp_path)
    first = run(capfd, "canary", "helps.yaml", "--model", "m1")[1]
    with ScriptedServer(Model(45)) as elsewhere:
        monkeypatch.setenv("OPENAI_BASE_URL", elsewhere.url)
        code, moved = run(capfd, "canary", "helps.yaml", "--model", "m1")
    assert (code, moved["fresh"]) == (1, True)
    assert moved["bridge"]["before_run"] == first["run"]["id"]
    assert moved["run"]["metadata"]["provider"] != first["run"]["metadata"]["provider"]
    assert {each["measure"] for each in moved["bridge"]["drift"] if each["alarm"]} == {"specificity", "agreement"}


def test_adding_or_running_a_changed_judge_runs_its_canary_set_first(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, capfd: Any
) -> None:
    canary_set(tmp_path)
    assert main(["evaluators", "add", "helps.yaml", "--model", "m1"]) == 0
    said = capfd.readouterr().err
    assert "helps: it has never been run over this version of its canary set; running its canary set 'fixed'" in said
    assert "60 items, at a cost that is not known" in said
    assert "canary helps: 60 verdicts, first" in said
    model[1].up_to = 5
    stricter = RUBRIC.replace("It helps.", "It helps a lot.")
    (tmp_path / "helps.yaml").write_text(stricter, encoding="utf-8")
    assert main(["evaluators", "run", "helps.yaml", "--model", "m1", "--no-canary"]) == 0
    said = capfd.readouterr().err
    assert "canary helps: due and left out: changed since its newest run: rubric or model (version" in said
    assert "running" not in said
    assert main(["evaluators", "run", "helps.yaml", "--model", "m1"]) == 1
    said = capfd.readouterr().err
    assert "canary helps: 60 verdicts, drifted: the mean moves by" in said
    assert "sensitivity moved by" in said
    assert main(["evaluators", "run", "helps.yaml", "--model", "m1"]) == 0


def test_a_run_through_an_outage_alarms_and_is_no_yesterday(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, capfd: Any
) -> None:
    canary_set(tmp_path, labelled=False)
    endpoint, says = model

    def prose(call: Call) -> str:
        return "I would rather not say."

    good = endpoint.url
    with ScriptedServer(prose) as broken, pytest.MonkeyPatch.context() as env:
        env.setenv("OPENAI_BASE_URL", broken.url)
        code, nothing = run(capfd, "canary", "helps.yaml", "--model", "m1")
    assert (code, nothing["scored"]) == (1, 0)
    assert good == endpoint.url
    code, first = run(capfd, "canary", "helps.yaml", "--model", "m1")
    assert (code, first["bridge"]) == (0, None)
    says.up_to = 29
    assert main(["evaluators", "canary", "helps.yaml", "--model", "m1", "--again"]) == 0
    assert "no item says what people think (metadata.human, or" in capfd.readouterr().err


def test_a_judge_without_a_canary_set_says_how_to_name_one(server: LiveServer, tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "short.py").write_text("def short(output: str) -> bool:\n    return len(output) < 30\n")
    assert main(["evaluators", "canary", "short.py:short"]) == 2
    said = capfd.readouterr().err
    assert "'short' names no canary set" in said
    assert "write `canary: DATASET` into the rubric" in said


def test_an_experiment_that_is_no_canary_run_cannot_be_bridged(server: LiveServer, tmp_path: Path, capfd: Any) -> None:
    canary_set(tmp_path)
    made = server.records.create_experiment(
        "default", "plain", dataset_id=server.records.find_dataset("default", "fixed").id, dataset_version=1, trials=1
    )
    assert main(["evaluators", "bridge", "helps", "--from", made.id, "--to", made.id]) == 2
    assert "is no canary run of 'helps'" in capfd.readouterr().err
