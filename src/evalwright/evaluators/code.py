"""Evaluators that are functions: ``@evaluator`` turns one into something the runner can use."""

from __future__ import annotations

import asyncio
import inspect
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias, overload

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import ScoreSource, ScoreStatus, ScoreType, Target
from evalwright.evaluators.binding import bind
from evalwright.evaluators.fingerprint import fingerprint, source_of
from evalwright.evaluators.result import NOTHING_TO_SAY, errored, read_result

Function: TypeAlias = Callable[..., Any]

_SKIPPED: Final = re.compile(r"\b[Ss]kipped ((?:when|where|without|unless|if)\b[^.;]*)")
_TYPES: Final = {"bool": ScoreType.BOOLEAN, "str": ScoreType.CATEGORICAL}


class CodeEvaluator:
    """An evaluator made of a function; still callable like that function.

    It keeps no state between subjects and may judge many at once.
    """

    def __init__(
        self,
        function: Function,
        *,
        name: str = "",
        target: Target | str = Target.TRACE,
        type: ScoreType | str | None = None,
        labels: Sequence[str] = (),
        config: Mapping[str, Any] | None = None,
        blocking: bool = False,
    ) -> None:
        """Wraps ``function``.

        Args:
            function: sync or async; its parameters say what it needs (see ``binding.ARGUMENTS``).
            name: of the evaluator and its score; the function's name when empty.
            target: span, trace, session or trial. Evaluators of traces also judge trials.
            type: of the score; read from the return annotation when not given.
            labels: the labels it may give; any other is an error.
            config: values the function was made with; part of the version.
            blocking: runs a sync function in a thread, for those that wait on disk or network.

        Raises:
            InvalidInput: a parameter cannot be bound by name.
        """
        self.function = function
        self._binding = bind(function)
        self._blocking = blocking
        declared = ScoreType(type) if type is not None else _annotated(function)
        options = dict(config or {})
        self._spec = EvaluatorSpec(
            name=name or function.__name__,
            version=fingerprint(function, {"config": options, "labels": list(labels), "type": declared.value}),
            kind=EvaluatorKind.CODE,
            target=Target(target),
            type=declared,
            inputs=self._binding.required,
            labels=tuple(labels),
            description=inspect.cleandoc(function.__doc__ or "").partition("\n")[0],
            definition={"source": source_of(function), "config": options},
        )
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    @property
    def spec(self) -> EvaluatorSpec:
        """Identity and shape."""
        return self._spec

    @property
    def source(self) -> ScoreSource:
        """Code."""
        return ScoreSource.CODE

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function itself, so that it can be tested like one."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"CodeEvaluator({self._spec.name!r}, version={self._spec.version!r})"

    async def evaluate(self, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
        """Returns one score; unseen when a needed argument is absent, errored when the function raises."""
        arguments, missing = self._binding.arguments(subject)
        if missing:
            reason = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} absent"
            return [(self._spec.name, self._spec.type, Outcome(status=ScoreStatus.UNSEEN, reason=reason))]
        started = time.perf_counter()
        try:
            kind, outcome = read_result(await self._run(arguments), self._spec.type)
        except Exception as error:  # whatever an evaluator does wrong is its own outcome, never the run's end
            kind, outcome = self._spec.type, errored(f"{type(error).__name__}: {error}")
        outcome = self._checked(outcome)
        if outcome.reason == NOTHING_TO_SAY:
            outcome = replace(outcome, reason=_when_skipped(self.function) or NOTHING_TO_SAY)
        return [(self._spec.name, kind, replace(outcome, latency_ms=(time.perf_counter() - started) * 1000))]

    async def _run(self, arguments: Mapping[str, Any]) -> Any:
        if self._blocking:
            return await asyncio.to_thread(self.function, **arguments)
        result = self.function(**arguments)
        return await result if isinstance(result, Awaitable) else result

    def _checked(self, outcome: Outcome) -> Outcome:
        allowed = self._spec.labels
        if allowed and outcome.status is ScoreStatus.SCORED and outcome.label not in allowed:
            return errored(f"label {outcome.label!r} is not one of {', '.join(allowed)}")
        return outcome


def _when_skipped(function: Function) -> str:
    """Returns when it skips, in the words of the function itself: "; skipped when no tool failed."."""
    found = _SKIPPED.search(inspect.cleandoc(function.__doc__ or ""))
    return " ".join(found.group(1).split()) if found else ""


def _annotated(function: Function) -> ScoreType:
    try:
        returned = inspect.signature(function, eval_str=True).return_annotation
    except (NameError, TypeError, SyntaxError):
        returned = inspect.signature(function).return_annotation
    name = returned if isinstance(returned, str) else getattr(returned, "__name__", str(returned))
    return _TYPES.get(name.partition(" ")[0], ScoreType.NUMERIC)


@overload
def evaluator(function: Function, /) -> CodeEvaluator: ...


@overload
def evaluator(
    *,
    name: str = "",
    target: Target | str = Target.TRACE,
    type: ScoreType | str | None = None,
    labels: Sequence[str] = (),
    blocking: bool = False,
) -> Callable[[Function], CodeEvaluator]: ...


def evaluator(
    function: Function | None = None,
    /,
    *,
    name: str = "",
    target: Target | str = Target.TRACE,
    type: ScoreType | str | None = None,
    labels: Sequence[str] = (),
    blocking: bool = False,
) -> CodeEvaluator | Callable[[Function], CodeEvaluator]:
    """Turns a function into an evaluator; its parameters are bound by name.

    Example:
        >>> @evaluator
        ... def is_short(output: str) -> bool:
        ...     return len(output) < 80
        >>> is_short.spec.name, list(is_short.spec.inputs)
        ('is_short', ['output'])
        >>> is_short("yes")
        True
    """

    def wrap(wrapped: Function) -> CodeEvaluator:
        if not callable(wrapped):
            raise InvalidInput(f"{wrapped!r} is not a function", hint="options are keywords: @evaluator(name='x')")
        return CodeEvaluator(wrapped, name=name, target=target, type=type, labels=labels, blocking=blocking)

    return wrap if function is None else wrap(function)
