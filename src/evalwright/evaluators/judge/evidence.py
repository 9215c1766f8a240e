"""Quotes held against what was read: a quote that does not occur there is no evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from evalwright.domain.evaluator import StepContent, Subject
from evalwright.domain.score import Evidence
from evalwright.evaluators.plain import as_text, normalised

_GAP: Final = re.compile(r"\s*(?:\.\.\.|…|\[\.\.\.\]|\[…\])\s*")
_EDGES: Final = " \"'`*_.,;:"
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([nrt\"/\\]))")
_BLANK: Final = frozenset("nrt")
_SURE_CHARS: Final = 8
SHORTEST_QUOTE: Final = 2


def verify(quotes: Sequence[str], texts: Mapping[str, str], subject: Subject) -> tuple[Evidence, ...]:
    """Returns each quote with whether it occurs, in which input and in which span.

    White space, quotation marks, dashes, case, invisible characters and the escapes of JSON may differ; an ellipsis may
    leave something out within one input. What is short must be whole words. The span is the first whose input or output
    holds the quote.
    """
    read = _Read(texts, subject)
    return tuple(read.verified(quote) for quote in quotes)


def stands_in(quote: str, text: str) -> bool:
    """True when one quote occurs in one text, with the same tolerance."""
    return bool(_first(_wanted(quote), [("text", _forms(text))]))


class _Read:
    """What a judge has read, prepared once for all of its quotes."""

    def __init__(self, texts: Mapping[str, str], subject: Subject) -> None:
        self._subject = subject
        self._inputs = [(name, _forms(text)) for name, text in texts.items()]

    @cached_property
    def _steps(self) -> Sequence[tuple[str, Sequence[str]]]:
        return [
            (step.span.span_id, [form for text in _told(step) for form in _forms(text)]) for step in self._subject.steps
        ]

    def verified(self, quote: str) -> Evidence:
        wanted = _wanted(quote)
        field = _first(wanted, self._inputs)
        if not field:
            return Evidence(quote=quote, found=False)
        span = self._subject.span_id or _first(wanted, self._steps)
        return Evidence(quote=quote, found=True, field=field, span_id=span)


def _first(wanted: Sequence[Sequence[str]], places: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Returns the name of the first place that holds the quote in any form; empty when none does."""
    return next(
        (name for name, forms in places if any(occurs(pieces, form) for form in forms for pieces in wanted)), ""
    )


def _wanted(quote: str) -> list[list[str]]:
    return [pieces for form in {quote, _unescaped(quote)} if (pieces := _pieces(form))]


def _pieces(quote: str) -> list[str]:
    pieces = [piece for piece in (normalised(part).strip(_EDGES) for part in _GAP.split(quote)) if piece]
    return pieces if sum(map(len, pieces)) >= SHORTEST_QUOTE else []


def _forms(text: str) -> list[str]:
    plain = normalised(text)
    return [plain, normalised(_unescaped(text))] if "\\" in text else [plain]


def _unescaped(text: str) -> str:
    """Returns text in which what JSON has escaped stands as itself: inputs are often shown as JSON, quoted as text."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else " " if m[2] in _BLANK else m[2], text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def occurs(pieces: Sequence[str], text: str) -> bool:
    """True when the pieces occur in the text one after the other, short ones as whole words."""
    position = 0
    for piece in pieces:
        found = next(_places(piece, text, position), -1)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _places(piece: str, text: str, position: int) -> Iterator[int]:
    while (at := text.find(piece, position)) >= 0:
        end = at + len(piece)
        cut = _in_word(text[at - 1 : at], piece[0]) or _in_word(piece[-1], text[end : end + 1])
        if len(piece) >= _SURE_CHARS or not cut:
            yield at
        position = at + 1


def _in_word(one: str, other: str) -> bool:
    """True when two neighbours belong to one word or number; scripts without case write words without spaces."""
    return bool(one and other) and all(each.isdigit() or each.upper() != each for each in (one, other))


def _told(step: StepContent) -> list[str]:
    content = (step.content.tool_arguments, step.content.tool_result)
    return [step.span.input, step.span.output, *(as_text(value) for value in content if value is not None)]
