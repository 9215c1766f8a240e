"""Judges that judge models of their own maker are warned of where verdicts are made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live_server import running_server

from evalwright.cli.main import main
from evalwright.domain.span import Span, SpanKind
from evalwright.testing import Call, ScriptedServer

RUBRIC = """
name: helps
kind: judge
target: trace
inputs: {question: input, answer: output}
output: {type: boolean, labels: {"true": It helps., "false": It does not.}}
evidence: none
"""


def span(n: int, model: str) -> Span:
    return Span(
        project="default",
        trace_id=f"{n + 1:032x}",
        span_id=f"{n + 1:016x}",
        name="answer",
        kind=SpanKind.LLM,
        model=model,
        input=f"Question {n}?",
        output=f"Answer {n}.",
        start_ns=1_000 + n,
        end_ns=2_000 + n,
    )


def says(call: Call) -> str:
    return json.dumps({"explanation": "x", "evidence": [], "label": "true"})


@pytest.mark.parametrize(("model", "warned"), [("gpt-4.1", True), ("claude-sonnet-4", False), ("house-model", False)])
def test_a_run_says_when_the_judge_and_what_it_judged_have_one_maker(
    model: str, warned: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helps.yaml").write_text(RUBRIC, encoding="utf-8")
    with running_server(tmp_path) as live, ScriptedServer(says) as endpoint:
        live.spans.write_spans([span(n, "gpt-4o" if n < 3 else "mistral-large") for n in range(5)])
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        arguments = ["evaluators", "run", "helps.yaml", "--model", model, "--server", live.endpoint, "--again"]
        assert main(arguments) == 0
        said = capfd.readouterr()
        assert ("judges models of its own maker (openai) in 3 of 5 rows" in said.err) is warned
        assert main([*arguments, "--json"]) == 0
        assert bool(json.loads(capfd.readouterr().out)["warnings"]) is warned
