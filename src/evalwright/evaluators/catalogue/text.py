"""What the output says."""

from __future__ import annotations

import re
from typing import Any

from evalwright.domain.errors import InvalidInput
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.plain import as_json, as_text, normalised
from evalwright.evaluators.result import Score


def exact_match(*, ignore_case: bool = True) -> CodeEvaluator:
    """The output equals what was expected, up to white space, quotes and, by default, case; JSON by value."""

    def exact_match(output: Any, expected: Any) -> bool:
        """The output equals what was expected."""
        left, right = as_json(output), as_json(expected)
        if not isinstance(left, str) and not isinstance(right, str):
            return bool(left == right)
        one, other = as_text(output), as_text(expected)
        return normalised(one) == normalised(other) if ignore_case else one.split() == other.split()

    return CodeEvaluator(exact_match, config={"ignore_case": ignore_case})


def contains(*, text: str = "", ignore_case: bool = True) -> CodeEvaluator:
    """The output contains ``text``; without one, what was expected."""

    def search(output: Any, wanted: str) -> Score:
        haystack, needle = as_text(output), wanted
        if ignore_case:
            haystack, needle = normalised(haystack), normalised(needle)
        found = needle in haystack
        return Score(value=found, explanation="" if found else f"{wanted!r} does not occur in the output")

    def contains_text(output: Any) -> Score:
        """The output contains a text."""
        return search(output, text)

    def contains_expected(output: Any, expected: Any) -> Score:
        """The output contains what was expected."""
        return search(output, as_text(expected))

    chosen = contains_text if text else contains_expected
    return CodeEvaluator(chosen, name="contains", type="boolean", config={"text": text, "ignore_case": ignore_case})


def regex_match(*, pattern: str) -> CodeEvaluator:
    """The output has a match of a Python regular expression."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InvalidInput(f"{pattern!r} is no regular expression: {error}") from error

    def regex_match(output: Any) -> Score:
        """The output has a match of a regular expression."""
        match = compiled.search(as_text(output))
        return Score(value=match is not None, evidence=(match.group(),) if match and match.group() else ())

    return CodeEvaluator(regex_match, type="boolean", config={"pattern": pattern})
