"""Running code nobody vouches for: what a runner promises, within which limits, and how it says what happened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class SandboxUnavailable(Exception):
    """No code can be run safely here; the message says what is missing."""


class Ended(StrEnum):
    """How a run ended."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    OUTPUT = "too much output"
    KILLED = "killed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLimits:
    """What one run may use: wall and CPU seconds, bytes of memory, of files in all, and of output in all."""

    wall_s: float = 10.0
    cpu_s: int = 10
    memory_bytes: int = 512 << 20
    file_bytes: int = 16 << 20
    output_bytes: int = 64 << 10
    code_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxResult:
    """What a run printed and how it ended. ``guards`` names the walls that stood around it."""

    ended: Ended
    exit_code: int
    stdout: str
    stderr: str
    wall_s: float
    guards: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True when the code ran to its end without an error."""
        return self.ended is Ended.EXITED and self.exit_code == 0


class SandboxRunner(Protocol):
    """Runs Python without network, without files but its own, without other processes, within limits."""

    async def run(self, code: str) -> SandboxResult:
        """Returns what happened.

        Raises:
            SandboxUnavailable: the walls cannot be put up here; nothing was run.
        """
        ...
