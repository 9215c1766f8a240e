"""The thing under test: any function of an item, sync or async, called under a deadline."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from typing import Any, Final, TypeAlias

from evalwright.domain.dataset import Item
from evalwright.domain.errors import InvalidInput

Task: TypeAlias = Callable[..., Any]

ARGUMENTS: Final = ("input", "expected", "metadata", "item")
"""Names of parameters a task may have; a single parameter of any other name gets the input."""


class BoundTask:
    """A task and how its parameters are filled from an item."""

    def __init__(self, task: Task) -> None:
        """Reads the signature.

        Raises:
            InvalidInput: a parameter has no default and cannot be filled.
        """
        self.name = str(getattr(task, "__name__", None) or type(task).__name__)
        self._task = task
        self._names = _parameters(task, self.name)

    async def __call__(self, item: Item, timeout_s: float) -> Any:
        """Returns what the task returns. A sync task runs in a thread.

        Raises:
            TimeoutError: it took longer; the thread of a sync task cannot be stopped and is left behind.
        """
        values = {"input": item.input, "expected": item.expected, "metadata": item.metadata, "item": item}
        arguments = {name: values[name] for name in self._names}
        positional = () if self._names else (item.input,)
        async with asyncio.timeout(timeout_s):
            if inspect.iscoroutinefunction(self._task):
                return await self._task(*positional, **arguments)
            result = await _in_thread(self._task, positional, arguments)
            return await result if inspect.isawaitable(result) else result


def _parameters(task: Task, name: str) -> tuple[str, ...]:
    """Returns the names to pass by; empty when the input goes to the only parameter."""
    try:
        found = list(inspect.signature(task).parameters.values())
    except (TypeError, ValueError):
        return ()
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = [each for each in found if each.kind not in variable]
    known = tuple(each.name for each in named if each.name in ARGUMENTS and each.kind is not each.POSITIONAL_ONLY)
    unknown = [each.name for each in named if each.name not in known and each.default is each.empty]
    if not unknown and known:
        return known
    if len(unknown) <= 1 and not known and found:
        return ()
    raise InvalidInput(
        f"task {name!r} cannot be called with an item: {', '.join(unknown) or 'it takes no arguments'}",
        hint=f"give it one parameter for the input, or parameters named {', '.join(ARGUMENTS)}",
    )


async def _in_thread(task: Task, positional: tuple[Any, ...], arguments: Mapping[str, Any]) -> Any:
    """Runs a call in a thread of its own: one that hangs takes no place from others, and does not hold up the exit."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()
    context = copy_context()

    def settle(result: Any, error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def tell(result: Any, error: BaseException | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    def work() -> None:
        try:
            result = context.run(task, *positional, **arguments)
        except StopIteration as error:  # a future cannot carry it
            tell(None, RuntimeError(f"the task raised StopIteration: {error}"))
        except BaseException as error:
            tell(None, error)
        else:
            tell(result, None)

    threading.Thread(target=work, name="evalwright-task", daemon=True).start()
    return await done
