"""What the guide says of kept verdicts is what happens, command by command, on a real server with a scripted model."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import RunningServer, running_server

from evalwright.testing import Call, Reply, ScriptedServer

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "evaluators.md"
KEY = "sk-a-key-that-must-not-be-kept"
RUBRIC = """
name: helps
kind: judge
target: trace
inputs: {question: input, answer: output}
output:
  type: boolean
  labels: {helpful: It helps., useless: It does not., cannot_tell: Nobody can tell.}
  scores: {helpful: 1, useless: 0}
  abstain: [cannot_tell]
evidence: none
"""
AGENT = "def answer(input):\n    return f'word {len(input)} of {input}'\n"


class Model:
    """A judge that abstains on one item, fails on another until told otherwise, and counts what it was asked."""

    def __init__(self) -> None:
        self.works = False
        self.asked: Counter[str] = Counter()
        self.served_model = "gpt-4o-mini-2024-07-18"

    def __call__(self, call: Call) -> Reply:
        question = re.search(r"Question (\d+)", str(call.messages))
        number = int(question[1]) if question else -1
        self.asked[str(number)] += 1
        label = "cannot_tell" if number == 7 else "helpful" if number % 2 else "useless"
        if number == 9 and not self.works:
            return Reply(text="I would rather not say.")
        said = {"explanation": "by number", "evidence": [], "label": label}
        return Reply(text=json.dumps(said), model=self.served_model)


class Desk:
    """A folder with an agent, a rubric and a shell."""

    def __init__(self, folder: Path, server: RunningServer, model_url: str) -> None:
        self.folder = folder
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("EVALWRIGHT_", "OPENAI_"))}
        self.environment = plain | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "EVALWRIGHT_ENDPOINT": server.url,
            "EVALWRIGHT_JUDGE_MODEL": "gpt-4o-mini",
            "OPENAI_BASE_URL": model_url,
            "OPENAI_API_KEY": KEY,
        }
        (folder / "agent.py").write_text(AGENT)
        (folder / "helps.yaml").write_text(RUBRIC)
        rows = [{"key": f"k{n}", "input": f"Question {n}"} for n in range(40)]
        (folder / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def types(self, line: str) -> tuple[int, str, str]:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    def json(self, line: str) -> Any:
        code, out, err = self.types(f"{line} --json")
        assert out, (code, err)
        return json.loads(out)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Desk, Model, ScriptedServer]]:
    model = Model()
    with running_server(tmp_path / "data") as server, ScriptedServer(model) as endpoint:
        found = Desk(tmp_path, server, endpoint.url)
        assert (
            found.types("evalwright datasets create golden && evalwright datasets import golden golden.jsonl")[0] == 0
        )
        yield found, model, endpoint


def block(heading: str, language: str) -> list[str]:
    """The lines of the first block of a language under a heading."""
    text = GUIDE.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1]
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1].splitlines()


@pytest.mark.slow
def test_a_rerun_is_as_the_guide_says(desk: tuple[Desk, Model, ScriptedServer]) -> None:
    own, model, endpoint = desk
    model.works = True
    first, second, report, third = block("A rerun costs nothing", "sh")
    [sentence] = re.findall(r"```\n(helps: .*?)\n```", GUIDE.read_text(encoding="utf-8"))
    pattern = re.escape(sentence)
    pattern = re.sub(r"\\\$0\\\.\d+", r"\\$0\\.\\d+", pattern)
    pattern = re.sub(r"\d{4}\\-\d\d\\-\d\dT[\d:]+Z", r"[-\\dT:]+Z", pattern)
    assert own.types(first)[0] == 0
    assert endpoint.served == 40
    code, _, said = own.types(second)
    assert (code, endpoint.served) == (0, 40), said
    assert re.search(pattern, said), said
    assert re.search(pattern, own.types(report)[2])
    code, _, said = own.types(third)
    assert (code, endpoint.served) == (0, 80), said
    assert "given before" not in said

    [told] = own.json("evalwright experiments show second")["judging"]
    assert (told["verdicts"], told["reused"], told["cost"]) == (40, 40, 0.0)
    assert told["saved"] > 0
    assert told["reused_models"] == {"gpt-4o-mini-2024-07-18": 40}
    [before] = own.json("evalwright experiments report first")["judging"]
    assert (before["reused"], before["saved"]) == (0, None)
    assert before["cost"] == pytest.approx(told["saved"])
    kept = (own.folder / ".evalwright" / "verdicts.sqlite").read_bytes()
    assert b"helpful" in kept
    assert KEY.encode() not in kept


@pytest.mark.slow
def test_trials_have_verdicts_of_their_own_and_what_failed_is_asked_again(
    desk: tuple[Desk, Model, ScriptedServer],
) -> None:
    own, model, endpoint = desk
    run = "evalwright experiments run agent.py:answer --dataset golden --evaluators helps.yaml"
    shown = own.json(f"{run} --name noisy --trials 2")
    assert model.asked["3"] == 2, "each trial is judged for itself, also where the output is the same"
    assert model.asked["9"] == 4, "asked, and asked to put it right, in both trials"
    [metric] = [each for each in shown["metrics"] if each["metric"] == "helps"]
    assert metric["estimate"]["denominators"] == {"scored": 76, "skipped": 0, "unseen": 2, "errored": 2}

    model.works = True
    before = endpoint.served
    shown = own.json(f"{run} --name again --trials 3")
    assert endpoint.served - before == 40 + 2, "a third trial, and the item that failed in the first two"
    [told] = shown["judging"]
    assert (told["verdicts"], told["reused"]) == (120, 78)
    assert model.asked["7"] == 3, "an abstention is kept like a verdict"


@pytest.mark.slow
def test_equal_content_in_stored_traces_is_paid_once_and_another_provider_is_another_judge(
    desk: tuple[Desk, Model, ScriptedServer],
) -> None:
    own, model, endpoint = desk
    model.works = True
    run = "evalwright experiments run agent.py:answer --dataset golden --name traced"
    assert own.types(run)[0] == 0
    judge = "evalwright evaluators run helps.yaml --target trace"
    first = own.json(judge)
    [part] = first["evaluators"]
    assert (part["denominators"]["scored"], part["judging"]["reused"]) == (39, 0)
    asked = endpoint.served
    code, _, said = own.types(f"{judge} --again")
    assert (code, endpoint.served) == (0, asked)
    assert "helps: 40 of 40 verdicts were given before and cost nothing now ($" in said
    [part] = own.json(f"{judge} --again --no-cache")["evaluators"]
    assert (part["judging"]["reused"], endpoint.served) == (0, 2 * asked)

    with ScriptedServer(model) as elsewhere:
        own.environment["OPENAI_BASE_URL"] = elsewhere.url
        [part] = own.json(f"{judge} --again")["evaluators"]
        assert (part["judging"]["reused"], elsewhere.served) == (0, asked)
    own.environment |= {"OPENAI_BASE_URL": endpoint.url, "EVALWRIGHT_VERDICT_CACHE": "off"}
    assert own.json(f"{judge} --again")["evaluators"][0]["judging"]["reused"] == 0


@pytest.mark.slow
def test_a_run_that_mixes_verdicts_of_two_served_models_says_so(desk: tuple[Desk, Model, ScriptedServer]) -> None:
    own, model, _ = desk
    model.works = True
    run = "evalwright experiments run agent.py:answer --dataset golden --evaluators helps.yaml"
    assert own.types(f"{run} --name old")[0] == 0
    model.served_model = "gpt-4o-mini-2026-03-01"
    code, _, said = own.types(f"{run} --name new --trials 2")
    assert code == 0, said
    assert "verdicts of gpt-4o-mini-2024-07-18 were used again, while gpt-4o-mini-2026-03-01 answers now" in said
    warnings = own.json("evalwright experiments report new")["warnings"]
    assert any("the model behind the name has changed" in each for each in warnings)
