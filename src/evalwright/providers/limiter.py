"""How many calls may be in flight: additive increase on success, multiplicative decrease when told to slow down."""

from __future__ import annotations

import asyncio
from collections import deque


class Limiter:
    """An AIMD limiter for one event loop (Chiu and Jain 1989).

    It starts wide open: a limiter that ramps up from a few calls costs minutes on endpoints that never complain, and
    one refusal halves it anyway. A burst of refusals from calls that were in flight together counts as one.
    """

    def __init__(self, *, start: int = 128, smallest: int = 1, largest: int = 512) -> None:
        self._limit = float(start)
        self._smallest = smallest
        self._largest = largest
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._started = 0
        self._decreased_at = -1

    @property
    def limit(self) -> int:
        """Calls allowed in flight now."""
        return int(self._limit)

    @property
    def in_flight(self) -> int:
        """Calls in flight now."""
        return self._in_flight

    async def acquire(self) -> int:
        """Waits for a slot, first come first served; returns a ticket for ``slow_down``."""
        if self._in_flight < self.limit and not self._waiting:
            self._in_flight += 1
        else:
            await self._wait()
        self._started += 1
        return self._started

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # The slot may have been handed over in the same tick as the cancellation: pass it on, never lose it.
            if turn.done() and not turn.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Gives the slot back."""
        self._in_flight -= 1
        self._wake()

    def succeeded(self) -> None:
        """Widens by about one call for each ``limit`` successes."""
        self._limit = min(self._largest, self._limit + 1 / self._limit)

    def slow_down(self, ticket: int) -> bool:
        """Halves the limit, unless the call began before the last halving; says whether it did."""
        if ticket <= self._decreased_at:
            return False
        self._limit = max(self._smallest, self._limit / 2)
        self._decreased_at = self._started
        return True

    def _wake(self) -> None:
        while self._waiting and self._in_flight < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)
