"""Memory kept while requests come in, given back when they stop."""

from __future__ import annotations

import sys

import pytest

from evalwright.server.memory import MemoryKeeper, resident_bytes

linux = pytest.mark.skipif(not resident_bytes() or sys.platform != "linux", reason="needs /proc and glibc")


@linux
def test_memory_goes_back_only_when_nothing_came_in_since_the_last_look() -> None:
    answered = [0]
    keeper = MemoryKeeper(lambda: answered[0])
    keeper.start()
    try:
        assert not keeper.look()
        answered[0] += 1
        assert not keeper.look()
        held = [bytearray(100_000) for _ in range(500)]
        before = resident_bytes()
        del held
        assert keeper.look()
        assert resident_bytes() < before - (16 << 20)
        assert not keeper.look()
    finally:
        keeper.stop()


def test_a_keeper_that_was_never_started_stops() -> None:
    MemoryKeeper(lambda: 0).stop()
