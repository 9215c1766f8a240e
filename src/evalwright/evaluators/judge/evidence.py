"""Quotes held against what was read: a quote that does not occur there is no evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from evalwright.domain.evaluator import Subject
from evalwright.domain.score import Evidence
from evalwright.evaluators.plain import as_text, normalised

_GAP: Final = re.compile(r"\s*(?:\.\.\.|…|\[\.\.\.\]|\[…\])\s*")
_EDGES: Final = " \"'`*_.,;:"
SHORTEST_QUOTE: Final = 2


def verify(quotes: Sequence[str], texts: Mapping[str, str], subject: Subject) -> tuple[Evidence, ...]:
    """Returns each quote with whether it occurs, in which input and in which span.

    White space, quotation marks, dashes and case may differ; an ellipsis may leave something out within one input. The
    span is the first whose input or output holds the quote.
    """
    prepared = {name: normalised(text) for name, text in texts.items()}
    return tuple(_verify_one(quote, prepared, subject) for quote in quotes)


def _verify_one(quote: str, texts: Mapping[str, str], subject: Subject) -> Evidence:
    pieces = [piece for piece in (normalised(p).strip(_EDGES) for p in _GAP.split(quote)) if piece]
    if sum(map(len, pieces)) < SHORTEST_QUOTE:
        return Evidence(quote=quote, found=False)
    place = next((name for name, text in texts.items() if occurs(pieces, text)), "")
    if not place:
        return Evidence(quote=quote, found=False)
    return Evidence(quote=quote, found=True, field=place, span_id=_span_of(pieces, subject))


def occurs(pieces: Sequence[str], text: str) -> bool:
    """True when the pieces occur in the text one after the other."""
    position = 0
    for piece in pieces:
        found = text.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _span_of(pieces: Sequence[str], subject: Subject) -> str:
    if subject.span_id:
        return subject.span_id
    for step in subject.steps:
        content = (step.content.tool_arguments, step.content.tool_result)
        told = [as_text(value) for value in content if value is not None]
        if any(occurs(pieces, normalised(text)) for text in (step.span.input, step.span.output, *told)):
            return step.span.span_id
    return ""
