"""A real PostgreSQL for the tests that need one, started from the machine's own binaries."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _binaries() -> Path:
    candidates = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *(Path(p).parent for p in [shutil.which("postgres")] if p),
    ]
    usable = [folder for folder in candidates if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    if not usable:
        pytest.skip("PostgreSQL is not installed (no initdb and pg_ctl found)")
    return max(usable, key=lambda folder: folder.parent.name)


def _account() -> dict[str, object]:
    """PostgreSQL refuses to run as root; root runs it as somebody else."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL refuses to run as root, and there is no account postgres or nobody")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yields the URL of an empty database; the server ends with the block."""
    binaries, account = _binaries(), _account()
    folder = Path(tempfile.mkdtemp(prefix="evalwright-pg-"))
    if account:
        os.chown(folder, int(str(account["user"])), int(str(account["group"])))
    data, port = folder / "data", _free_port()

    def run(*command: str | Path) -> None:
        done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=120, **account)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        run(binaries / "initdb", "-D", data, "-U", "evalwright", "--auth=trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
        run(binaries / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://evalwright@127.0.0.1:{port}/postgres"
        finally:
            run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
