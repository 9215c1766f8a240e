"""A function that returns something still to run is recorded until it has run."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Iterator

import pytest
from collector import Collector, attributes, running_collector

from evalwright import sdk as ew


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        ew.init("support", endpoint=running.endpoint, interval_s=0.01)
        yield running
        ew.shutdown()


def test_a_returned_generator_is_recorded_until_it_is_exhausted(collector: Collector) -> None:
    @ew.observe(name="answer")
    def answer() -> Iterator[str]:
        def tokens() -> Iterator[str]:
            for token in ("on ", "its ", "way"):
                with ew.span(f"token {token}"):
                    yield token

        return tokens()

    stream = answer()
    ew.flush(5)
    assert collector.spans == [], "the answer is not finished"
    assert "".join(stream) == "on its way"
    ew.flush(5)
    outer = collector.named("answer")
    assert attributes(outer)["output.value"] == "on its way"
    assert collector.named("token way").parent_span_id == outer.span_id


def test_an_async_generator_that_a_coroutine_returns_is_recorded(collector: Collector) -> None:
    @ew.observe(name="answer")
    async def answer() -> AsyncIterator[int]:
        async def numbers() -> AsyncIterator[int]:
            for number in range(3):
                await asyncio.sleep(0)
                yield number

        return numbers()

    async def read() -> list[int]:
        return [number async for number in await answer()]

    assert asyncio.run(read()) == [0, 1, 2]
    ew.flush(5)
    assert attributes(collector.named("answer"))["output.value"] == "[0, 1, 2]"


def test_an_object_with_an_async_call_is_recorded_until_it_is_awaited(collector: Collector) -> None:
    class Agent:
        async def __call__(self, question: str) -> str:
            with ew.span("thought"):
                await asyncio.sleep(0)
            return question.upper()

    agent = ew.observe(name="agent")(Agent())

    async def ask() -> str:
        return await agent("why?")

    assert asyncio.run(ask()) == "WHY?"
    ew.flush(5)
    outer = collector.named("agent")
    assert (attributes(outer)["input.value"], attributes(outer)["output.value"]) == ("why?", "WHY?")
    assert collector.named("thought").parent_span_id == outer.span_id


def test_a_returned_coroutine_that_fails_fails_the_span(collector: Collector) -> None:
    async def broken() -> None:
        raise LookupError("no such order")

    @ew.observe(name="broken")
    def start() -> Awaitable[None]:
        return broken()

    async def ask() -> None:
        await start()

    with pytest.raises(LookupError):
        asyncio.run(ask())
    ew.flush(5)
    assert collector.named("broken").status.message == "no such order"


def test_a_returned_generator_that_nobody_reads_still_ends_its_span(collector: Collector) -> None:
    @ew.observe(name="unread")
    def unread() -> Iterator[int]:
        return (number for number in range(3))

    unread()
    gc.collect()
    ew.flush(5)
    assert collector.named("unread").end_time_unix_nano > 0
