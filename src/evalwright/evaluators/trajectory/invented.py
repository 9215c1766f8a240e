"""Values in tool arguments that appear nowhere before: what a model makes up when it does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from evalwright.domain.evaluator import StepContent
from evalwright.domain.score import Evidence
from evalwright.domain.span import SpanKind
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.plain import as_text, normalised
from evalwright.evaluators.result import Score
from evalwright.evaluators.trajectory.calls import calls_of

_KEY: Final = re.compile(
    r"(^|_|(?<=[a-z]))(ids?|uuid|guid|code|number|no|email|phone|iban|account|username|sku|key|token|reference|ref)$",
    re.IGNORECASE,
)
_ROLES: Final = frozenset({"system", "developer", "user", "human", "tool", "function"})
_WORD: Final = re.compile(r"[^\s\"'`,;:(){}\[\]<>=|]+")
_PART: Final = re.compile(r"[^\W_]+")
_EDGES: Final = ".!?#*"
_MOST_WORDS: Final = 2_000_000


def arguments_grounded(*, keys: str = "") -> CodeEvaluator:
    """Identifying arguments of tool calls occur in what came before them.

    Before them means the request, system prompts, users' messages, and results of tools and retrievers. What the model
    itself wrote is no source. ``keys`` names the arguments that identify something, such as ``order_id,email``; by
    default they are those whose name ends in id, code, number, email and the like.
    """
    named = frozenset(key.strip().casefold() for key in keys.split(",") if key.strip())

    def arguments_grounded(trajectory: Sequence[StepContent], input: Any = None) -> Score | None:
        """No identifying argument was invented; skipped where no call has one."""
        seen = _Seen(as_text(input) if input is not None else "")
        checked = 0
        invented: list[tuple[str, str, str, str]] = []
        for step in trajectory:
            seen.add(_told_before(step))
            for call in calls_of([step]) if step.span.kind is SpanKind.TOOL else ():
                found = list(_identifying(call.arguments, named))
                checked += len(found)
                invented += [(call.name, key, text, call.span_id) for key, text in found if text not in seen]
            seen.add(_learned(step))
        return _verdict(invented, checked) if checked else None

    return CodeEvaluator(arguments_grounded, type="boolean", config={"keys": sorted(named)})


class _Seen:
    """The words said so far, bounded; a value of several words must occur as they stand."""

    def __init__(self, text: str) -> None:
        self._words: set[str] = set()
        self._texts: list[str] = []
        self.add([text])

    def add(self, texts: Sequence[str]) -> None:
        for text in texts:
            plain = normalised(text)
            if plain and len(self._words) < _MOST_WORDS:
                words = [word.strip(_EDGES) for word in _WORD.findall(plain)]
                self._words.update(words, *(_PART.findall(word) for word in words))
                self._texts.append(plain)

    def __contains__(self, value: str) -> bool:
        plain = normalised(value)
        words = {word.strip(_EDGES) for word in _WORD.findall(plain)}
        if not words <= self._words:
            return False
        return len(words) < 2 or any(plain in text for text in self._texts)


def _identifying(arguments: Any, named: frozenset[str], key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(arguments, Mapping):
        for name, value in arguments.items():
            yield from _identifying(value, named, str(name))
    elif isinstance(arguments, (list, tuple)):
        for value in arguments:
            yield from _identifying(value, named, key)
    elif isinstance(arguments, (str, int)) and not isinstance(arguments, bool) and _names_one(key, named):
        text = str(arguments).strip()
        if text:
            yield key, text


def _names_one(key: str, named: frozenset[str]) -> bool:
    return key.casefold() in named if named else bool(_KEY.search(key))


def _told_before(step: StepContent) -> list[str]:
    if step.span.kind is not SpanKind.LLM:
        return []
    messages = [message for message in step.content.input_messages if message.role in _ROLES]
    results = [as_text(p.result) for m in messages for p in m.parts if p.type == "tool_call_response"]
    return [*(message.text for message in messages), *results]


def _learned(step: StepContent) -> list[str]:
    if step.span.kind is SpanKind.TOOL:
        result = step.content.tool_result
        return [step.span.output, *([as_text(result)] if result is not None else [])]
    if step.span.kind is SpanKind.RETRIEVER:
        return [step.span.output, *(f"{document.id} {document.content}" for document in step.content.documents)]
    return []


def _verdict(invented: Sequence[tuple[str, str, str, str]], checked: int) -> Score:
    evidence = [Evidence(quote=text, span_id=span, field="input", found=True) for _, _, text, span in invented[:10]]
    told = "; ".join(f"{key}={text!r} in {tool} was never seen before" for tool, key, text, _ in invented[:10])
    return Score(
        value=not invented,
        explanation=told or f"all {checked} identifying arguments were seen before",
        evidence=evidence,
        metadata={"checked": checked, "invented": len(invented)},
    )
