"""Arguments bound by name: a function says what it needs by how it names its parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Subject

ARGUMENTS: Final[dict[str, str]] = {
    "input": "what went in: the span's or root span's input, or the item's input",
    "output": "what came out",
    "output_a": "the first of two answers that are compared",
    "output_b": "the second of them",
    "expected": "the right answer of a dataset item",
    "context": "texts of the retrieved documents",
    "messages": "chat messages, each a dict with role and content",
    "tools": "tool definitions offered to the model",
    "metadata": "metadata of the item or attributes of the span",
    "item": "the dataset item",
    "trajectory": "the steps in start order, each with span and content",
    "steps": "the same as trajectory",
    "trace": "the same, for evaluators of whole traces",
    "transcript": "the steps as numbered text with span ids, of bounded size, saying what it leaves out",
    "attributes": "attributes of the span or root span",
    "latency_ms": "how long it took",
    "cost": "what it cost in USD",
    "input_tokens": "tokens in",
    "output_tokens": "tokens out",
    "total_tokens": "tokens in and out",
    "status": "OK, ERROR or UNSET of the span or root span",
    "error": "the error message, when there was one",
    "subject": "everything, as domain.evaluator.Subject",
}
"""Names an evaluator function may give its parameters, and what each is bound to."""

_STEPS: Final = frozenset({"trajectory", "steps", "trace"})


class _Absent:
    """Marks an argument a subject does not have."""


_ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The parameters of one function: those it needs and those with a default."""

    required: Sequence[str]
    optional: Sequence[str]

    def arguments(self, subject: Subject) -> tuple[Mapping[str, Any], Sequence[str]]:
        """Returns the arguments found, and the names of required ones that are absent."""
        found = {name: look_up(name, subject) for name in (*self.required, *self.optional)}
        missing = [name for name in self.required if found[name] is _ABSENT]
        return {name: value for name, value in found.items() if value is not _ABSENT}, missing


def bind(function: Callable[..., Any]) -> Binding:
    """Returns what a function needs.

    Raises:
        InvalidInput: it takes positional-only or variable arguments, which have no name to bind by.
    """
    required: list[str] = []
    optional: list[str] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise InvalidInput(
                f"evaluator {function.__name__!r} has the parameter {parameter}, which cannot be bound by name",
                hint=f"name its parameters after what it judges: {', '.join(ARGUMENTS)}",
            )
        (required if parameter.default is parameter.empty else optional).append(name)
    return Binding(required=tuple(required), optional=tuple(optional))


def look_up(name: str, subject: Subject) -> Any:
    """Returns the value of one argument, or the absence mark.

    A None counts as absent, except as the output of a trial: a task that returned nothing is judged for it.
    """
    if name == "subject":
        return subject
    if name in _STEPS and name not in subject.values:
        return subject.steps or _ABSENT
    if name == "transcript" and name not in subject.values:
        return _transcript(subject)
    if name not in subject.values:
        return _ABSENT
    value = subject.values[name]
    return _ABSENT if value is None and name != "output" else value


def _transcript(subject: Subject) -> Any:
    from evalwright.evaluators.trajectory.rendering import transcript, turns_of

    return transcript(turns_of(subject.steps)).text if subject.steps else _ABSENT


def is_absent(value: Any) -> bool:
    """True for the mark ``look_up`` returns for something a subject does not have."""
    return value is _ABSENT
