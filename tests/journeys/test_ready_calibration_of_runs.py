"""Labelled runs are taken in as traces, judged as traces and sessions, and calibrated, by the command alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import RunningServer, command_environment, running_server
from shared import shared_data

from evalwright.evaluators.recipes.cards import cards_for
from evalwright.testing import Call, Reply, ScriptedServer

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("runs") / "data") as running:
        yield running


def calibrated(server: RunningServer, folder: Path, *arguments: str, **environment: str) -> Any:
    """What the command answers."""
    command = [sys.executable, "-m", "evalwright", "evaluators", "calibrate-ready", *arguments, "--json"]
    command += ["--labels", str(shared_data()), "--cache", str(folder / "verdicts.sqlite")]
    known = command_environment(Path(os.devnull)) | {"EVALWRIGHT_ENDPOINT": server.url} | environment
    done = subprocess.run(command, env=known, capture_output=True, timeout=300, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_check_over_real_traces_comes_to_the_card_that_ships(server: RunningServer, tmp_path: Path) -> None:
    [row] = calibrated(server, tmp_path, "no_repeated_calls")["items"]
    [shipped] = cards_for("no_repeated_calls")
    overall = row["card"]["report"]["overall"]
    assert overall["rows"] == shipped.rows == 63
    assert overall["agreement"]["estimate"] == pytest.approx(shipped.measures["agreement"].estimate, abs=1e-5)
    assert shipped.confusion is not None
    assert overall["confusion"]["counts"] == [list(counts) for counts in shipped.confusion.counts]
    assert row["card"]["evaluator_version"] == shipped.version


def believing(call: Call) -> Reply:
    """A judge that takes every session for resolved."""
    answer = {"explanation": "it says so", "evidence": [call.last_user.splitlines()[3][:40]], "label": "resolved"}
    return Reply(text=json.dumps(answer))


def test_sessions_are_judged_in_the_words_people_can_be_compared_in(server: RunningServer, tmp_path: Path) -> None:
    with ScriptedServer(believing) as scripted:
        environment = {"OPENAI_BASE_URL": scripted.url, "EVALWRIGHT_JUDGE_MODEL": "m"}
        found = calibrated(server, tmp_path, "session_outcome", "--limit", "30", **environment)
    [row] = found["items"]
    report = row["card"]["report"]
    assert report["judge"] == {"scored": 30, "skipped": 0, "unseen": 0, "errored": 0}, row["run"]
    overall = report["overall"]
    assert overall["groups"] == 30, "the sample is spread over the tasks"
    traces = server.get("/traces", project="calibration", limit=1000, filter='session_id != ""')["items"]
    assert len({trace["session_id"] for trace in traces}) == 30, "only the runs that were drawn are taken in"
    assert set(report["labels"]) == {"met", "unmet"}
    assert (overall["sensitivity"]["estimate"], overall["specificity"]["estimate"]) == (1.0, 0.0)
    assert any("'met' to every row" in each for each in report["statements"])
