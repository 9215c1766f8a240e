"""``evalwright evaluators probe`` against a live server: items from it, reports kept on it, drift since the last."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer, running_server

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from shared import shared_data

from evalwright.cli.main import main
from evalwright.domain.span import Span, SpanKind
from evalwright.testing import Call, ScriptedServer

LONGER = '''
from evalwright import evaluator

@evaluator
def longer_is_better(output: str) -> float:
    """Likes length."""
    return min(1.0, len(output) / 400)
'''
RUBRIC = """
name: helps
kind: judge
target: trace
inputs: {question: input, answer: output}
output: {type: boolean, labels: {"true": It helps., "false": It does not.}}
evidence: none
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "judge.py").write_text(LONGER, encoding="utf-8")
    with running_server(tmp_path) as live:
        monkeypatch.setenv("EVALWRIGHT_ENDPOINT", live.endpoint)
        yield live


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    capfd.readouterr()
    code = main(["evaluators", *arguments, "--json"])
    said = capfd.readouterr()
    return code, json.loads(said.out) if said.out else {}, said.err


def fill(folder: Path, count: int) -> None:
    rows = [
        {
            "key": f"k{n}",
            "input": f"Question {n}?",
            "metadata": {"output": f"Answer {n} has some words in it.", "model": "gpt-4o", "cluster": f"c{n // 2}"},
        }
        for n in range(count)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["datasets", "create", "golden"]) == 0
    assert main(["datasets", "import", "golden", "rows.jsonl"]) == 0


def test_a_dataset_is_probed_and_the_report_is_kept_listed_and_shown(
    server: LiveServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, 40)
    arguments = ("judge.py:longer_is_better", "--dataset", "golden", "--probes", "verbosity,authority")
    code, report, said = run(capfd, "probe", *arguments)
    assert code == 1
    assert (report["items"], report["clusters"], report["items_from"]) == (40, 20, "dataset golden")
    assert report["id"].startswith("pb_")
    assert f"kept as {report['id']}" in said
    listed = run(capfd, "probes", "longer_is_better")[1]["items"]
    assert [each["id"] for each in listed] == [report["id"]]
    assert listed[0]["failed"] >= 1
    shown = run(capfd, "probes", "longer_is_better", "last")[1]
    assert shown["report"]["findings"] == report["findings"]
    assert main(["evaluators", "probes", "longer_is_better", report["id"]]) == 0
    assert "gain of an answer padded to 3 times its length" in capfd.readouterr().out
    assert main(["evaluators", "probes", "longer_is_better"]) == 0
    assert "verbosity" in capfd.readouterr().out
    assert server.records.evaluator_versions("default", "longer_is_better")[0].version == report["version"]


def test_nothing_kept_yet_says_how_to_make_one(server: LiveServer, capfd: pytest.CaptureFixture[str]) -> None:
    for report in ((), ("last",)):
        assert main(["evaluators", "probes", "polite", *report]) == 0
        assert "evaluators probe polite --dataset" in capfd.readouterr().err
    assert main(["evaluators", "probes", "polite", "pb_unknown"]) == 2
    assert server.records.list_probes("default").items == []


def test_unsaved_reports_leave_nothing_behind(server: LiveServer, tmp_path: Path, capfd: Any) -> None:
    fill(tmp_path, 12)
    arguments = ("judge.py:longer_is_better", "--dataset", "golden", "--probes", "verbosity", "--no-save")
    assert run(capfd, "probe", *arguments)[1]["id"] == ""
    assert server.records.list_probes("default").items == []


def test_the_newest_report_gives_the_anchors_of_the_next_run(
    server: LiveServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, 120)
    arguments = ("--dataset", "golden", "--probes", "drift", "--anchors", "last")
    code, first, said = run(capfd, "probe", "judge.py:longer_is_better", *arguments)
    assert code == 0
    assert "today's verdicts are the anchors of the next run" in said
    code, moved, _ = run(capfd, "probe", "judge.py:longer_is_better", *arguments)
    assert code == 0
    assert all(line["effect"]["estimate"] == 0.0 for line in moved["findings"])
    (tmp_path / "other.py").write_text(LONGER.replace("400", "50"), encoding="utf-8")
    given = ("other.py:longer_is_better", *arguments[:-1], first["id"])
    code, moved, _ = run(capfd, "probe", *given)
    assert code == 1
    assert {line["verdict"] for line in moved["findings"]} == {"fail"}
    versions = {each["evaluator_version"] for each in run(capfd, "probes", "longer_is_better")[1]["items"]}
    assert versions == {first["version"], moved["version"]}


def test_stored_traces_that_match_a_filter_are_probed_with_their_authors_known(
    server: LiveServer, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.spans.write_spans(
        [
            Span(
                project="default",
                trace_id=f"{n + 1:032x}",
                span_id=f"{n + 1:016x}",
                name="answer" if n < 20 else "other",
                kind=SpanKind.LLM,
                model="gpt-4o",
                session_id=f"s{n // 4}",
                input=f"Question {n}?",
                output=f"Answer {n} has some words in it.",
                start_ns=1_000 + n,
                end_ns=2_000 + n,
            )
            for n in range(30)
        ]
    )
    (tmp_path / "helps.yaml").write_text(RUBRIC, encoding="utf-8")

    def says(call: Call) -> str:
        return json.dumps({"explanation": "x", "evidence": [], "label": "true"})

    with ScriptedServer(says) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        arguments = ("helps.yaml", "--filter", 'name == "answer"', "--probes", "authority", "--model", "gpt-4.1")
        code, report, _ = run(capfd, "probe", *arguments)
    assert code == 0
    assert (report["items"], report["clusters"], report["model"]) == (20, 5, "gpt-4.1")
    assert report["items_from"] == 'traces where name == "answer"'
    assert report["warnings"] == [
        "'gpt-4.1' judges models of its own maker (openai) in 20 of 20 rows:"
        " probe self-preference, or use a judge of another maker"
    ]
    kept = run(capfd, "probes", "helps")[1]["items"]
    assert kept[0]["warnings"] == report["warnings"]


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("judge", "flips", "first", "code"),
    [
        # Counted by hand from label_order_12 and label_order_21 of the 100 pairs of LLMBar-Natural.
        ("GPT-4/Vanilla", 0.05, 0.505, 0),
        ("GPT-4/Swap_CoT", 0.00, 0.50, 0),
        ("ChatGPT/Vanilla", 0.29, 0.605, 1),
    ],
)
def test_the_recorded_verdicts_of_llmbar_print_the_flip_rates_that_follow_from_them(
    server: LiveServer, capfd: pytest.CaptureFixture[str], judge: str, flips: float, first: float, code: int
) -> None:
    path = shared_data() / "judge" / "llmbar-natural.jsonl.gz"
    found, report, _ = run(capfd, "probe", f"pairs:{judge}", "--items", str(path), "--probes", "position")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line)["judges"][judge] for line in lines]
    both = [(row["label_order_12"], row["label_order_21"]) for row in rows]
    assert flips == pytest.approx(sum(a != b for a, b in both) / 100)
    assert first == pytest.approx(sum((a == 1) + (b == 2) for a, b in both) / 200)
    rate, picks = (line["effect"] for line in report["findings"])
    assert (rate["estimate"], picks["estimate"]) == (pytest.approx(flips), pytest.approx(first))
    assert rate["low"] <= flips <= rate["high"]
    assert found == code
    assert report["evaluator"] == judge.replace("/", ":")
    assert run(capfd, "probes", report["evaluator"])[1]["items"][0]["id"] == report["id"]
