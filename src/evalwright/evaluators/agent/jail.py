"""The subprocess jail: a bare interpreter that shuts itself in by kernel means, watched from outside."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from evalwright.evaluators.agent.output import Watched, watch
from evalwright.evaluators.agent.runner import Runner
from evalwright.evaluators.agent.sandbox import SandboxLimits, SandboxUnavailable

_ENTRY: Final = Path(__file__).with_name("jail_entry.py")
_ENVIRONMENT: Final = {"PATH": "", "HOME": "/nonexistent", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
_REPORT_BYTES: Final = 8192


class SubprocessJail(Runner):
    """Runs Python in a process without network, files, other processes or environment; Linux 6.2 or newer.

    Walls: a system call filter (seccomp); a file system of which only the standard library can be read and one folder
    written (Landlock); limits of memory, CPU, files and output; a wall clock; and, where the kernel grants user
    namespaces, an empty network and a folder in memory. Without filter, Landlock and limits nothing is run. The code
    gets the standard library and nothing else.
    """

    def __init__(self, limits: SandboxLimits | None = None, *, at_once: int = 2) -> None:
        """Prepares a jail; ``at_once`` runs share the machine, others wait."""
        super().__init__(limits, at_once)

    async def _run(self, source: bytes) -> tuple[Watched, tuple[str, ...]]:
        with tempfile.TemporaryDirectory(prefix="evalwright-jail-") as folder:
            reading, writing = os.pipe()
            with os.fdopen(reading, "rb") as report:
                try:
                    process = await self._start(folder, writing)
                except OSError as error:
                    raise SandboxUnavailable(f"no interpreter can be started: {error}") from error
                finally:
                    os.close(writing)
                watched = await watch(process, source, self.limits)
                return watched, _read_report(report.read(_REPORT_BYTES), watched)

    async def _start(self, folder: str, report: int) -> asyncio.subprocess.Process:
        limits = self.limits
        given = (folder, limits.memory_bytes, limits.cpu_s, limits.file_bytes, report, _ENTRY.parent)
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S", "-B", str(_ENTRY)),
            *map(str, given),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env=_ENVIRONMENT,
            pass_fds=(report,),
            start_new_session=True,
        )


def _read_report(text: bytes, watched: Watched) -> tuple[str, ...]:
    try:
        report: dict[str, Any] = json.loads(text)
    except ValueError:
        said = watched.stderr[-300:].strip() or watched.ended
        raise SandboxUnavailable(f"the jail did not report: {said}") from None
    if not report["safe"]:
        raise SandboxUnavailable(f"the jail has no walls here: {'; '.join(report['failed'])}")
    return tuple(report["guards"])
