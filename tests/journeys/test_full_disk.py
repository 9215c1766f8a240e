"""A disk that fills up: nothing acknowledged is lost, reads go on, and room is all it takes to recover."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_server import RunningServer, running_server

pytestmark = pytest.mark.slow
HEADERS = {"content-type": "application/json"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MiB, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(mount(folder, "size=48m"), check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"this user cannot mount a small disk: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(folder: Path, options: str) -> list[str]:
    return ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]


def request_of_incompressible(spans: int) -> tuple[str, bytes]:
    trace = secrets.token_hex(16)
    listed = [
        {
            "traceId": trace,
            "spanId": secrets.token_hex(8),
            "name": "step",
            "startTimeUnixNano": "1790000000000000000",
            "endTimeUnixNano": "1790000000000000001",
            "attributes": [{"key": "input.value", "value": {"stringValue": secrets.token_hex(8_000)}}],
        }
        for _ in range(spans)
    ]
    return trace, json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": listed}]}]}).encode()


def fill(server: RunningServer) -> tuple[set[str], Counter[int]]:
    """Sends until three requests were refused; returns the acknowledged traces and the answers."""
    acknowledged: set[str] = set()
    answers: Counter[int] = Counter()
    while answers[503] < 3:
        trace, body = request_of_incompressible(50)
        answer = server.http.post("/v1/traces", content=body, headers=HEADERS)
        answers[answer.status_code] += 1
        if answer.status_code == 200:
            acknowledged.add(trace)
        else:
            assert "retry-after" in answer.headers
    return acknowledged, answers


def stored(server: RunningServer) -> set[str]:
    return {row[0] for row in server.rows("SELECT trace_id FROM spans GROUP BY trace_id HAVING count() = 50")}


def test_a_full_disk_answers_503_loses_nothing_acknowledged_and_recovers_without_a_restart(small_disk: Path) -> None:
    with running_server(small_disk / "data") as server:
        acknowledged, answers = fill(server)
        assert set(answers) == {200, 503}
        assert len(acknowledged) > 20
        assert server.get("/traces", limit=1)["items"]
        not_ready = server.http.get("/readyz")
        assert not_ready.status_code == 503
        assert not_ready.headers["content-type"] == "application/problem+json"
        assert "disk" in not_ready.json()["detail"]
        assert "free space" in not_ready.json()["hint"]
        subprocess.run(mount(small_disk, "remount,size=256m"), check=True)
        trace, body = request_of_incompressible(50)
        assert server.http.post("/v1/traces", content=body, headers=HEADERS).status_code == 200
        assert server.stop() == 0
    with running_server(small_disk / "data") as again:
        assert stored(again) >= acknowledged | {trace}
