"""Canary sets of rubrics with several criteria, of served models, and what human scores say of their items."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer, server_of_traced_trials

import evalwright as ew
from evalwright.cli.main import main
from evalwright.evaluators import Judge
from evalwright.testing import Call, Reply, ScriptedServer

RUBRIC = """
name: answer
kind: judge
target: trace
inputs: {{answer: output}}
output:
  type: boolean
  labels: {{good: Yes., bad: No.}}
  scores: {{good: 1, bad: 0}}
criteria: {{tone: "Is it kind?", facts: "Is it right?", style: "Is it short?"}}
model: {{criteria: {how}}}
evidence: none
canary: fixed
"""
ITEMS = 80


class Model:
    """Finds every answer good up to a length; ``facts`` may change behind the name, as may what is served."""

    def __init__(self) -> None:
        self.facts_up_to = 40
        self.served = "m-2025-08-07"

    def __call__(self, call: Call) -> Reply:
        length = call.last_user.count("word")
        said = {
            name: {"explanation": "by length", "evidence": [], "label": "good" if length <= up_to else "bad"}
            for name, up_to in {"tone": 40, "facts": self.facts_up_to, "style": 40}.items()
        }
        asked = {"Is it kind?": "tone", "Is it right?": "facts", "Is it short?": "style"}
        alone = [name for text, name in asked.items() if text in call.system]
        answer = said[alone[0]] if len(alone) == 1 else said
        return Reply(text=json.dumps(answer), model=self.served)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "EVALWRIGHT_JUDGE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    with server_of_traced_trials(tmp_path) as live:
        monkeypatch.setenv("EVALWRIGHT_ENDPOINT", live.endpoint)
        monkeypatch.setenv("EVALWRIGHT_JUDGE_MODEL", "m")
        yield live


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ScriptedServer, Model]]:
    said = Model()
    with ScriptedServer(said) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        yield endpoint, said


def canary_set(folder: Path, *, how: str = "together", labelled: bool = True) -> None:
    """Answers of 0 to 79 words; people find those of up to 40 good in tone and facts, and say nothing of style."""
    rows = []
    for n in range(ITEMS):
        word = "good" if n <= 40 else "bad"
        human = {"human": {"tone": word, "facts": word}} if labelled else {}
        row = {"key": f"k{n}", "input": f"Question {n}", "metadata": {"recorded_output": "word " * n or "-", **human}}
        rows.append(row)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["datasets", "create", "fixed"]) == 0
    assert main(["datasets", "import", "fixed", "rows.jsonl"]) == 0
    (folder / "answer.yaml").write_text(RUBRIC.format(how=how), encoding="utf-8")
    (folder / "agent.py").write_text("def say(input):\n    return input\n", encoding="utf-8")


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    capfd.readouterr()
    code = main([*arguments, "--json"])
    text = capfd.readouterr()
    return code, json.loads(text.out) if text.out else {}, text.err


@pytest.mark.parametrize("how", ["together", "apart"])
def test_drift_is_found_in_the_criterion_that_drifted_and_in_no_other(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, capfd: Any, how: str
) -> None:
    canary_set(tmp_path, how=how)
    code, first, said = run(capfd, "evaluators", "canary", "answer.yaml")
    assert (code, first["fresh"], first["scored"], first["state"]) == (0, True, 3 * ITEMS, "first"), said
    model[1].facts_up_to = 15
    code, moved, said = run(capfd, "evaluators", "canary", "answer.yaml", "--again")
    assert (code, moved["state"]) == (1, "drifted"), said
    parts = {part["criterion"]: part for part in moved["bridge"]["criteria"]}
    assert list(parts) == ["tone", "facts", "style"]
    assert parts["facts"]["score"] == "answer.facts"
    rates = {rate["measure"]: rate for rate in parts["facts"]["drift"]}
    assert list(rates) == ["sensitivity", "specificity", "agreement"]
    assert rates["sensitivity"]["alarm"]
    assert rates["sensitivity"]["before"]["estimate"] == 1.0
    assert rates["sensitivity"]["after"]["estimate"] == pytest.approx(16 / 41)
    assert rates["sensitivity"]["difference"]["high"] < 0.0
    assert rates["agreement"]["difference"]["estimate"] == pytest.approx(-25 / 80)
    assert not any(rate["alarm"] for rate in parts["tone"]["drift"])
    assert parts["tone"]["shift"]["estimate"] == 0.0
    assert parts["style"]["drift"] == [], "nobody said anything of style"
    assert moved["bridge"]["family"] == "3 shifts of means, 6 rates against people (Benjamini-Hochberg each)"
    warnings = moved["bridge"]["warnings"]
    assert warnings
    assert all(warning.startswith("facts: ") for warning in warnings)
    assert main(["evaluators", "canary", "answer.yaml"]) == 1
    shown = capfd.readouterr()
    assert "ALARM" in shown.out
    assert "adjusted over 3 shifts of means, 6 rates" in shown.err


def test_an_experiment_runs_the_set_that_is_due_says_what_it_costs_and_its_report_and_gate_tell(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, capfd: Any
) -> None:
    canary_set(tmp_path)
    work = ("experiments", "run", "agent.py:say", "--dataset", "fixed", "--evaluators", "answer.yaml")
    code, done, said = run(capfd, *work, "--name", "first")
    assert code == 0, said
    assert "answer: it has never been run over this version of its canary set; running its canary set 'fixed'" in said
    assert "80 items, at a cost that is not known" in said
    assert model[0].served == ITEMS + ITEMS
    assert [(each["evaluator"], each["state"], each["fresh"]) for each in done["canaries"]] == [
        ("answer", "first", True)
    ]
    assert done["metadata"]["canaries"]["answer"]["state"] == "first"

    code, done, said = run(capfd, *work, "--name", "second")
    assert (code, model[0].served) == (0, 2 * ITEMS), "nothing has changed: no canary run, and verdicts are reused"
    assert [each["fresh"] for each in done["canaries"]] == [False]

    stricter = RUBRIC.format(how="together").replace("Is it right?", "Is it quite right?")
    (tmp_path / "answer.yaml").write_text(stricter, encoding="utf-8")
    code, done, said = run(capfd, *work, "--name", "third", "--no-canary")
    assert code == 0
    assert "canary answer: due and left out: changed since its newest run: rubric or model (version" in said
    assert [(each["state"], each["skipped"]) for each in done["canaries"]] == [("due", True)]
    _, report, _ = run(capfd, "experiments", "report", "third")
    assert any("is due, and it was left out on request" in each for each in report["warnings"])
    gate = tmp_path / "gate.yaml"
    gate.write_text("criteria:\n  - {metric: answer.facts, min: 0.1}\n", encoding="utf-8")
    _, decision, _ = run(capfd, "gate", "check", "third", "--gate", str(gate))
    assert any("left out on request" in each for each in decision["warnings"])

    model[1].facts_up_to = 5
    code, done, said = run(capfd, *work, "--name", "fourth")
    assert code == 1, "the judge has moved, and the exit code says so"
    assert [(each["state"], each["alarm"]) for each in done["canaries"]] == [("drifted", True)]
    _, report, _ = run(capfd, "experiments", "report", "fourth")
    assert any("shows that 'answer' is not what it was: facts:" in each for each in report["warnings"])
    assert main(["gate", "check", "fourth", "--gate", str(gate)]) == 1
    assert "note: the canary set 'fixed' shows that 'answer' is not what it was" in capfd.readouterr().err


def test_a_model_that_is_served_under_the_same_name_is_noticed_and_the_set_is_run_again(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, capfd: Any
) -> None:
    canary_set(tmp_path)
    work = ("experiments", "run", "agent.py:say", "--dataset", "fixed", "--evaluators", "answer.yaml", "--no-cache")
    assert run(capfd, *work, "--name", "before")[0] == 0
    model[1].served, model[1].facts_up_to = "m-2026-03-01", 15
    code, done, said = run(capfd, *work, "--name", "after")
    assert code == 1
    assert "answer: m-2026-03-01 answers now, and m-2025-08-07 did over its canary set" in said
    [standing] = done["canaries"]
    assert (standing["fresh"], standing["state"], standing["models"]) == (True, "drifted", {"m-2026-03-01": 240})
    assert "the endpoint says m-2026-03-01 answers now, and m-2025-08-07 did before" in standing["warnings"]
    code, done, _ = run(capfd, *work, "--name", "later")
    assert code == 0, "told once; the report goes on telling"
    _, report, _ = run(capfd, "experiments", "report", "later")
    assert report["canaries"][0]["state"] == "drifted"


def test_a_judge_that_drifted_under_its_version_decides_no_gate_until_it_is_calibrated_anew(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, capfd: Any
) -> None:
    canary_set(tmp_path)
    work = ("experiments", "run", "agent.py:say", "--dataset", "fixed", "--evaluators", "answer.yaml", "--no-cache")
    assert run(capfd, *work, "--name", "agent")[0] == 0
    client = ew.Client(endpoint=server.endpoint)
    trials = list(client.iterate(client.list_trials, "agent"))
    labels = [
        {"name": "gold", "source": "human", "target": "trial", "trial_id": each.id, "experiment_id": each.experiment_id,
         "type": "boolean", "value": 1.0, "item_id": each.item_id}
        for each in trials
    ]  # fmt: skip
    client.write_scores(labels)
    client.calibrate("answer", against="gold", judge_score="answer.facts")
    gate = tmp_path / "gate.yaml"
    gate.write_text("criteria:\n  - {metric: answer.facts, min: 0.5}\n", encoding="utf-8")
    code, decision, _ = run(capfd, "gate", "check", "agent", "--gate", str(gate))
    assert (code, decision["verdict"]) == (0, "pass")
    model[1].facts_up_to = 15
    assert run(capfd, "evaluators", "canary", "answer.yaml", "--again")[0] == 1
    code, decision, _ = run(capfd, "gate", "check", "agent", "--gate", str(gate))
    assert (code, decision["verdict"], decision["results"][0]["blocked"]) == (1, "inconclusive", True)
    [judge] = decision["results"][0]["judges"]
    assert judge["state"] == "drifted"
    code, decision, _ = run(capfd, "gate", "check", "agent", "--gate", str(gate), "--allow-untrusted-judges")
    assert (code, decision["allowed_untrusted"]) == (0, ["answer.facts"])
    client.calibrate("answer", against="gold", judge_score="answer.facts")
    assert run(capfd, "gate", "check", "agent", "--gate", str(gate))[0] == 0
    client.close()


def test_python_runs_the_set_too_and_can_leave_it_out(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    canary_set(tmp_path)
    client = ew.Client(endpoint=server.endpoint)

    def say(input: str) -> str:
        return input

    judge = Judge.from_file(tmp_path / "answer.yaml")
    left = ew.experiment(say, dataset="fixed", evaluators=[judge], name="left", canary=False, client=client)
    assert (left.canaries["answer"].skipped, model[0].served) == (True, ITEMS)
    done = ew.experiment(say, dataset="fixed", evaluators=[judge], name="done", client=client)
    assert (done.canaries["answer"].fresh, model[0].served) == (True, 2 * ITEMS)
    assert any("running its canary set 'fixed': 80 items" in record.message for record in caplog.records)
    [told] = done.experiment.judging
    assert (told.verdicts, told.reused) == (240, 240)
    assert "240 of 240 verdicts were given before" in str(done)
    ew.experiment(say, dataset="fixed", evaluators=[judge], name="fresh", cache=False, client=client)
    assert model[0].served == 3 * ITEMS
    client.close()


def test_human_scores_say_what_is_right_where_the_items_do_not(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, capfd: Any
) -> None:
    canary_set(tmp_path, labelled=False)
    _, first, _ = run(capfd, "evaluators", "canary", "answer.yaml")
    with ew.Client(endpoint=server.endpoint) as client:
        trials = list(client.iterate(client.list_trials, first["run"]["id"]))
        scores = [
            {"name": "answer.facts", "source": "human", "target": "trial", "trial_id": each.id, "label": word,
             "experiment_id": each.experiment_id, "item_id": each.item_id, "annotator": who, "type": "boolean",
             "value": float(word == "good")}
            for each in trials
            for who, word in (("ann", "good" if int(each.item_key[1:]) <= 40 else "bad"), ("bob", "good"))
            if not (who == "bob" and int(each.item_key[1:]) > 40)
        ]  # fmt: skip
        client.write_scores(scores)
    model[1].facts_up_to = 15
    code, moved, said = run(capfd, "evaluators", "canary", "answer.yaml", "--again")
    assert (code, moved["state"]) == (1, "drifted"), said
    assert moved["bridge"]["drift_from"] == "80 canary items that people labelled"
    drifts = {part["criterion"]: [rate["measure"] for rate in part["drift"]] for part in moved["bridge"]["criteria"]}
    assert drifts == {"tone": [], "facts": ["sensitivity", "specificity", "agreement"], "style": []}


def test_a_canary_set_that_is_not_there_is_told_and_costs_no_run(
    server: LiveServer, model: tuple[ScriptedServer, Model], tmp_path: Path, capfd: Any
) -> None:
    canary_set(tmp_path)
    (tmp_path / "answer.yaml").write_text(RUBRIC.format(how="together").replace("fixed", "gone"), encoding="utf-8")
    work = ("experiments", "run", "agent.py:say", "--dataset", "fixed", "--evaluators", "answer.yaml", "--name", "x")
    code, done, said = run(capfd, *work)
    assert code == 0
    assert "canary answer: due and left out: its canary set 'gone' is not there" in said
    assert done["completed"] == ITEMS
    _, report, _ = run(capfd, "experiments", "report", "x")
    assert any("the canary set of 'answer' is due" in each for each in report["warnings"])
