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
    edit = text.rpartition("Meeting ")[2].partition(".")[0]  # the rest of the prompt holds a fence of chance
    right = random.Random(edit).random() < (SENSITIVITY if truth else SPECIFICITY)
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


def test_a_second_run_goes_on_with_more_and_asks_for_nothing_twice(
    server: LiveServer, asked: ScriptedServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_edits(tmp_path / "sets", documents=10, edits=4)
    wanted = [*command(server, tmp_path, "faithfulness", "--set", "summedits"), "--limit"]
    first = ran(capfd, [*wanted, "60"])["items"][0]
    assert len(asked.calls) == 60
    overall = first["card"]["report"]["overall"]
    assert (overall["rows"], first["labelled"]) == (60, 160)
    assert overall["groups"] == 40, "a sample is spread over all documents"
    again = ran(capfd, [*wanted, "60"])["items"][0]
    assert (len(asked.calls), again["cost"]) == (60, 0)
    assert again["run"]["evaluators"][0]["already"] == 60
    more = ran(capfd, [*wanted, "0"])["items"][0]
    assert len(asked.calls) == 160
    assert more["card"]["report"]["overall"]["rows"] == 160
    ran(capfd, [*wanted, "0", "--again"])
    assert len(asked.calls) == 160, "equal content costs nothing again"


def test_no_more_is_asked_once_the_money_is_spent(
    server: LiveServer, asked: ScriptedServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_edits(tmp_path / "sets", documents=10, edits=4)
    most = 20 * (1000 * 0.15 + 100 * 0.6) / 1e6
    wanted = command(server, tmp_path, "faithfulness", "--set", "summedits", "--concurrency", "2")
    row = ran(capfd, [*wanted, "--max-cost", str(most)])["items"][0]
    assert 20 <= len(asked.calls) <= 26, "calls under way are finished"
    assert row["stopped"]
    report = row["card"]["report"]
    assert report["overall"]["rows"] == len(asked.calls)
    assert report["unasked"] == 160 - len(asked.calls)


def test_a_budget_cannot_be_kept_with_a_model_of_no_known_price(
    server: LiveServer, asked: ScriptedServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_edits(tmp_path / "sets", documents=10, edits=4)
    wanted = command(server, tmp_path, "faithfulness", "--set", "summedits", "--concurrency", "1")[:-1]
    assert main([*wanted, "--model", "my-own-model", "--max-cost", "1"]) == 0
    assert "no known price, so --max-cost cannot be kept" in capfd.readouterr().err
    assert len(asked.calls) < 10


def shorter(call: Call) -> Reply:
    """A judge that likes short answers."""
    text = call.last_user
    start = text.index("<<<BEGIN answer")
    words = len(text[start : text.index("<<<END answer")].split())
    label = "fully" if words < 10 else "mostly" if words < 20 else "slightly"
    return Reply(text=json.dumps({"explanation": "counted", "evidence": [], "label": label}))


def test_a_judge_of_single_answers_is_held_against_preferences(
    server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    answers = ["yes it is", "it is as you say, and there is nothing to be added", "word " * 20]
    rows = [
        {
            **{"id": f"q{n}", "set": "pandalm", "input": f"Question {n // 3}?", "judges": {}},
            **{"output_1": answers[n % 3], "output_2": answers[1], "human": {"annotators": [2 if n % 3 else 1] * 3}},
        }
        for n in range(60)
    ]
    write(tmp_path / "sets" / "pandalm.public.jsonl.gz", rows)
    with ScriptedServer(shorter) as scripted:
        monkeypatch.setenv("OPENAI_BASE_URL", scripted.url)
        wanted = command(server, tmp_path, "helpfulness", "--set", "pandalm", "--model", "m")
        row = ran(capfd, wanted)["items"][0]
    report = row["card"]["report"]
    assert report["labels"] == ["second", "tie", "first"]
    assert report["overall"]["confusion"] == {
        "labels": ["second", "tie", "first"],
        "counts": [[20, 20, 0], [0, 0, 0], [0, 0, 20]],
    }
    assert report["overall"]["groups"] == 20
    assert report["ceiling"]["raters"] == 3
    assert row["card"]["evaluator"] == "helpfulness.prefers"


def test_a_name_no_set_fits_is_refused_with_what_to_label(
    server: LiveServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(command(server, tmp_path, "tone")) == 2
    assert "no public set fits 'tone': Tone is a matter of your brand" in capfd.readouterr().err
    assert main(command(server, tmp_path, "beauty")) == 2
    assert "there is no ready evaluator 'beauty'" in capfd.readouterr().err
    assert main(command(server, tmp_path, "faithfulness", "--set", "trail")) == 2
    assert "sets that do: qags-cnndm, summedits" in capfd.readouterr().err


def test_a_check_needs_no_model_and_its_card_is_shown(
    server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    systems = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
    path = tmp_path / "gsm8k_4_systems.public.jsonl"
    lines = []
    for n in range(30):
        said = {name: {"is_correct": True, "solution": f"So it is {n}."} for name in systems[:3]}
        said[systems[3]] = {"is_correct": n % 2 == 0, "solution": f"So it is {n + 1}."}
        lines.append(json.dumps({"question": f"How many? ({n})", "ground_truth": f"It is {n}.", **said}))
    path.write_text("\n".join(lines))
    row = ran(capfd, command(server, tmp_path, "numeric_close"))["items"][0]
    assert row["card"]["report"]["overall"]["confusion"]["counts"] == [[15, 0], [15, 90]]
    assert main(["evaluators", "show", "numeric_close", "--server", server.endpoint]) == 0
    shown = capfd.readouterr()
    assert row["card"]["id"] in shown.out
    assert "gsm8k-systems  2652 (663)" in shown.out
    told = ran(capfd, ["evaluators", "show", "numeric_close", "--server", server.endpoint, "--json"])["calibration"]
    assert [card["id"] for card in told["cards"]] == [row["card"]["id"]]
    assert told["status"] == "card on gsm8k-systems"


def test_an_evaluator_without_a_card_says_how_to_get_one(capfd: pytest.CaptureFixture[str]) -> None:
    nowhere = ["--server", "http://127.0.0.1:9"]
    assert main(["evaluators", "show", "faithfulness", *nowhere]) == 0
    shown = capfd.readouterr()
    assert "no card yet: these labels are needed: summedits (2,671 labels)" in shown.err
    assert "run `evalwright evaluators calibrate-ready faithfulness --labels DIR`" in shown.err
    assert "unfaithful" in shown.out
    assert main(["evaluators", "show", "user_frustration", *nowhere]) == 0
    assert "evaluators calibrate user_frustration --against LABEL" in capfd.readouterr().err
    assert main(["evaluators", "show", "valid_json", *nowhere]) == 0
    shown = capfd.readouterr()
    assert "valid_json: The output is JSON and nothing but JSON" in shown.out
    assert "it computes what it says" in shown.err
    assert main(["evaluators", "show", "latency_under", *nowhere]) == 0
    assert "takes ms=..." in capfd.readouterr().err
    assert main(["evaluators", "show", "mine", *nowhere]) == 2
    listed = ran(capfd, ["evaluators", "list", "--ready", "--json"])["items"]
    told = {row["name"]: row["calibration"] for row in listed}
    assert (told["tone"], told["valid_json"]) == ("needs your labels", "computes")
    assert told["faithfulness"] == "fits summedits, qags-cnndm"
