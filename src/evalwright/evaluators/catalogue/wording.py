"""What can be seen of a text without understanding it: refusal, language, length, form."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.parsers import expat

from evalwright.domain.errors import InvalidInput
from evalwright.evaluators.catalogue.languages import LANGUAGES, guess
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.plain import as_text, normalised
from evalwright.evaluators.result import Score

REFUSAL: Final = re.compile(
    r"\bi(?: am|'m)? (?:sorry|afraid),? (?:but )?(?:i )?(?:can ?not|can't|won't|am unable|am not able)"
    r"|\bi (?:can ?not|can't|won't|will not|am unable to|am not able to|must decline|decline to) "
    r"(?:(?:really|directly|in good conscience) )?"
    r"(?:help|assist|do (?:that|this)|provide|share|comply|fulfil|support|discuss|answer|give|create|write)"
    r"|\bi must decline\b|\bagainst (?:my|our) (?:policy|policies|guidelines)\b"
    r"|\bas an ai\b[^.]{0,60}\b(?:cannot|can't)",
)


def not_refused() -> CodeEvaluator:
    """The output does not decline in one of the usual English phrases. A polite refusal in other words is not seen."""

    def not_refused(output: Any) -> Score:
        """The output does not refuse in a phrase that is known."""
        match = REFUSAL.search(normalised(as_text(output)))
        return Score(value=match is None, evidence=(match.group(),) if match else ())

    return CodeEvaluator(not_refused, type="boolean")


def language(*, code: str) -> CodeEvaluator:
    """The output is in this language (``en``, ``de``, ``ja`` ...). Skipped where the text is too short to tell."""
    if code not in LANGUAGES:
        raise InvalidInput(f"language {code!r} is not known", hint=f"known: {', '.join(LANGUAGES)}")

    def language(output: Any) -> Score | None:
        """The output is in the right language, judged by script and common words."""
        found = guess(as_text(output))
        return Score(value=found == code, label=found, explanation=f"looks like {found}") if found else None

    return CodeEvaluator(language, type="boolean", config={"code": code})


def word_count(*, min: int = 1, max: int = 600) -> CodeEvaluator:
    """The output has between ``min`` and ``max`` words."""
    if min > max:
        raise InvalidInput(f"min {min!r} is over max {max!r}")
    fewest, most = min, max

    def word_count(output: Any) -> Score:
        """The output has neither too few words nor too many."""
        count = len(as_text(output).split())
        return Score(value=fewest <= count <= most, explanation=f"{count} words")

    return CodeEvaluator(word_count, type="boolean", config={"min": min, "max": max})


def _json(text: str) -> bool:
    json.loads(text)
    return True


def _xml(text: str) -> bool:
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.EntityDeclHandler = _no_entities
    parser.Parse(text, True)
    return True


def _no_entities(*_: Any) -> None:
    raise ValueError("entities are not read")


def _csv(text: str) -> bool:
    widths = {len(row) for row in csv.reader(io.StringIO(text), strict=True) if row}
    return len(widths) == 1 and widths != {1}


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda text: compiled.fullmatch(text) is not None


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "json": _json,
    "xml": _xml,
    "csv": _csv,
    "bullets": _matches(r"(?:[-*•] \S.*(?:\n(?: {2,}|\t).*)*\n*)+"),
    "numbered": _matches(r"(?:\d+[.)] \S.*(?:\n(?: {2,}|\t).*)*\n*)+"),
    "one_line": _matches(r"[^\n]+"),
    "integer": _matches(r"[-+]?\d+"),
    "number": _matches(r"[-+]?\d+(?:\.\d+)?"),
    "date": _matches(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"),
    "email": _matches(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "url": _matches(r"https?://[^\s/$.?#][^\s]*"),
    "yes_no": _matches(r"(?i:yes|no)\.?"),
}


def output_format(*, form: str) -> CodeEvaluator:
    """The whole output has this form: json, xml, csv, bullets, numbered, one_line, integer, number, date, email ..."""
    if form not in FORMATS:
        raise InvalidInput(f"form {form!r} is not known", hint=f"known: {', '.join(FORMATS)}")
    check = FORMATS[form]

    def output_format(output: Any) -> Score:
        """The whole output has the form it was asked for."""
        try:
            return Score(value=check(as_text(output).strip()))
        except (ValueError, csv.Error, expat.ExpatError, RecursionError) as error:
            return Score(value=False, explanation=f"not {form}: {error}")

    return CodeEvaluator(output_format, type="boolean", config={"form": form})
