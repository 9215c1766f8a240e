"""Whether what is said was ever seen: citations and identifiers against documents, tools and the request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import StepContent
from evalwright.domain.score import Evidence
from evalwright.domain.span import SpanKind
from evalwright.evaluators.catalogue.tools import tool_name
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.plain import as_text
from evalwright.evaluators.result import Score

CITATION: Final = r"\[([A-Za-z0-9][A-Za-z0-9_./#:-]*)\]"
_MARK: Final = re.compile(r"\[(\d{1,4})\](?!\()")
_HEADING: Final = re.compile(
    r"^[^\w\n]{0,8}(?:references|sources|bibliography|citations)[^\w\n]{0,8}$", re.IGNORECASE | re.MULTILINE
)
_ENTRY: Final = re.compile(r"^[ \t]{0,8}(?:\[(\d{1,4})\]:?|(\d{1,4})[.)])[ \t]{1,8}\S", re.MULTILINE)
IDENTIFIER: Final = r"\b[A-Za-z]{2,10}[-_]\d{2,}\b"


def cites_documents(*, pattern: str = CITATION) -> CodeEvaluator:
    """Every citation, such as ``[billing.md]`` or ``[2]``, names a document that was retrieved, and there is one.

    ``pattern`` has one group: the id, or the place in the order of retrieval counted from 1.
    """
    compiled = _compiled(pattern)

    def cites_documents(trajectory: Sequence[StepContent], output: Any) -> Score | None:
        """Every citation names a retrieved document; skipped when nothing was retrieved."""
        documents = [d for step in trajectory if step.span.kind is SpanKind.RETRIEVER for d in step.content.documents]
        if not documents:
            return None
        known = {d.id for d in documents if d.id} | {str(place + 1) for place in range(len(documents))}
        cited = [match.group(1) for match in compiled.finditer(as_text(output))]
        wrong = [name for name in cited if name not in known]
        said = f"never retrieved: {', '.join(wrong)}" if wrong else "" if cited else "nothing is cited"
        evidence = [Evidence(quote=name, field="output", found=True) for name in wrong]
        return Score(value=bool(cited) and not wrong, explanation=said, evidence=evidence)

    return CodeEvaluator(cites_documents, type="boolean", config={"pattern": pattern})


def references_resolve() -> CodeEvaluator:
    """Every mark such as ``[3]`` in the output has its entry in the list of references at the end, and the other way.

    An entry is a line that begins with ``[3]``, ``[3]:`` or ``3.`` after a heading such as *References* or *Sources*.
    """

    def references_resolve(output: Any) -> Score | None:
        """Marks and list of references fit together; skipped when there are neither."""
        text = as_text(output)
        heading = next(iter(reversed(list(_HEADING.finditer(text)))), None)
        body, tail = (text[: heading.start()], text[heading.end() :]) if heading else (text, "")
        marks = {match.group(1) for match in _MARK.finditer(body)}
        entries = {match.group(1) or match.group(2) for match in _ENTRY.finditer(tail)}
        if not marks and not entries:
            return None
        dangling, unused = sorted(marks - entries, key=int), sorted(entries - marks, key=int)
        told = [f"no entry for {', '.join(dangling)}"] * bool(dangling) + [f"never cited: {', '.join(unused)}"] * bool(
            unused
        )
        return Score(value=not dangling and not unused, explanation="; ".join(told))

    return CodeEvaluator(references_resolve, type="boolean")


def ids_grounded(*, pattern: str = IDENTIFIER) -> CodeEvaluator:
    """Identifiers (``INV-1042``) in tool arguments and in the answer occur in what came before them.

    Before them means: the request, system prompts, and earlier results of tools and retrievers. What the model itself
    wrote is no source.
    """
    compiled = _compiled(pattern)

    def ids_grounded(trajectory: Sequence[StepContent], input: Any, output: Any) -> Score | None:
        """No identifier was invented; skipped when there is none."""
        seen = set(_found(compiled, as_text(input)))
        used: list[tuple[str, str, str]] = []
        for step in trajectory:
            if step.span.kind is SpanKind.TOOL:
                used += [(name, step.span.span_id, tool_name(step)) for name in _found(compiled, _arguments(step))]
                invented = _invented(used, seen)
                if invented:
                    return _verdict(invented)
            seen |= set(_found(compiled, _sources(step)))
        used += [(name, "", "the answer") for name in _found(compiled, as_text(output))]
        return _verdict(_invented(used, seen)) if used else None

    return CodeEvaluator(ids_grounded, type="boolean", config={"pattern": pattern})


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InvalidInput(f"{pattern!r} is no regular expression: {error}") from error


def _found(pattern: re.Pattern[str], text: str) -> list[str]:
    return [match.group() for match in pattern.finditer(text)]


def _invented(used: Sequence[tuple[str, str, str]], seen: set[str]) -> list[tuple[str, str, str]]:
    return [use for use in used if use[0] not in seen]


def _verdict(invented: Sequence[tuple[str, str, str]]) -> Score:
    evidence = [
        Evidence(quote=name, span_id=span_id, field="input" if span_id else "output", found=True)
        for name, span_id, _ in invented
    ]
    said = "; ".join(f"{name} in {place} was never seen before" for name, _, place in invented)
    return Score(value=not invented, explanation=said, evidence=evidence)


def _arguments(step: StepContent) -> str:
    return as_text(step.content.tool_arguments if step.content.tool_arguments is not None else step.span.input)


def _sources(step: StepContent) -> str:
    if step.span.kind is SpanKind.TOOL:
        return as_text(step.content.tool_result) + "\n" + step.span.output
    if step.span.kind is SpanKind.RETRIEVER:
        return "\n".join(f"{d.id}\n{d.content}" for d in step.content.documents) + "\n" + step.span.output
    if step.span.kind is SpanKind.LLM:
        return "\n".join(m.text for m in step.content.input_messages if m.role == "system")
    return ""
