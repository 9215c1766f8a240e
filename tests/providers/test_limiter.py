from __future__ import annotations

import asyncio
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from evalwright.providers.limiter import Limiter
from evalwright.providers.retry import backoff_s, retry_after_s


def test_no_more_than_the_limit_are_in_flight() -> None:
    async def run() -> int:
        limiter = Limiter(start=3)
        most = 0

        async def work() -> None:
            nonlocal most
            await limiter.acquire()
            most = max(most, limiter.in_flight)
            await asyncio.sleep(0)
            limiter.release()

        await asyncio.gather(*(work() for _ in range(20)))
        assert limiter.in_flight == 0
        return most

    assert asyncio.run(run()) == 3


def test_a_burst_of_refusals_halves_once() -> None:
    async def run() -> tuple[int, list[bool]]:
        limiter = Limiter(start=64)
        tickets = [await limiter.acquire() for _ in range(10)]
        halved = [limiter.slow_down(ticket) for ticket in tickets]
        return limiter.limit, halved

    limit, halved = asyncio.run(run())
    assert limit == 32
    assert halved == [True] + [False] * 9


def test_success_widens_by_about_one_a_round() -> None:
    limiter = Limiter(start=10)
    for _ in range(10):
        limiter.succeeded()
    assert limiter.limit in (10, 11)
    for _ in range(2):
        limiter.succeeded()
    assert limiter.limit == 11


@settings(deadline=None)
@given(st.lists(st.sampled_from(["finish", "cancel", "refuse"]), min_size=1, max_size=60))
def test_no_slot_is_ever_lost(endings: list[str]) -> None:
    async def run() -> None:
        limiter = Limiter(start=4)

        async def work(ending: str) -> None:
            ticket = await limiter.acquire()
            try:
                await asyncio.sleep(0)
                if ending == "refuse":
                    limiter.slow_down(ticket)
            finally:
                limiter.release()

        tasks = [asyncio.ensure_future(work(ending)) for ending in endings]
        await asyncio.sleep(0)
        for task, ending in zip(tasks, endings, strict=True):
            if ending == "cancel":
                task.cancel()
                await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert limiter.in_flight == 0

    asyncio.run(run())


def test_retry_after_reads_seconds_and_dates() -> None:
    assert retry_after_s("1.5", now_s=0) == 1.5
    assert retry_after_s("Thu, 01 Jan 1970 00:00:10 GMT", now_s=4) == 6
    assert retry_after_s("Thu, 01 Jan 1970 00:00:10 GMT", now_s=40) == 0
    assert retry_after_s("-3", now_s=0) == 0
    assert [retry_after_s(bad, now_s=0) for bad in (None, "", "soon", "nan", "inf")] == [None] * 5


@settings(deadline=None)
@given(st.integers(0, 200))
def test_backoff_stays_under_its_cap(attempt: int) -> None:
    assert 0 <= backoff_s(attempt, base_s=0.25, cap_s=20, rng=random.Random(attempt)) <= 20
