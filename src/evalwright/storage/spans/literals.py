"""Text that every match of a pattern must contain, so that a store can leave out what cannot match."""

from __future__ import annotations

import re
import string
from typing import Final

SHORTEST: Final = 3
_PLAIN: Final = frozenset(string.ascii_letters + string.digits + "_-.@# ")
"""Characters that JSON neither escapes nor writes of itself: they stand in a stored document as in the value."""
_OPTIONAL: Final = frozenset("*?{")
_QUANTIFIERS: Final = frozenset("*?+{}")
_FOLDED: Final = frozenset("kKsS")
"""Letters that match others than their own two cases when case is ignored (the Kelvin sign, the long s)."""
_FLAGS: Final = re.compile(r"\(\?([imsU]+)\)")
_SPOKEN: Final = re.compile(r"[A-DF-Za-df-z]")


def required_literal(pattern: str) -> tuple[str, bool]:
    """Returns the longest such text that is plain to see, and whether its case counts; empty where there is none.

    Only what stands outside groups, classes and alternatives is looked at. A wrong guess would hide matches, so
    anything unusual ends the search for one.
    """
    flags = _FLAGS.match(pattern)
    folds = "i" in flags[1] if flags else False
    runs = _runs(pattern[flags.end() :] if flags else pattern)
    if folds:
        runs = [piece for run in runs for piece in re.split("[kKsS]", run)]
    told = [run.strip() for run in runs if len(run.strip()) >= SHORTEST and _SPOKEN.search(run)]
    return max(told, key=len, default=""), not folds


def _runs(pattern: str) -> list[str]:
    """Literal runs outside brackets, none when the pattern holds what is not understood here."""
    runs: list[str] = []
    run, depth, at = "", 0, 0
    while at < len(pattern):
        sign = _sign_at(pattern, at)
        if not sign or (sign == "|" and depth == 0) or sign.startswith(("(?i", "(?-", "(?s", "(?m", "(?U")):
            return []
        at += len(sign)
        literal = sign[-1] if len(sign) == 1 or (sign[0] == "\\" and not sign[1].isalnum()) else ""
        depth += (sign[0] == "(") - (sign == ")")
        if depth or sign[0] in "([)" or literal not in _PLAIN or (len(sign) == 1 and sign in ".^$"):
            runs, run = [*runs, run], ""
        else:
            run += literal
        following = pattern[at : at + 1]
        if following and following in _QUANTIFIERS:
            runs, run = [*runs, run[:-1] if following in _OPTIONAL else run], ""
            at = _after_quantifier(pattern, at)
    return [*runs, run]


def _sign_at(pattern: str, at: int) -> str:
    """The next character, escape, class or opening bracket; empty when it is not understood."""
    char = pattern[at]
    if char == "\\":
        escaped = pattern[at : at + 2]
        return escaped if len(escaped) == 2 and escaped[1] in "dDwWsSbBAz" + string.punctuation else ""
    if char == "[":
        closed = re.compile(r"\[\^?[^\[\]\\]+\]").match(pattern, at)
        return closed[0] if closed else ""
    if char == "(":
        opened = re.compile(r"\((\?:|\?P?<\w+>|\?[imsU-]+[:)])?").match(pattern, at)
        return opened[0] if opened else ""
    return char


def _after_quantifier(pattern: str, at: int) -> int:
    match = re.compile(r"(?:[*+?]|\{\d*,?\d*\})\??").match(pattern, at)
    return match.end() if match else at + 1
