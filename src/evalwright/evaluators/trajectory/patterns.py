"""Regular expressions from files and models: in linear time where RE2 is installed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from evalwright.domain.errors import InvalidInput

MAX_PATTERN_CHARS: Final = 1000


@lru_cache(maxsize=256)
def searcher(pattern: str) -> Callable[[str], bool]:
    """Returns a function that says whether the pattern occurs in a text.

    Raises:
        InvalidInput: the pattern is too long or is none.
    """
    finder = finder_of(pattern)
    return lambda text: finder(text, 0) is not None


def finder_of(pattern: str, *, trusted: bool = True) -> Callable[[str, int], tuple[int, int] | None]:
    """Returns a function of a text and a start that gives begin and end of the next occurrence, or None.

    Args:
        pattern: a regular expression; case counts unless it begins with ``(?i)``.
        trusted: whoever wrote it may also run code here, so ``re`` will do where RE2 is absent; otherwise the pattern
            is then taken word for word, for a pattern can make ``re`` run for ever.

    Raises:
        InvalidInput: the pattern is too long or is none.
    """
    if len(pattern) > MAX_PATTERN_CHARS:
        raise InvalidInput(f"a pattern has at most {MAX_PATTERN_CHARS} characters, not {len(pattern)}")
    compiled = _linear(pattern)
    if compiled is not None:
        return compiled
    try:
        plain = re.compile(pattern if trusted else re.escape(pattern))
    except re.error as error:
        raise InvalidInput(f"{pattern!r} is no regular expression: {error}") from error

    def find(text: str, start: int) -> tuple[int, int] | None:
        match = plain.search(text, start)
        return match.span() if match else None

    return find


def _linear(pattern: str) -> Callable[[str, int], tuple[int, int] | None] | None:
    try:
        import re2
    except ImportError:
        return None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        compiled = re2.compile(pattern, options=options)
    except re2.error as error:
        raise InvalidInput(f"{pattern!r} is no regular expression: {error}") from error

    def find(text: str, start: int) -> tuple[int, int] | None:
        match = compiled.search(text, start)
        return match.span() if match else None

    return find
