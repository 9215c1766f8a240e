"""JSON answers become the dataclasses of the domain."""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import math
import types
import typing
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from evalwright.domain.errors import InvalidInput
from evalwright.domain.trace import Page

T = TypeVar("T")
Reader = Callable[[Any], Any]


def read(cls: type[T], answer: Any) -> T:
    """Returns an answer as ``cls``. Fields it does not know are passed over, absent ones keep their default.

    Raises:
        InvalidInput: the answer does not have the shape of ``cls``.
    """
    try:
        return typing.cast(T, _reader_of(cls)(answer))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise InvalidInput(
            f"the server's answer is no {cls.__name__}: {error}", hint="client and server may differ in version"
        ) from error


def read_page(cls: type[T], answer: Any) -> Page[T]:
    """Returns a page of ``cls``."""
    items = answer.get("items", ()) if isinstance(answer, dict) else ()
    return Page(items=[read(cls, item) for item in items], next_cursor=str((answer or {}).get("next_cursor") or ""))


def parse_time(text: str | None) -> int:
    """Returns unix nanoseconds of an RFC 3339 time in UTC with up to nine decimals; 0 for none."""
    if not text:
        return 0
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = datetime.fromisoformat(f"{whole}+00:00").timestamp()
    return int(seconds) * 1_000_000_000 + int((fraction or "0").ljust(9, "0")[:9])


def _reader_of(hint: Any) -> Reader:
    return _reader(hint)


@functools.cache
def _reader(hint: Any) -> Reader:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return functools.partial(_read_fields, hint)
    if origin in (typing.Union, types.UnionType):
        inner = [each for each in arguments if each is not type(None)]
        return _optional(_reader(inner[0])) if len(inner) == 1 else _same
    if origin in (collections.abc.Sequence, tuple, list):
        element = _reader(arguments[0])
        return lambda held: tuple(element(each) for each in held)
    if origin in (collections.abc.Mapping, dict):
        value = _reader(arguments[1])
        return lambda held: {key: value(each) for key, each in held.items()}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    return _number if hint is float else _same


def _same(held: Any) -> Any:
    return held


def _number(held: Any) -> float:
    """A number that is not finite travels as null."""
    return math.nan if held is None else float(held)


def _optional(inner: Reader) -> Reader:
    return lambda held: None if held is None else inner(held)


@functools.cache
def _plan(cls: type) -> tuple[tuple[str, str, Reader], ...]:
    hints = typing.get_type_hints(cls)
    return tuple(_field(field.name, hints[field.name]) for field in dataclasses.fields(cls))


def _field(name: str, hint: Any) -> tuple[str, str, Reader]:
    """Returns name on the wire, name of the field, and how to read it."""
    if name == "duration_ns":
        return "duration_ms", name, lambda held: round(held * 1e6)
    if name == "time_ns":
        return "time", name, parse_time
    if name.endswith("_ns"):
        return f"{name[:-3]}_time", name, parse_time
    return name, name, _reader(hint)


def _read_fields(cls: type, answer: Any) -> Any:
    if not isinstance(answer, dict):
        raise TypeError(f"{type(answer).__name__} in place of an object")
    return cls(**{name: reader(answer[key]) for key, name, reader in _plan(cls) if key in answer})
