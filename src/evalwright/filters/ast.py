"""The tree a filter parses to. Positions are for messages only: equal trees may come from different texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | tuple[Scalar, ...]
Operator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "~", "=~"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    position: int = field(default=0, compare=False)
    length: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRef(_Placed):
    """A field of the table in ``filters.fields``."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(_Placed):
    """``attr("key")``: a raw attribute; its type is that of the value it is compared with."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRef(_Placed):
    """``score("name")``: numbers and booleans compare with its value, text with its label.

    ``score("name", "version")`` reads that version of the evaluator; else the newest verdict on each target counts.
    """

    name: str
    version: str = ""


Operand: TypeAlias = FieldRef | Attribute | ScoreRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(_Placed):
    """One comparison. ``value`` is a tuple for ``in`` and ``not in``; times are unix nanoseconds."""

    left: Operand
    op: Operator
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull(_Placed):
    """``x is null`` or, negated, ``x is not null``. Empty text counts as null."""

    operand: Operand
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(_Placed):
    """Negation; filters are two-valued, so this is the exact complement."""

    part: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class And(_Placed):
    """All parts hold; at least two, none of them an ``And``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(_Placed):
    """Any part holds; at least two, none of them an ``Or``."""

    parts: tuple[Node, ...]


Node: TypeAlias = And | Or | Not | Compare | IsNull
