"""Human labels and rewards of real runs, imported from their files by the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_server import RunningServer, command_environment, running_server
from shared import shared_data

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]
LABELS = {
    "trail": ["trail/trail_span_annotations.public.jsonl", "trail/trail_trace_scores.public.jsonl"],
    "whowhen": [
        "whowhen/whowhen_algorithm.annotations.public.jsonl",
        "whowhen/whowhen_handcrafted.annotations.public.jsonl",
        "whowhen/whowhen_handcrafted.agentrx_annotations.public.jsonl",
    ],
    "tau": ["tau-bench/tau_airline_gpt4o.run.labels.jsonl"],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("labels") / "data") as running:
        yield running


def import_labels(server: RunningServer, project: str) -> int:
    """Imports the files of a project and returns how many rows they have."""
    files = [shared_data() / name for name in LABELS[project]]
    command = [sys.executable, "-m", "evalwright", "import", *map(str, files), "--project", project]
    environment = command_environment(Path(os.devnull)) | {"EVALWRIGHT_ENDPOINT": server.url}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    return sum(len(file.read_bytes().splitlines()) for file in files)


@pytest.mark.parametrize("project", LABELS)
def test_every_label_becomes_one_score_however_often_it_is_imported(server: RunningServer, project: str) -> None:
    for _ in range(2):
        rows = import_labels(server, project)
        assert server.rows("SELECT count() FROM scores", project) == [[rows]]


def test_airline_runs_have_the_published_reliability(server: RunningServer) -> None:
    import_labels(server, "tau")
    found = server.get("/scores/reliability", name="reward", item_key="metadata.task_id", project="tau")
    assert (found["items"], found["trials"]) == (50, 200)
    estimates = [each["estimate"] for each in found["pass_hat"]]
    assert [round(each["estimate"], 3) for each in estimates] == [0.420, 0.273, 0.220, 0.200]
    assert all(0 < each["low"] < each["estimate"] < each["high"] < 1 for each in estimates)
