"""A backup of a running server: one moment, everything acknowledged before it, and harmless to whatever is killed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from running_server import SOURCES, RunningServer, command_environment, running_server

pytestmark = pytest.mark.slow
SPANS = 5


def send(server: RunningServer) -> str:
    """Sends one trace of five spans and returns its id once it is acknowledged."""
    trace = secrets.token_hex(16)
    spans = [
        {
            "traceId": trace,
            "spanId": secrets.token_hex(8),
            "name": "step",
            "startTimeUnixNano": str(1_790_000_000_000_000_000 + number),
            "endTimeUnixNano": str(1_790_000_000_000_001_000),
            "attributes": [{"key": "input.value", "value": {"stringValue": secrets.token_hex(500)}}],
        }
        for number in range(SPANS)
    ]
    body = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    server.http.post("/v1/traces", json=body).raise_for_status()
    return trace


class Acknowledged:
    """The traces that are acknowledged so far, with a score each."""

    def __init__(self) -> None:
        self.traces: list[str] = []
        self._changed = threading.Condition()

    def add(self, trace: str) -> None:
        with self._changed:
            self.traces.append(trace)
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[str]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.traces) >= count, timeout=60)
            return list(self.traces)


@contextmanager
def sending(server: RunningServer) -> Iterator[Acknowledged]:
    """Keeps sending traces and scores of them until the block or the server ends."""
    acknowledged = Acknowledged()
    over = threading.Event()

    def work() -> None:
        with contextlib.suppress(httpx2.TransportError):
            while not over.is_set():
                trace = send(server)
                server.post("/scores", {"scores": [{"name": "seen", "trace_id": trace, "value": 1}]})
                acknowledged.add(trace)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield acknowledged
    finally:
        over.set()
        thread.join(timeout=60)


def backup(server: RunningServer, data: Path, to: Path, *more: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "evalwright",
        "backup",
        str(to),
        "--data",
        str(data),
        "--server",
        server.url,
        *more,
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EVALWRIGHT_")}
    return subprocess.Popen(
        command,
        env=environment | {"PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


def restore(saved: Path, to: Path) -> None:
    command = [sys.executable, "-m", "evalwright", "restore", str(saved), "--data", str(to)]
    environment = command_environment(to.with_name("none"))
    subprocess.run(command, env=environment, check=True, capture_output=True)


def whole_traces(server: RunningServer) -> set[str]:
    rows = server.rows("SELECT trace_id, count() FROM spans GROUP BY trace_id")
    assert {row[1] for row in rows} <= {SPANS}, "a request is in the backup whole or not at all"
    return {row[0] for row in rows}


def test_a_backup_of_a_running_server_holds_all_that_was_acknowledged_before_it(tmp_path: Path) -> None:
    data, saved, again = tmp_path / "data", tmp_path / "saved", tmp_path / "again"
    with running_server(data) as server, sending(server) as acknowledged:
        server.post("/datasets", {"name": "golden"})
        server.post("/datasets/golden/items", {"items": [{"key": "a", "input": "x"}]})
        before = acknowledged.wait_for(20)
        assert json.loads(finished(backup(server, data, saved, "--json")))["files"] > 20
        during = acknowledged.wait_for(len(before) + 1)
        assert len(during) > len(before), "the server goes on while it is copied"
        assert [each.name for each in (data / "snapshot").iterdir()] == ["lock"]
        assert not (data / "spans/chdb/shadow/evalwright_snapshot").exists()
    restore(saved, again)
    with running_server(again) as restored:
        traces = whole_traces(restored)
        assert traces >= set(before)
        listed = restored.get("/traces", limit=1000)["items"]
        assert len(listed) == min(len(traces), 1000)
        scored = {row[0] for row in restored.rows("SELECT trace_id FROM scores")}
        assert scored >= set(before)
        assert restored.get("/datasets/golden/items")["items"][0]["input"] == "x"
        assert send(restored) in whole_traces(restored)


def test_whatever_is_killed_in_the_middle_of_a_backup_loses_nothing_and_leaves_no_half_backup(tmp_path: Path) -> None:
    data, saved = tmp_path / "data", tmp_path / "saved"
    known: set[str] = set()
    home = data / "snapshot"
    for killed in ("backup", "server"):
        with running_server(data) as server, sending(server) as acknowledged:
            acknowledged.wait_for(5)
            copying = backup(server, data, saved)
            wait_for_a_snapshot(home, copying)
            (copying if killed == "backup" else server.process).kill()
            copying.communicate(timeout=60)
            if killed == "backup" and not saved.exists():
                finished(backup(server, data, tmp_path / "after"))
            known |= set(acknowledged.traces)
            server.process.kill()
        assert not saved.exists() or (saved / "evalwright-backup.json").exists()
    with running_server(data) as server:
        assert whole_traces(server) >= known
        assert [each.name for each in home.iterdir()] == ["lock"]
        assert not (data / "spans/chdb/shadow/evalwright_snapshot").exists()


def wait_for_a_snapshot(home: Path, copying: subprocess.Popen[str]) -> None:
    """Returns once the server has begun one, or the backup is over."""
    while not any(each.is_dir() for each in home.glob("*")):
        with contextlib.suppress(subprocess.TimeoutExpired):
            copying.wait(timeout=0.002)
            return


def test_a_server_of_another_folder_is_told_apart(tmp_path: Path) -> None:
    with running_server(tmp_path / "one") as one, running_server(tmp_path / "two"):
        process = backup(one, tmp_path / "two", tmp_path / "saved")
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "keeps its data elsewhere" in errors
    assert not (tmp_path / "saved").exists()


def test_a_second_backup_waits_for_nobody_and_says_who_is_at_it(tmp_path: Path) -> None:
    from evalwright.storage.spans import FolderLock

    with running_server(tmp_path / "data") as server:
        lock = FolderLock(tmp_path / "data" / "snapshot")
        lock.take()
        process = backup(server, tmp_path / "data", tmp_path / "saved")
        _, errors = process.communicate(timeout=60)
        lock.release()
    assert process.returncode == 3
    assert str(os.getpid()) in errors
