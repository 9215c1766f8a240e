"""A watched child process: code in, bounded output back, dead at the end whatever it does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evalwright.evaluators.agent.sandbox import Ended, SandboxLimits

_PIECE: Final = 4096
_END_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a child printed and how it ended."""

    ended: Ended
    exit_code: int
    stdout: str
    stderr: str


class _TooMuch(Exception):
    """The output is over its limit."""


class _Kept:
    """Output of both streams, bounded together."""

    def __init__(self, most: int) -> None:
        self.parts = (bytearray(), bytearray())
        self._left = most

    async def read(self, stream: asyncio.StreamReader | None, place: int) -> None:
        assert stream is not None
        while piece := await stream.read(_PIECE):
            self.parts[place].extend(piece[: max(0, self._left)])
            self._left -= len(piece)
            if self._left < 0:
                raise _TooMuch


async def watch(process: asyncio.subprocess.Process, source: bytes, limits: SandboxLimits) -> Watched:
    """Feeds ``source`` to a child that leads its own session, keeps what it prints, and ends it by the wall clock."""
    kept = _Kept(limits.output_bytes)
    ended = Ended.EXITED
    work = [
        asyncio.ensure_future(one)
        for one in (_feed(process.stdin, source), kept.read(process.stdout, 0), kept.read(process.stderr, 1))
    ]
    try:
        async with asyncio.timeout(limits.wall_s):
            await asyncio.gather(*work)
            await process.wait()
    except TimeoutError:
        ended = Ended.TIMEOUT
    except _TooMuch:
        ended = Ended.OUTPUT
    finally:
        await _end(process, work)
    code = process.returncode if process.returncode is not None else -1
    if ended is Ended.EXITED and code < 0:
        ended = Ended.KILLED
    texts = [bytes(part).decode("utf-8", "replace") for part in kept.parts]
    return Watched(ended=ended, exit_code=code, stdout=texts[0], stderr=texts[1])


async def _feed(stdin: asyncio.StreamWriter | None, source: bytes) -> None:
    assert stdin is not None
    with contextlib.suppress(ConnectionError):
        stdin.write(source)
        await stdin.drain()
        stdin.close()
        await stdin.wait_closed()


async def _end(process: asyncio.subprocess.Process, work: Sequence[asyncio.Future[None]]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_S):
            await asyncio.gather(_discard(process.stdout), _discard(process.stderr))
            await process.wait()


async def _discard(stream: asyncio.StreamReader | None) -> None:
    """Reads a dead child's last words: with a full pipe asyncio would wait for its end for ever."""
    assert stream is not None
    while await stream.read(_PIECE):
        pass
