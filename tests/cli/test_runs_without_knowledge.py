"""Errors of an evaluator and verdicts that are all alike: a run says both, and neither passes for knowledge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_server import LiveServer, server_of_traced_trials

from evalwright.cli.main import main
from evalwright.testing import Reply, ScriptedServer

AGENT = """
def answer(text):
    return text.upper()

def broken(text):
    raise ValueError("no answer today")
"""
EVALUATORS = """
import evalwright as ew

@ew.evaluator(target="trial")
def always_five(output):
    return 5

@ew.evaluator(target="trial")
def without_a_key(output):
    raise RuntimeError("401: no key")
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agent.py").write_text(AGENT)
    (tmp_path / "checks.py").write_text(EVALUATORS)
    rows = [json.dumps({"key": f"k{place}", "input": f"word {place}"}) for place in range(4)]
    (tmp_path / "golden.jsonl").write_text("\n".join(rows))
    with server_of_traced_trials(tmp_path) as live:
        monkeypatch.setenv("EVALWRIGHT_ENDPOINT", live.endpoint)
        assert main(["datasets", "create", "golden"]) == 0
        assert main(["datasets", "import", "golden", "golden.jsonl"]) == 0
        yield live


def _run(task: str, evaluator: str, *more: str) -> int:
    return main(["experiments", "run", task, "--dataset", "golden", "--evaluators", evaluator, *more])


def test_an_evaluator_that_only_errs_fails_the_run_and_says_what_to_do(
    server: LiveServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("agent.py:answer", "checks.py:without_a_key") == 1
    said = capsys.readouterr().err
    assert "without_a_key: 4 of 4 answers could not be judged: RuntimeError: 401: no key" in said
    assert "mend the evaluator or its endpoint" in said


def test_a_task_that_fails_is_a_result_and_no_fault_of_an_evaluator(server: LiveServer) -> None:
    assert _run("agent.py:broken", "checks.py:always_five") == 0


def test_a_constant_metric_says_why_it_has_no_interval(server: LiveServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("agent.py:answer", "checks.py:always_five") == 0
    shown = capsys.readouterr()
    assert "5.00 [n/a] n=4" in shown.out
    assert "always_five: only 4 independent clusters" in shown.err
    assert "interval not estimable: all 4 values are equal" in shown.err


RUBRIC = """
name: clarity
kind: judge
target: trace
inputs: {answer: output}
output:
  type: ordinal
  labels: {poor: Unclear., fair: Hard to follow., good: Clear with effort., great: Clear., best: Nothing clearer.}
evidence: none
"""


def test_the_scale_of_a_rubric_gives_equal_verdicts_an_interval(
    server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clarity.yaml").write_text(RUBRIC)
    said = json.dumps({"explanation": "It is clear.", "evidence": [], "label": "great"})
    with ScriptedServer(lambda call: Reply(text=said)) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        monkeypatch.setenv("EVALWRIGHT_JUDGE_MODEL", "m")
        for name in ("before", "after"):
            assert _run("agent.py:answer", "clarity.yaml", "--name", name) == 0
    capsys.readouterr()
    assert main(["experiments", "compare", "before", "after", "--json"]) == 0
    (found,) = [each for each in json.loads(capsys.readouterr().out)["metrics"] if each["metric"] == "clarity"]
    share = 1.0 - 0.025**0.25
    assert found["candidate"]["low"] == pytest.approx(4.0 - 3.0 * share)
    assert found["candidate"]["high"] == pytest.approx(4.0 + share)
    assert (found["difference"]["low"], found["difference"]["high"]) == pytest.approx((-4.0 * share, 4.0 * share))


def test_a_gate_does_not_take_equal_values_for_certainty(
    server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("before", "after"):
        assert _run("agent.py:answer", "checks.py:always_five", "--name", name) == 0
    (tmp_path / "gate.yaml").write_text("criteria:\n  - {metric: always_five, min: 4}\n")
    capsys.readouterr()
    assert main(["gate", "check", "after", "--baseline", "before", "--gate", "gate.yaml"]) == 1
    shown = capsys.readouterr()
    assert "inconclusive" in shown.out + shown.err
    assert "interval not estimable: all 4 values are equal" in shown.out + shown.err
