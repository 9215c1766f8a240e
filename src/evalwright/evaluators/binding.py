"""Arguments bound by name: a function says what it needs by how it names its parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Subject
from evalwright.domain.span import SpanKind
from evalwright.evaluators.plain import Shortened

ARGUMENTS: Final[dict[str, str]] = {
    "input": "what went in: the span's or root span's input, or the item's input",
    "output": "what came out",
    "output_a": "the first of two answers that are compared",
    "output_b": "the second of them",
    "expected": "the right answer of a dataset item",
    "context": "texts of the retrieved documents",
    "documents": "the retrieved documents, each with id and content; where no retrieval was recorded, the context",
    "instructions": "what the system prompts told the model, each text once",
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

TRANSCRIPT_CHARS: Final = 150_000
_SYSTEM: Final = frozenset({"system", "developer"})
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
    if name in _DERIVED and name not in subject.values:
        return _DERIVED[name](subject)
    if name not in subject.values:
        return _ABSENT
    value = subject.values[name]
    return _ABSENT if value is None and name != "output" else value


def _transcript(subject: Subject) -> Any:
    from evalwright.evaluators.trajectory.rendering import transcript, turns_of

    if not subject.steps:
        return _ABSENT
    turns = turns_of(subject.steps)
    told = transcript(turns, max_chars=TRANSCRIPT_CHARS)
    whole = sum(len(turn.given) + len(turn.gave) for turn in turns)
    return Shortened(told.text, max(told.cut, whole - len(told.text)) if told.left_out else told.cut)


def _documents(subject: Subject) -> Any:
    retrieved = (step for step in subject.steps if step.span.kind is SpanKind.RETRIEVER)
    found = [each for step in retrieved for each in step.content.documents if each.content]
    return found or subject.values.get("context", _ABSENT)


def _instructions(subject: Subject) -> Any:
    """Every system prompt once: agents repeat theirs in each call."""
    said = (message for step in subject.steps for message in step.content.input_messages)
    texts = dict.fromkeys(message.text for message in said if message.role in _SYSTEM and message.text)
    return "\n\n".join(texts) or _ABSENT


_DERIVED: Final[Mapping[str, Callable[[Subject], Any]]] = {
    "transcript": _transcript,
    "documents": _documents,
    "instructions": _instructions,
}


def is_absent(value: Any) -> bool:
    """True for the mark ``look_up`` returns for something a subject does not have."""
    return value is _ABSENT
