"""What every sandbox runner does alike: refuses code that is too long, runs few at once, says what happened."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod

from evalwright.evaluators.agent.output import Watched
from evalwright.evaluators.agent.sandbox import Ended, SandboxLimits, SandboxResult


class Runner(ABC):
    """Base of runners; a subclass starts one run and watches it to its end."""

    def __init__(self, limits: SandboxLimits | None, at_once: int) -> None:
        self.limits = limits or SandboxLimits()
        self._slots = asyncio.Semaphore(at_once)

    async def run(self, code: str) -> SandboxResult:
        """Returns what happened; see ``SandboxRunner``."""
        source = code.encode("utf-8", "replace")
        if len(source) > self.limits.code_bytes:
            said = f"the code has more than {self.limits.code_bytes} bytes"
            return SandboxResult(ended=Ended.EXITED, exit_code=1, stdout="", stderr=said, wall_s=0.0)
        async with self._slots:
            started = time.perf_counter()
            watched, guards = await self._run(source)
        return SandboxResult(
            ended=watched.ended,
            exit_code=watched.exit_code,
            stdout=watched.stdout,
            stderr=watched.stderr,
            wall_s=time.perf_counter() - started,
            guards=guards,
        )

    @abstractmethod
    async def _run(self, source: bytes) -> tuple[Watched, tuple[str, ...]]:
        """Returns how one run ended and the walls that stood around it."""
