"""Running somebody's generator inside a context of its own.

The span of a generator must be current while its body runs and at no other time, although the steps may come from
different tasks and threads. So every step runs in one copy of the context that belongs to the generator alone.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractContextManager
from contextvars import Context
from functools import partial
from typing import Any, TypeAlias

Seen: TypeAlias = Callable[[Any], None]
Opening: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], AbstractContextManager[tuple[Context, Seen]]]
"""Given the arguments of a call: the context to run it in, and who is told of each item."""


def in_context(function: Callable[..., Generator[Any, Any, Any]], opening: Opening) -> Callable[..., Any]:
    """Returns a generator function that yields, takes and returns what ``function`` does."""

    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with opening(args, kwargs) as (context, seen):
            generator = context.run(function, *args, **kwargs)
            step: Callable[[], Any] = partial(generator.send, None)
            while True:
                try:
                    item = context.run(step)
                except StopIteration as stop:
                    return stop.value
                seen(item)
                try:
                    step = partial(generator.send, (yield item))
                except GeneratorExit:
                    context.run(generator.close)
                    raise
                except BaseException as error:
                    step = partial(generator.throw, error)

    return call


def in_context_async(function: Callable[..., AsyncGenerator[Any, Any]], opening: Opening) -> Callable[..., Any]:
    """Returns an async generator function that yields and takes what ``function`` does."""

    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with opening(args, kwargs) as (context, seen):
            generator = context.run(function, *args, **kwargs)
            step: Callable[[], Awaitable[Any]] = partial(generator.asend, None)
            while True:
                try:
                    item = await _InContext(context, step)
                except StopAsyncIteration:
                    return
                seen(item)
                try:
                    step = partial(generator.asend, (yield item))
                except GeneratorExit:
                    await _InContext(context, generator.aclose)
                    raise
                except BaseException as error:
                    step = partial(generator.athrow, error)

    return call


class _InContext:
    """Awaits in a given context; ``asyncio`` can only do that for a task of its own."""

    def __init__(self, context: Context, start: Callable[[], Awaitable[Any]]) -> None:
        self._context = context
        self._start = start

    def __await__(self) -> Generator[Any, Any, Any]:
        steps: Any = self._context.run(self._start).__await__()
        advance: Callable[[], Any] = partial(next, steps)
        while True:
            try:
                waiting_for = self._context.run(advance)
            except StopIteration as stop:
                return stop.value
            try:
                advance = partial(steps.send, (yield waiting_for))
            except BaseException as error:
                advance = partial(steps.throw, error)
