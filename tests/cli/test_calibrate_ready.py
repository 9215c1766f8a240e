"""Ready evaluators over labelled sets, end to end: a judge of known error, the real API, and the card it ends in."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer, running_server

from evalwright.cli.main import main
from evalwright.testing import Call, Reply, ScriptedServer

FILES = [f"summedits_{name}.jsonl.gz" for name in ("ectsum", "news", "sales_call", "samsum")]
SENSITIVITY, SPECIFICITY = 0.9, 0.75


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with running_server(tmp_path) as live:
        yield live


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))


def write_edits(folder: Path, documents: int, edits: int) -> None:
    """Sets in the shape of the public ones: documents of a few sentences, edits that are true or not."""
    luck = random.Random(7)
    for file in FILES:
        rows = []
        for document in range(documents):
            for edit in range(edits):
                good = luck.random() < 0.4
                name = f"{file[10:-9]}{document}"
                rows.append(
                    {
                        **{"id": f"{name}_{edit}", "set": file, "input": f"The meeting {name} is on day {document}."},
                        "output": f"Meeting {name} is on day {document if good else document + 1}, edit {edit}.",
                        "human": {"label": "consistent" if good else "inconsistent"},
                        "judges": {},
                    }
                )
        write(folder / file, rows)


def flawed(call: Call) -> Reply:
    """A judge that reads the days, and is wrong as often as it was made to be."""
    text = call.last_user
    days = [part.split()[0].strip(".,") for part in text.split("is on day ")[1:]]
    truth = days[0] == days[1]
    right = call.random("error").random() < (SENSITIVITY if truth else SPECIFICITY)
    label = "faithful" if truth == right else "unfaithful"
    answer = {"explanation": "compared the days", "evidence": [f"is on day {days[0]}"], "label": label}
    return Reply(text=json.dumps(answer), input_tokens=1000, output_tokens=100)


def command(live: LiveServer, labels: Path, *more: str) -> list[str]:
    return ["evaluators", "calibrate-ready", *more, "--labels", str(labels), "--server", live.endpoint, "--json"]


def ran(capfd: pytest.CaptureFixture[str], arguments: list[str], code: int = 0) -> Any:
    capfd.readouterr()
    assert main(arguments) == code
    return json.loads(capfd.readouterr().out)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    monkeypatch.chdir(tmp_path)
    with ScriptedServer(flawed) as scripted:
        monkeypatch.setenv("OPENAI_BASE_URL", scripted.url)
        monkeypatch.setenv("EVALWRIGHT_JUDGE_MODEL", "gpt-4o-mini")
        yield scripted


def test_a_card_recovers_the_error_of_the_judge(
    server: LiveServer, asked: ScriptedServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_edits(tmp_path / "sets", documents=20, edits=6)
    found = ran(capfd, command(server, tmp_path, "faithfulness", "--set", "summedits"))
    [row] = found["items"]
    report = row["card"]["report"]
    assert report["judge"] == {"scored": 480, "skipped": 0, "unseen": 0, "errored": 0}
    overall = report["overall"]
    assert (overall["rows"], overall["groups"]) == (480, 80)
    assert report["positive"] == "true"
    for name, truth in (("sensitivity", SENSITIVITY), ("specificity", SPECIFICITY)):
        assert overall[name]["low"] <= truth <= overall[name]["high"]
        assert overall[name]["high"] - overall[name]["low"] < 0.2
    assert found["project"] == "calibration"
    assert found["cost"] == pytest.approx(480 * (1000 * 0.15 + 100 * 0.6) / 1e6)
    assert len(asked.calls) == 480
