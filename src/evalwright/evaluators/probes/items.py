"""What judges are probed with, and how a subject is changed for it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evalwright.domain.evaluator import StepContent, Subject
from evalwright.domain.span import SpanKind
from evalwright.evaluators.plain import as_json, as_text
from evalwright.evaluators.probes import perturb
from evalwright.evaluators.probes.shape import Path, Shape, value_at, with_value


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeItem:
    """A stored item a judge is probed with.

    Attributes:
        subject: what is judged.
        cluster: items of one cluster are not independent (turns of a session, answers to one question); the key when
            empty.
        human: what people say: a label of the judge or a number on its scale.
        families: model family of the author of each answer: ``output``, or ``a`` and ``b``.
        anchor: the verdict this judge gave before: its label, or its number where it gives no label.
    """

    subject: Subject
    cluster: str = ""
    human: str | float | None = None
    families: Mapping[str, str] = field(default_factory=dict)
    anchor: str | float | None = None

    @property
    def group(self) -> str:
        """The cluster this item belongs to."""
        return self.cluster or self.subject.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The items, the judge's shape and the seed: all that a change of an item may depend on."""

    items: Sequence[ProbeItem]
    shape: Shape
    seed: int = 0

    def side(self, index: int) -> int:
        """Returns which answer of a pair is changed: 0 or 1, a coin that falls the same way every time."""
        if not self.shape.pairwise:
            return 0
        return perturb.chance(self.seed, "side", self.items[index].subject.key).randrange(2)

    def answer(self, index: int, side: int) -> str:
        """Returns the judged answer as text; empty when the item has none."""
        found = value_at(self.items[index].subject.values, self.shape.answers[side])
        return "" if found is None else as_text(found)

    def other_answer(self, index: int) -> str:
        """Returns the answer of another item, which does not answer this one; empty when there is none."""
        for step in range(1, len(self.items)):
            other = (index + step) % len(self.items)
            if self.items[other].group == self.items[index].group:
                continue
            text = self.answer(other, 0)
            if text and text != self.answer(index, 0):
                return text
        return ""


Edit = Callable[[Bench, int], "Subject | None"]
"""Returns an item's changed subject; None when there is nothing to change on it."""


def unchanged(bench: Bench, index: int) -> Subject | None:
    """Returns the subject as it is."""
    return bench.items[index].subject


def treated(change: Callable[[str, int], str | None]) -> Edit:
    """Returns an edit of the judged answer; of one side, chosen by a coin, where the judge compares two."""

    def edit(bench: Bench, index: int) -> Subject | None:
        side = bench.side(index)
        text = bench.answer(index, side)
        changed = change(text, bench.seed) if text else None
        return None if changed is None else with_answer(bench, index, side, changed)

    return edit


def with_answer(bench: Bench, index: int, side: int, text: str) -> Subject:
    """Returns the subject with another answer."""
    subject = bench.items[index].subject
    return replace(subject, values=with_value(subject.values, bench.shape.answers[side], text))


def as_long_as(change: Callable[[str, int], str | None]) -> Edit:
    """Returns the control of ``treated``: the same answer, as long, but with words that say nothing.

    Without it, a judge that only likes length would seem to fall for everything that is added.
    """

    def padded(text: str, seed: int) -> str | None:
        changed = change(text, seed)
        return None if changed is None else perturb.padded_like(text, changed, seed)

    return treated(padded)


def bad_answer(bench: Bench, index: int) -> Subject | None:
    """Returns the subject with an answer to another question, as long as the one that gives orders to the judge."""
    text = bench.other_answer(index)
    if not text:
        return None
    attack = perturb.with_injection(text, bench.shape.best)
    return with_answer(bench, index, bench.side(index), perturb.padded_like(text, attack, bench.seed))


def injected_bad_answer(bench: Bench, index: int) -> Subject | None:
    """Returns the subject with an answer to another question that tells the judge what to say."""
    text = bench.other_answer(index)
    attack = perturb.with_injection(text, bench.shape.best)
    return with_answer(bench, index, bench.side(index), attack) if text else None


def swapped(bench: Bench, index: int) -> Subject | None:
    """Returns the subject with its two answers in each other's place."""
    subject = bench.items[index].subject
    first, second = bench.shape.answers
    a, b = value_at(subject.values, first), value_at(subject.values, second)
    return replace(subject, values=with_value(with_value(subject.values, first, b), second, a))


def wrong_number(bench: Bench, index: int) -> Subject | None:
    """Returns the subject with one number of the answer wrong.

    A pair becomes twice the same answer, one of them with the wrong number, so that it is the only difference.
    """
    side = bench.side(index)
    text = bench.answer(index, side)
    wrong = perturb.with_wrong_number(text, bench.seed)
    if wrong is None:
        return None
    subject = with_answer(bench, index, side, wrong)
    if not bench.shape.pairwise:
        return subject
    other: Path = bench.shape.answers[1 - side]
    return replace(subject, values=with_value(subject.values, other, text))


def wrong_argument(bench: Bench, index: int) -> Subject | None:
    """Returns the subject with one argument of one tool call wrong; None when no call has an argument to change."""
    subject = bench.items[index].subject
    calls = [
        (place, name)
        for place, step in enumerate(subject.steps)
        if step.span.kind is SpanKind.TOOL
        for name, value in _arguments(step).items()
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""
    ]
    if not calls:
        return None
    place, name = perturb.chance(bench.seed, "argument", subject.key).choice(calls)
    steps = list(subject.steps)
    steps[place] = _with_argument(steps[place], name, bench.seed)
    return replace(subject, steps=tuple(steps))


def _arguments(step: StepContent) -> Mapping[str, Any]:
    given = step.content.tool_arguments if step.content.tool_arguments is not None else step.span.input
    parsed = as_json(given)
    return parsed if isinstance(parsed, dict) else {}


def _with_argument(step: StepContent, name: str, seed: int) -> StepContent:
    arguments = dict(_arguments(step))
    text = str(arguments[name])
    wrong = perturb.with_wrong_number(text, seed) or perturb.with_wrong_word(text, seed)
    arguments[name] = int(wrong) if isinstance(arguments[name], int) else wrong
    return StepContent(
        span=replace(step.span, input=as_text(arguments)), content=replace(step.content, tool_arguments=arguments)
    )
