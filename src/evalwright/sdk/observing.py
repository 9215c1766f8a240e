"""``@observe``: a function, coroutine, generator or async generator becomes a span."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final, TypeVar, overload

from evalwright.sdk.generators import in_context, in_context_async
from evalwright.sdk.spans import TRACER, ActiveSpan

F = TypeVar("F", bound=Callable[..., Any])

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
    fields: Mapping[str, Any]

    def start(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ActiveSpan:
        """Starts the span of one call and says what is known before it."""
        active = ActiveSpan(TRACER.start_span(self.name))
        if active.is_recording:
            active.update(**self._named_by_kind(), kind=self.kind, **self.fields)
            if self.capture_input:
                active.update(input=self.input_of(args, kwargs))
        return active

    def _named_by_kind(self) -> dict[str, str]:
        field = {"TOOL": "tool_name", "AGENT": "agent_name"}.get(self.kind.upper(), "")
        return {field: self.name} if field and field not in self.fields else {}

    def input_of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Returns the arguments by name; the only one alone; without ``self`` and ``cls``."""
        try:
            named = dict(self.signature.bind(*args, **kwargs).arguments) if self.signature else {}
        except TypeError:  # a wrong call: the function itself will say so
            named = {"args": args, "kwargs": kwargs}
        if next(iter(named), "") in ("self", "cls"):
            named.pop(next(iter(named)))
        return next(iter(named.values())) if len(named) == 1 else named

    def finish(self, active: ActiveSpan, output: Any) -> None:
        """Says what came out, and ends the span."""
        if self.capture_output and active.is_recording:
            active.update(output=output)
        active.end()


@overload
def observe(function: F, /) -> F: ...


@overload
def observe(
    *, kind: str = "CHAIN", name: str = "", capture_input: bool = True, capture_output: bool = True, **fields: Any
) -> Callable[[F], F]: ...


def observe(
    function: Callable[..., Any] | None = None,
    /,
    *,
    kind: str = "CHAIN",
    name: str = "",
    capture_input: bool = True,
    capture_output: bool = True,
    **fields: Any,
) -> Any:
    """Records every call of a function as a span: sync, async, generators, async generators, methods.

    The span of a generator lasts from its first step until it is exhausted or closed; a function that returns a
    generator or coroutine is recorded until that is done. Arguments and results are captured as bounded text; an
    exception fails the span and goes on as it was.

    Args:
        function: given when used without parentheses.
        kind: LLM, AGENT, TOOL, RETRIEVER, CHAIN ...
        name: of the span; the function's qualified name when empty.
        capture_input: whether arguments are recorded.
        capture_output: whether the result is recorded.
        fields: the same for every call, as for ``update``: ``agent_name="billing"``, ``tags=["beta"]`` ...

    Example:
        >>> @observe(kind="TOOL")
        ... def look_up(order_id: str) -> dict[str, str]:
        ...     return {"order": order_id}
        >>> look_up("A-7")
        {'order': 'A-7'}
    """
    if function is None:
        return functools.partial(
            observe, kind=kind, name=name, capture_input=capture_input, capture_output=capture_output, **fields
        )
    if isinstance(function, (staticmethod, classmethod)):
        again = observe(kind=kind, name=name, capture_input=capture_input, capture_output=capture_output, **fields)
        return type(function)(again(function.__func__))
    called = name or _name_of(function)
    plan = _Plan(function, called, kind, capture_input, capture_output, _signature_of(function), fields)
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
        return in_context_async(function, lambda args, kwargs: _recording(plan, plan.start(args, kwargs)))
    if inspect.isgeneratorfunction(function):
        return in_context(function, lambda args, kwargs: _recording(plan, plan.start(args, kwargs)))
    if inspect.iscoroutinefunction(function):
        return _coroutine(plan)

    def call(*args: Any, **kwargs: Any) -> Any:
        active = plan.start(args, kwargs)
        with active.around():
            result = function(*args, **kwargs)
        return _outcome(plan, active, result)

    return call


def _coroutine(plan: _Plan) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        active = plan.start(args, kwargs)
        with active.around():
            result = await plan.function(*args, **kwargs)
        return _outcome(plan, active, result)

    return call


def _outcome(plan: _Plan, active: ActiveSpan, result: Any) -> Any:
    """Returns the result of a call and ends its span; what is still to run is recorded until it has run."""
    if inspect.isgenerator(result):
        going: Any = in_context(lambda: result, lambda _args, _kwargs: _recording(plan, active))()
    elif inspect.isasyncgen(result):
        going = in_context_async(lambda: result, lambda _args, _kwargs: _recording(plan, active))()
    elif inspect.iscoroutine(result):
        going = _awaited(plan, active, result)
    else:
        plan.finish(active, result)
        return result
    # What is never run ends its span when it is thrown away.
    weakref.finalize(going, active.end)
    return going


async def _awaited(plan: _Plan, active: ActiveSpan, coroutine: Coroutine[Any, Any, Any]) -> Any:
    with active.around():
        result = await coroutine
    return _outcome(plan, active, result)


@contextmanager
def _recording(plan: _Plan, active: ActiveSpan) -> Iterator[tuple[Context, Callable[[Any], None]]]:
    """Records a generator: the span is current in the yielded context only, its output is what was yielded."""
    items: list[Any] = []
    try:
        yield active.context(), functools.partial(_keep, items) if plan.capture_output else _ignore
    except GeneratorExit:  # the reader had enough, which is no failure
        raise
    except BaseException as error:
        active.fail(error)
        raise
    finally:
        plan.finish(active, "".join(items) if items and all(isinstance(item, str) for item in items) else items)


def _keep(items: list[Any], item: Any) -> None:
    if len(items) < _MAX_ITEMS:
        items.append(item)


def _ignore(_item: Any) -> None:
    """Output is not captured."""
