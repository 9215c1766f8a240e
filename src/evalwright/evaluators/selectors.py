"""Selectors: the small language in which a rubric says what its judge gets to read.

input   output   expected   context   messages   tools   metadata   item   steps   attributes
metadata.customer.tier          a key of a mapping, as deep as wanted
attributes["gen_ai.request.model"]      a key with dots in it
steps[kind=TOOL]                steps whose kind is TOOL; also name, tool_name, agent_name, model, status
steps[kind=TOOL].output         that field of each of them
messages[-1]   messages[role=user]      by place, or by a field
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import StepContent, Subject
from evalwright.evaluators.binding import ARGUMENTS, is_absent, look_up

_HEAD: Final = re.compile(r"[A-Za-z_]\w*")
_PIECE: Final = re.compile(
    r"""\.(?P<key>[A-Za-z_]\w*)
      | \[\s*(?P<place>-?\d+)\s*\]
      | \[\s*(?P<field>[A-Za-z_]\w*)\s*=\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\]"\s]+))\s*\]
      | \["(?P<literal>[^"]+)"\]""",
    re.VERBOSE,
)


class Missing:
    """What a selector finds where there is nothing; unlike None it is never a value."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping, or one field of each element of a list."""

    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """One element of a list, negative from the end."""

    index: int


@dataclass(frozen=True, slots=True)
class Where:
    """Those elements of a list whose field has this value, upper and lower case alike."""

    field: str
    value: str


Piece: TypeAlias = Key | Place | Where


@dataclass(frozen=True, slots=True)
class Selector:
    """A parsed selector; ``text`` is as written but for the ``?`` that makes it optional."""

    text: str
    head: str
    pieces: tuple[Piece, ...]
    optional: bool = False

    def select(self, subject: Subject) -> Any:
        """Returns the value, or ``MISSING`` when the subject does not have it; an empty list counts as missing."""
        value = look_up(self.head, subject)
        if is_absent(value):
            return MISSING
        for piece in self.pieces:
            value = _step(value, piece)
            if value is MISSING:
                return MISSING
        return MISSING if value is None or value in ("", [], ()) else value


def parse_selector(text: str) -> Selector:
    """Returns the selector.

    Raises:
        InvalidInput: unknown first word or a piece that cannot be read, with its place.
    """
    text, optional = text.removesuffix("?"), text.endswith("?")
    head = _HEAD.match(text)
    if head is None or head.group() not in ARGUMENTS or head.group() == "subject":
        known = ", ".join(name for name in ARGUMENTS if name != "subject")
        raise InvalidInput(f"selector {text!r} does not begin with a known name", hint=f"known names: {known}")
    pieces: list[Piece] = []
    position = head.end()
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:
            raise InvalidInput(
                f"selector {text!r} cannot be read at character {position}: {text[position:]!r}",
                hint='pieces are .key, ["a key"], [0], [-1] and [field=value]',
            )
        pieces.append(_piece(match))
        position = match.end()
    return Selector(text, head.group(), tuple(pieces), optional)


def _piece(match: re.Match[str]) -> Piece:
    if match["key"] or match["literal"]:
        return Key(match["key"] or match["literal"])
    if match["place"]:
        return Place(int(match["place"]))
    return Where(match["field"], match["quoted"] if match["quoted"] is not None else match["bare"])


def _step(value: Any, piece: Piece) -> Any:
    if isinstance(piece, Key):
        return _key(value, piece.name)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return MISSING
    if isinstance(piece, Place):
        return value[piece.index] if -len(value) <= piece.index < len(value) else MISSING
    wanted = piece.value.casefold()
    return [element for element in value if str(_key(element, piece.field)).casefold() == wanted] or MISSING


def _key(value: Any, name: str) -> Any:
    if isinstance(value, StepContent):
        return _field(value.content, name) if hasattr(value.content, name) else _field(value.span, name)
    if isinstance(value, Mapping):
        return value.get(name, MISSING)
    if isinstance(value, Sequence) and not isinstance(value, str):
        found = [_key(element, name) for element in value]
        return [element for element in found if element is not MISSING and element != ""] or MISSING
    return _field(value, name)


def _field(value: Any, name: str) -> Any:
    if name.startswith("_"):
        return MISSING
    found = getattr(value, name, MISSING)
    return MISSING if callable(found) else found
