"""A command closes what it opened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from live_server import running_server


def test_a_command_leaves_no_connection_open(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        run = f"assert main(['traces', 'list', '--server', {server.endpoint!r}]) == 0"
        code = f"from evalwright.cli.main import main; {run}; {run}"
        command = [sys.executable, "-W", "always::ResourceWarning", "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "unclosed" not in done.stderr
