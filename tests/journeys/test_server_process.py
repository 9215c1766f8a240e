"""The server as a process: it starts, refuses to start, is killed, and stops, and keeps what it acknowledged."""

from __future__ import annotations

import concurrent.futures
import json
import secrets
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest
from running_server import RunningServer, command_environment, running_server, server_command


def request_of(spans: int) -> tuple[str, bytes]:
    """An OTLP JSON request and the id of its trace."""
    trace = secrets.token_hex(16)
    listed = [
        {
            "traceId": trace,
            "spanId": secrets.token_hex(8),
            "name": "step",
            "startTimeUnixNano": str(1_790_000_000_000_000_000 + number),
            "endTimeUnixNano": str(1_790_000_000_100_000_000 + number),
        }
        for number in range(spans)
    ]
    return trace, json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": listed}]}]}).encode()


def try_to_start(data: Path, **settings: Any) -> subprocess.CompletedProcess[str]:
    environment = command_environment(data, **settings)
    return subprocess.run(server_command(), env=environment, check=False, capture_output=True, text=True, timeout=60)


class Load:
    """Clients that send until the server goes away; ``acknowledged`` are the traces answered with 200."""

    def __init__(self, server: RunningServer, clients: int = 4) -> None:
        self.acknowledged: list[str] = []
        self.enough = threading.Event()
        self._server = server
        self._pool = concurrent.futures.ThreadPoolExecutor(clients)
        self._running = [self._pool.submit(self._send) for _ in range(clients)]

    def _send(self) -> None:
        with httpx2.Client(base_url=self._server.url, timeout=30, trust_env=False) as client:
            while True:
                trace, body = request_of(20)
                try:
                    answer = client.post("/v1/traces", content=body, headers={"content-type": "application/json"})
                except httpx2.HTTPError:
                    return
                if answer.status_code != 200:
                    return
                self.acknowledged.append(trace)
                if len(self.acknowledged) >= 60:
                    self.enough.set()

    def finish(self) -> set[str]:
        for each in self._running:
            each.result(timeout=60)
        self._pool.shutdown()
        return set(self.acknowledged)


def stored_traces(server: RunningServer) -> dict[str, int]:
    return dict(server.rows("SELECT trace_id, count() FROM spans GROUP BY trace_id"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_acknowledged_under_load_is_there_after_the_end(tmp_path: Path, number: int) -> None:
    data = tmp_path / "data"
    with running_server(data) as server:
        load = Load(server)
        assert load.enough.wait(timeout=60)
        code = server.stop(number)
        acknowledged = load.finish()
    assert code == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    assert len(acknowledged) >= 60
    with running_server(data, LIMITS__MAX_SQL_ROWS=100_000) as again:
        stored = stored_traces(again)
    assert acknowledged <= set(stored)
    assert all(stored[trace] == 20 for trace in acknowledged)


def test_a_second_server_on_the_same_folder_says_who_holds_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_server(data) as server:
        result = try_to_start(data)
        assert result.returncode == 3
        assert str(server.process.pid) in result.stderr or "another process" in result.stderr
        assert "Traceback" not in result.stderr
        assert server.get("/status")["spans"] == 0


def test_a_taken_port_is_said_before_anything_is_opened(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for name in ("PORT", "GRPC_PORT"):
            result = try_to_start(tmp_path / "data", **{name: port})
            assert result.returncode == 3
            assert str(port) in result.stderr
            assert "Traceback" not in result.stderr


def test_off_loopback_it_refuses_to_start_without_an_admin_key_and_says_how(tmp_path: Path) -> None:
    result = try_to_start(tmp_path / "data", HOST="0.0.0.0")
    assert result.returncode == 3
    assert "evalwright keys create" in result.stderr


def test_with_an_admin_key_it_starts_off_loopback_and_asks_everyone_for_a_key(tmp_path: Path) -> None:
    from evalwright.server.bootstrap import create_key
    from evalwright.settings import Settings

    data = tmp_path / "data"
    secret = create_key("admin", ["admin"], settings=Settings(data=data))["secret"]
    with running_server(data, HOST="0.0.0.0") as server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        key = {"authorization": f"Bearer {secret}"}
        json_type = {"content-type": "application/json"}
        assert httpx2.get(f"{url}/api/v1/projects").status_code == 401
        assert httpx2.get(f"{url}/api/v1/projects", headers=key).status_code == 200
        _, body = request_of(1)
        assert httpx2.post(f"{url}/v1/traces", content=body, headers=json_type).status_code == 401
        assert httpx2.post(f"{url}/v1/traces", content=body, headers={**json_type, **key}).status_code == 200


def test_a_page_of_another_site_cannot_send_telemetry(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        _, body = request_of(1)
        headers = {"content-type": "application/json", "origin": "https://evil.example"}
        assert server.http.post("/v1/traces", content=body, headers=headers).status_code == 403
        assert server.get("/status")["spans"] == 0


def test_the_first_signal_drains_and_the_port_is_free_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_server(data) as server:
        trace, body = request_of(5)
        server.http.post("/v1/traces", content=body, headers={"content-type": "application/json"})
        port = int(server.url.rsplit(":", 1)[1])
        assert server.stop(signal.SIGINT) == 0
    with running_server(data, PORT=port) as again:
        assert stored_traces(again) == {trace: 5}


def test_a_backup_restores_to_a_server_that_answers_the_same(tmp_path: Path) -> None:
    data, saved, again = tmp_path / "data", tmp_path / "saved", tmp_path / "again"
    trace, body = request_of(30)
    with running_server(data) as server:
        headers = {"content-type": "application/json"}
        assert server.http.post("/v1/traces", content=body, headers=headers).status_code == 200
        server.post("/scores", {"scores": [{"name": "q", "trace_id": trace, "value": 1}]})
        server.post("/datasets", {"name": "golden"})
        held = run_cli("backup", saved, "--data", data)
        assert (held.returncode, "stop it first" in held.stderr) == (3, True)
        assert server.stop() == 0
    assert run_cli("backup", saved, "--data", data).returncode == 0
    assert run_cli("restore", saved, "--data", again).returncode == 0
    with running_server(again) as server:
        assert stored_traces(server) == {trace: 30}
        assert server.get("/scores")["items"][0]["trace_id"] == trace
        assert server.get("/datasets")["items"][0]["name"] == "golden"


def run_cli(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evalwright", *map(str, arguments)]
    environment = command_environment(Path("unused"))
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)
