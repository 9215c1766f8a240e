"""Splits a filter into tokens, each with its place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from evalwright.domain.errors import FilterError

MAX_LENGTH: Final = 16_384

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>-?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<op>==|!=|<=|>=|=~|<|>|~|\(|\)|\[|\]|,)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is number, word, string, op or end; ``text`` is the source, except the decoded value of a string."""

    kind: str
    text: str
    position: int
    length: int


def tokenize(text: str) -> list[Token]:
    """Returns the tokens, closed by one of kind ``end``.

    Raises:
        FilterError: over ``MAX_LENGTH`` characters, or a character no token starts with.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"the filter is longer than {MAX_LENGTH} characters", position=MAX_LENGTH)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        kind = match.lastgroup or ""
        if kind != "space":
            tokens.append(_make_token(kind, match[0], position))
        position = match.end()
    tokens.append(Token("end", "", len(text), 1))
    return tokens


def _make_token(kind: str, source: str, position: int) -> Token:
    text = _unescape(source, position) if kind == "string" else source
    return Token(kind, text, position, len(source))


def _unescape(source: str, position: int) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) == 5:
            value = int(code[1:], 16)
            if 0xD800 <= value <= 0xDFFF:
                raise FilterError("a surrogate is not a character", position=position + 1 + match.start(), length=6)
            return chr(value)
        if code not in _PLAIN_ESCAPES:
            raise FilterError(
                f"unknown escape {match[0]!r}",
                position=position + 1 + match.start(),
                length=2,
                hint="write a backslash as \\\\",
            )
        return _PLAIN_ESCAPES[code]

    return _ESCAPE.sub(replace, source[1:-1])


def _unreadable(text: str, position: int) -> FilterError:
    char = text[position]
    if char in "\"'":
        return FilterError(
            "this string is never closed", position=position, length=len(text) - position, hint=f"add a {char}"
        )
    hint = "compare with ==" if char == "=" else ""
    hint = {"&": "write and", "|": "write or", "!": "write not or !="}.get(char, hint)
    return FilterError(f"unexpected {char!r}", position=position, hint=hint)
