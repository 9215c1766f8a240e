"""The real server in a process of its own, for tests that must not trust anything less."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

_LINE = re.compile(r"(UI and API|OTLP/gRPC)\s+(\S+)")
SOURCES = Path(__file__).resolve().parents[1] / "src"


class RunningServer:
    """A server that has said it is ready. ``stderr`` grows while it runs."""

    def __init__(self, process: subprocess.Popen[str], stderr: list[str], reader: threading.Thread) -> None:
        self.process = process
        self.stderr = stderr
        self._reader = reader
        found = dict(_LINE.findall("".join(stderr)))
        self.url = found["UI and API"]
        self.grpc = found["OTLP/gRPC"]
        self.http = httpx2.Client(base_url=self.url, timeout=60, trust_env=False)

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at a path of the API."""
        answer = self.http.get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, **params: Any) -> Any:
        """The JSON a write answers."""
        answer = self.http.post(f"/api/v1{path}", json=body, params=params)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def rows(self, query: str, project: str = "") -> list[list[Any]]:
        """The rows of a SQL query, none of them cut off."""
        table = self.post("/sql", {"query": query, "project": project})
        assert not table["truncated"]
        return table["rows"]  # type: ignore[no-any-return]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal and returns the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Waits for the end and returns the exit code."""
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        return code


def command_environment(data: Path, **settings: Any) -> dict[str, str]:
    """The environment of a server on free ports, with none of this machine's settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("EVALWRIGHT_")}
    given = {"DATA": data, "PORT": 0, "GRPC_PORT": 0, **settings}
    return plain | {"PYTHONPATH": str(SOURCES)} | {f"EVALWRIGHT_{name}": str(value) for name, value in given.items()}


def server_command() -> list[str]:
    """How the server is started."""
    return [sys.executable, "-m", "evalwright.server"]


@contextlib.contextmanager
def running_server(data: Path, **settings: Any) -> Iterator[RunningServer]:
    """Yields a server over a folder; it is killed at the end if it still runs."""
    process = subprocess.Popen(
        server_command(), env=command_environment(data, **settings), stderr=subprocess.PIPE, text=True, cwd=data.parent
    )
    stderr: list[str] = []
    ready = threading.Event()
    reader = threading.Thread(target=_drain, args=(process, stderr, ready), daemon=True)
    reader.start()
    try:
        assert ready.wait(timeout=60)
        assert any("OTLP/gRPC" in line for line in stderr), "".join(stderr)
        server = RunningServer(process, stderr, reader)
        with server.http:
            yield server
    finally:
        process.kill()
        process.wait(timeout=30)
        reader.join(timeout=10)
        if process.stderr:
            process.stderr.close()


def _drain(process: subprocess.Popen[str], lines: list[str], ready: threading.Event) -> None:
    assert process.stderr
    for line in process.stderr:
        lines.append(line)
        if "OTLP/gRPC" in line:
            ready.set()
    ready.set()
