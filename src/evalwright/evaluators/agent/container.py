"""The container runner: the same promises kept by a container engine, for machines whose kernel has no Landlock."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from typing import Final

from evalwright.evaluators.agent.output import Watched, watch
from evalwright.evaluators.agent.runner import Runner
from evalwright.evaluators.agent.sandbox import Ended, SandboxLimits, SandboxUnavailable

_ENGINE_FAILED: Final = (125, 126, 127)
_KILL_S: Final = 10.0
_RUN: Final = "import sys; exec(compile(sys.stdin.buffer.read(), 'code.py', 'exec'))"


class ContainerRunner(Runner):
    """Runs Python in a container made for one run: no network, read-only, no capabilities, nobody's user.

    The image must be there already (``--pull never``), so that judging never downloads anything.
    """

    def __init__(
        self,
        limits: SandboxLimits | None = None,
        *,
        engine: str = "docker",
        image: str = "python:3.13-slim",
        at_once: int = 2,
    ) -> None:
        """Prepares a runner; ``engine`` is a command that speaks docker's, such as ``podman``."""
        super().__init__(limits, at_once)
        self._engine = engine
        self._image = image

    def command(self, name: str) -> Sequence[str]:
        """Returns the command line of one run."""
        limits = self.limits
        memory = f"{limits.memory_bytes}b"
        return [
            *(self._engine, "run", "--rm", "--interactive", "--name", name, "--pull", "never"),
            *("--network", "none", "--ipc", "none", "--log-driver", "none"),
            *("--read-only", "--tmpfs", f"/work:rw,noexec,nosuid,nodev,size={limits.file_bytes},mode=1777"),
            *("--workdir", "/work", "--user", "65534:65534"),
            *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
            *("--memory", memory, "--memory-swap", memory, "--cpus", "1", "--pids-limit", "32"),
            *("--ulimit", f"cpu={limits.cpu_s}", "--ulimit", f"fsize={limits.file_bytes}", "--ulimit", "nofile=64"),
            *(self._image, "python", "-I", "-S", "-B", "-c", _RUN),
        ]

    async def _run(self, source: bytes) -> tuple[Watched, tuple[str, ...]]:
        name = f"evalwright-{secrets.token_hex(8)}"
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command(name),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxUnavailable(f"{self._engine!r} cannot be started: {error}") from error
        watched = await watch(process, source, self.limits)
        if watched.ended in (Ended.TIMEOUT, Ended.OUTPUT):
            await self._remove(name)
        if watched.ended is Ended.EXITED and watched.exit_code in _ENGINE_FAILED:
            raise SandboxUnavailable(f"{self._engine!r} ran no container: {watched.stderr[-300:].strip()}")
        return watched, ("container",)

    async def _remove(self, name: str) -> None:
        """Ending the client does not end the container."""
        with contextlib.suppress(OSError, TimeoutError):
            process = await asyncio.create_subprocess_exec(
                *(self._engine, "rm", "--force", name),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            async with asyncio.timeout(_KILL_S):
                await process.wait()
