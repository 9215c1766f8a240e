"""Type checks of comparisons, so that every store gets trees that make sense."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime
from typing import Final

from evalwright.domain.errors import FilterError
from evalwright.filters.ast import FieldRef, Operand, Operator, Scalar, Value
from evalwright.filters.fields import FIELDS, OPERATORS, FieldType

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FITS: Final = {
    FieldType.TEXT: "text in quotes",
    FieldType.LIST: "text in quotes",
    FieldType.NUMBER: "a number",
    FieldType.BOOLEAN: "true or false",
    FieldType.TIME: "an RFC 3339 time in quotes or unix nanoseconds",
}


def unknown_field(name: str, position: int) -> FilterError:
    """Returns the error for a name that is no field, with the nearest names as a hint."""
    near = difflib.get_close_matches(name, FIELDS, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else f'a raw attribute is read with attr("{name}")'
    return FilterError(f"unknown field {name!r}", position=position, length=len(name), hint=hint)


def check_flag(left: Operand, otherwise: FilterError) -> None:
    """Lets a boolean field stand alone as a condition; raises ``otherwise`` for anything else."""
    if not isinstance(left, FieldRef) or FIELDS[left.name].type is not FieldType.BOOLEAN:
        raise otherwise


def check_compare(left: Operand, op: Operator, value: Value, *, position: int, length: int) -> Value:
    """Returns ``value``, times as unix nanoseconds, once it fits ``left`` and ``op``.

    Raises:
        FilterError: the operator or the value's type does not fit.
    """
    if op in {"~", "=~"} and not isinstance(value, str):
        raise FilterError(f"{op} compares with text in quotes", position=position, length=length)
    if not isinstance(left, FieldRef):
        _check_untyped(op, value, position=position, length=length)
        return value
    kind = FIELDS[left.name].type
    if op not in OPERATORS[kind]:
        allowed = " ".join(OPERATORS[kind])
        raise FilterError(
            f"{left.name} is {kind.value}, it has no operator {op}",
            position=left.position,
            length=position + length - left.position,
            hint=f"use one of {allowed}",
        )
    items = value if isinstance(value, tuple) else (value,)
    checked = tuple(_check_scalar(left.name, kind, item, position, length) for item in items)
    return checked if isinstance(value, tuple) else checked[0]


def _check_untyped(op: Operator, value: Value, *, position: int, length: int) -> None:
    if op in {"<", "<=", ">", ">="} and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise FilterError(f"{op} compares with a number here", position=position, length=length)
    if isinstance(value, tuple) and len({_family(item) for item in value}) > 1:
        raise FilterError("a list holds values of one type", position=position, length=length)


def _family(value: Scalar) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _check_scalar(name: str, kind: FieldType, value: Scalar, position: int, length: int) -> Scalar:
    family = _family(value)
    if kind is FieldType.TIME and family == "text":
        return _parse_time(str(value), position, length)
    wanted = {FieldType.LIST: "text", FieldType.TIME: "number"}.get(kind, kind.value)
    if family != wanted or (kind is FieldType.TIME and isinstance(value, float)):
        raise FilterError(f"{name} compares with {_FITS[kind]}", position=position, length=length)
    return value


def _parse_time(text: str, position: int, length: int) -> int:
    whole, dot, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))] if dot else ""
    zone = rest[len(digits) :]
    try:
        moment = datetime.fromisoformat(whole + zone)
    except ValueError:
        raise FilterError(
            f"{text!r} is not a time", position=position, length=length, hint='write "2026-05-31T12:00:00Z"'
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    elapsed = moment - _EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 10**9 + int(digits.ljust(9, "0")[:9] or 0)
