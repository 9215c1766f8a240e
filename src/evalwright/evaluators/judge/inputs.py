"""What a judge reads: selected values as text, cut to a limit where they are too long, and said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evalwright.domain.content import Document, Message
from evalwright.domain.evaluator import StepContent, Subject
from evalwright.evaluators.plain import Shortened, as_text
from evalwright.evaluators.selectors import MISSING, Selector

_CUT_MARK: Final = "\n[... {n} characters cut ...]\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeInputs:
    """Inputs by name as text; ``missing`` selectors found nothing; ``cut`` says how many characters were left out."""

    texts: Mapping[str, str]
    missing: Sequence[str]
    cut: Mapping[str, int]


def collect(selectors: Mapping[str, Selector], subject: Subject, max_chars: int) -> JudgeInputs:
    """Returns the inputs of one subject."""
    found = {name: selector.select(subject) for name, selector in selectors.items()}
    missing = [
        f"{name} ({selectors[name].text})"
        for name, value in found.items()
        if value is MISSING and not selectors[name].optional
    ]
    texts = {name: render(value) for name, value in found.items() if value is not MISSING}
    short, cut = fit(texts, max_chars)
    lacking = {name: value.lacks for name, value in found.items() if isinstance(value, Shortened) and value.lacks}
    return JudgeInputs(texts=short, missing=missing, cut={**lacking, **cut})


def render(value: Any) -> str:
    """Returns a value as a judge reads it: chats as transcripts, steps numbered, documents by id, else JSON."""
    if isinstance(value, StepContent):
        return _step(value)
    if isinstance(value, Message):
        return f"{value.role}: {value.text}"
    if isinstance(value, Document):
        return f"[{value.id}] {value.content}"
    if isinstance(value, Mapping) and "role" in value and "content" in value:
        return f"{value['role']}: {as_text(value['content'])}"
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return _list(value)
    return as_text(value)


def _list(values: Sequence[Any]) -> str:
    if isinstance(values[0], StepContent):
        return "\n".join(f"{place}. {render(value)}" for place, value in enumerate(values, start=1))
    return "\n".join(render(value) for value in values)


def _step(step: StepContent) -> str:
    span = step.span
    name = span.tool_name or span.agent_name or span.name
    status = f" ({span.status}: {span.status_message})" if span.status_message else ""
    lines = [f"{span.kind} {name}{status}"]
    lines += [f"   {word}: {text}" for word, text in (("in", span.input), ("out", span.output)) if text]
    return "\n".join(lines)


def fit(texts: Mapping[str, str], max_chars: int) -> tuple[Mapping[str, str], Mapping[str, int]]:
    """Returns texts of at most ``max_chars`` together, and what each lost.

    The longest give first: a limit is found under which all fit, so a short question is never cut for a long trace.
    """
    if sum(map(len, texts.values())) <= max_chars:
        return texts, {}
    left, limit = max_chars, 0
    for place, size in enumerate(sorted(map(len, texts.values()))):
        limit = left // (len(texts) - place)
        if size > limit:
            break
        left -= size
    cut = {name: len(text) - limit for name, text in texts.items() if len(text) > limit}
    return {name: _middle_out(text, limit) if name in cut else text for name, text in texts.items()}, cut


def _middle_out(text: str, limit: int) -> str:
    tail = limit // 2
    return text[: limit - tail] + _CUT_MARK.format(n=len(text) - limit) + (text[-tail:] if tail else "")
