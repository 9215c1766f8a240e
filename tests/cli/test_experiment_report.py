"""A report in a terminal, as JSON, and as Markdown that nobody's text can break out of."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_server import LiveServer, running_server

from evalwright.cli.experiment_report import as_markdown, escape

NASTY = "a|b <img src=x onerror=alert(1)> [link](http://evil.example) @everyone `code` **bold**\nsecond line"


def trial(item: dict[str, Any], index: int) -> dict[str, Any]:
    given = {"item_id": item["id"], "item_key": item["key"], "index": index, "latency_ms": 10.0 + index}
    if item["key"] == NASTY and index == 0:
        return given | {"status": "error", "error": NASTY}
    verdict = {"value": item["key"] != "plain", "evaluator": "exact", "source": "code"}
    return given | {"trace_id": f"{index + 1:032x}", "scores": {"correct": verdict}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with one experiment of four items in two trials."""
    with (
        running_server(tmp_path_factory.mktemp("report")) as live,
        httpx2.Client(base_url=f"{live.endpoint}/api/v1", trust_env=False) as http,
    ):
        http.post("/datasets", json={"name": "golden"}).raise_for_status()
        messages = [{"role": "user", "content": "Where is my order?"}]
        items = [
            {"key": key, "input": text, "metadata": {"region": region}}
            for key, text, region in (
                ("plain", messages, "eu"),
                ("second", "hello", "eu"),
                ("third", {"question": "why?"}, "us"),
                (NASTY, NASTY, NASTY),
            )
        ]
        http.post("/datasets/golden/items", json={"items": items}).raise_for_status()
        stored = http.get("/datasets/golden/items").raise_for_status().json()["items"]
        made = {"name": "candidate", "dataset": "golden", "trials": 2}
        http.post("/experiments", json=made).raise_for_status()
        trials = [trial(item, index) for item in stored for index in range(2)]
        http.post("/experiments/candidate/trials", json={"trials": trials}).raise_for_status()
        http.post("/experiments/candidate/finish", json={}).raise_for_status()
        yield live


def run(server: LiveServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evalwright", "experiments", "report", "candidate", *arguments]
    return subprocess.run(
        [*command, "--server", server.endpoint], capture_output=True, text=True, check=False, timeout=60
    )


def test_a_terminal_shows_every_part_with_its_intervals(server: LiveServer) -> None:
    done = run(server, "--by", "metadata.region")
    assert done.returncode == 0, done.stderr
    shown = done.stdout
    assert "candidate  golden v1, finished: 8 of 8 trials of 4 items, 1 failed" in shown
    for part in (
        "Metrics",
        "Repeated trials",
        "Failures",
        "By metadata.region",
        "4 of 4 items, those worst in correct",
    ):
        assert part in shown
    assert "0.7 [0.1, 1.0] n=7" in shown
    assert "Where is my order?" in shown
    assert "role" not in shown
    assert "1 errored" in shown


def test_items_come_in_pages(server: LiveServer) -> None:
    first = run(server, "--limit", "3")
    assert "more items: --cursor 3" in first.stderr
    assert "plain" in first.stdout
    last = json.loads(run(server, "--limit", "3", "--cursor", "3", "--json").stdout)
    assert len(last["items"]) == 1
    assert last["next_cursor"] == ""


def test_json_is_the_answer_of_the_api(server: LiveServer) -> None:
    answer = httpx2.get(f"{server.endpoint}/api/v1/experiments/candidate/report", trust_env=False).json()
    assert json.loads(run(server, "--json").stdout) == answer


def test_markdown_for_a_pull_request_holds_no_markup_of_the_run(server: LiveServer) -> None:
    shown = run(server, "--markdown", "--by", "metadata.region").stdout
    assert shown.startswith("### Experiment candidate\n")
    assert "| metric | mean \\[95% interval\\] | without a value |\n|---|---|---|\n| correct | 0.7 \\[0.1," in shown
    assert "<details><summary>4 of 4 items" in shown
    assert "<img" not in shown
    assert "@everyone" not in shown
    assert not re.search(r"(?<!\\)]\(", shown)
    assert "correct, latency\\_ms, error\\_rate: only 4 independent clusters" in shown
    width = 0
    for line in shown.splitlines():
        borders = line.replace("\\|", "").count("|")
        assert borders in {width, 0} or not width, line
        width = borders


def test_an_unknown_experiment_is_a_usage_error(server: LiveServer) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evalwright", "experiments", "report", "nothing", "--server", server.endpoint],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "nothing" in done.stderr


@given(st.text())
def test_escaped_text_is_one_line_without_markup(text: str) -> None:
    shown = escape(text)
    assert "\n" not in shown
    assert "<" not in shown
    assert "@" not in shown
    for at, mark in enumerate(shown):
        assert mark not in "|`*_[]" or shown[at - 1] == "\\"


def test_a_report_of_nothing_is_still_markdown(tmp_path: Path) -> None:
    counts = {"planned": 3, "completed": 0, "ok": 0, "error": 0, "timeout": 0}
    run = {"name": "e", "dataset_name": "d", "dataset_version": 1, "status": "running", "trials": 1}
    empty = {"metrics": [], "faults": [], "slices": [], "items": [], "warnings": ["3 of 3 trials are missing"]}
    shown = as_markdown({"experiment": run, "trials": counts, "item_count": 0, **empty})
    assert "0 of 3 trials" in shown
    assert shown.endswith("- 3 of 3 trials are missing\n")
