"""``@observe``: a function, coroutine, generator or async generator becomes a span."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar, overload

from opentelemetry import trace
from opentelemetry.context import attach

from evalwright.sdk.generators import in_context, in_context_async
from evalwright.sdk.spans import TRACER, ActiveSpan, span

P = ParamSpec("P")
R = TypeVar("R")

_MAX_ITEMS: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one function is observed."""

    function: Callable[..., Any]
    name: str
    kind: str
    capture_input: bool
    capture_output: bool
    signature: inspect.Signature | None

    def input_of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Returns the arguments by name; the only one alone; without ``self`` and ``cls``."""
        try:
            named = dict(self.signature.bind(*args, **kwargs).arguments) if self.signature else {}
        except TypeError:  # a wrong call: the function itself will say so
            named = {"args": args, "kwargs": kwargs}
        if next(iter(named), "") in ("self", "cls"):
            named.pop(next(iter(named)))
        return next(iter(named.values())) if len(named) == 1 else named

    def begin(self, active: ActiveSpan, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Says what the span is and what went in."""
        if not active.is_recording:
            return
        active.update(kind=self.kind, tool_name=self.name if self.kind.upper() == "TOOL" else None)
        if self.capture_input:
            active.update(input=self.input_of(args, kwargs))

    def finish(self, active: ActiveSpan, output: Any) -> None:
        """Says what came out."""
        if self.capture_output and active.is_recording:
            active.update(output=output)


@overload
def observe(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def observe(
    *, kind: str = "CHAIN", name: str = "", capture_input: bool = True, capture_output: bool = True
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def observe(
    function: Callable[..., Any] | None = None,
    /,
    *,
    kind: str = "CHAIN",
    name: str = "",
    capture_input: bool = True,
    capture_output: bool = True,
) -> Any:
    """Records every call of a function as a span: sync, async, generators, async generators, methods.

    The span of a generator lasts from its first step until it is exhausted or closed. Arguments and results are
    captured as bounded text; an exception fails the span and goes on as it was.

    Args:
        function: given when used without parentheses.
        kind: LLM, AGENT, TOOL, RETRIEVER, CHAIN ...
        name: of the span; the function's qualified name when empty.
        capture_input: whether arguments are recorded.
        capture_output: whether the result is recorded.

    Example:
        >>> @observe(kind="TOOL")
        ... def look_up(order_id: str) -> dict[str, str]:
        ...     return {"order": order_id}
        >>> look_up("A-7")
        {'order': 'A-7'}
    """
    if function is None:
        return functools.partial(
            observe, kind=kind, name=name, capture_input=capture_input, capture_output=capture_output
        )
    if isinstance(function, (staticmethod, classmethod)):
        again = observe(kind=kind, name=name, capture_input=capture_input, capture_output=capture_output)
        return type(function)(again(function.__func__))
    plan = _Plan(function, name or _name_of(function), kind, capture_input, capture_output, _signature_of(function))
    return functools.wraps(function)(_wrapper(plan))


def _name_of(function: Callable[..., Any]) -> str:
    qualified = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(qualified).rpartition("<locals>.")[2]


def _signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # some builtins have none
        return None


def _wrapper(plan: _Plan) -> Callable[..., Any]:
    function = plan.function
    if inspect.isasyncgenfunction(function):
        return in_context_async(function, functools.partial(_recording, plan))
    if inspect.isgeneratorfunction(function):
        return in_context(function, functools.partial(_recording, plan))
    if inspect.iscoroutinefunction(function):
        return _coroutine(plan)

    def call(*args: Any, **kwargs: Any) -> Any:
        with span(plan.name) as active:
            plan.begin(active, args, kwargs)
            result = function(*args, **kwargs)
            plan.finish(active, result)
            return result

    return call


def _coroutine(plan: _Plan) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with span(plan.name) as active:
            plan.begin(active, args, kwargs)
            result = await plan.function(*args, **kwargs)
            plan.finish(active, result)
            return result

    return call


@contextmanager
def _recording(
    plan: _Plan, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterator[tuple[Context, Callable[[Any], None]]]:
    """Records a generator: the span is current in the yielded context only, its output is what was yielded."""
    started = TRACER.start_span(plan.name)
    active = ActiveSpan(started)
    plan.begin(active, args, kwargs)
    context = copy_context()
    context.run(attach, trace.set_span_in_context(started))
    items: list[Any] = []
    try:
        yield context, functools.partial(_keep, items) if plan.capture_output else _ignore
    except GeneratorExit:  # the reader had enough, which is no failure
        raise
    except BaseException as error:
        active.fail(error)
        raise
    finally:
        joined = "".join(items) if items and all(isinstance(item, str) for item in items) else items
        plan.finish(active, joined)
        active.end()


def _keep(items: list[Any], item: Any) -> None:
    if len(items) < _MAX_ITEMS:
        items.append(item)


def _ignore(_item: Any) -> None:
    """Output is not captured."""
