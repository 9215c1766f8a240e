"""Descriptions of answers for OpenAPI, derived from the domain by the same rule that ``wire`` encodes with.

The models are never instantiated: answers are encoded straight from dataclasses. Tests check that both agree.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, Field, JsonValue, create_model

from evalwright.domain.estimate import Estimate
from evalwright.domain.trace import Page
from evalwright.server.wire import EXTRA_FIELDS, wire_name

NULLABLE: Final[Mapping[type, frozenset[str]]] = {Estimate: frozenset({"estimate", "low", "high", "n_effective"})}
"""Float fields that may be not a number, which JSON carries as ``null``."""

_INSTANT: Final[dict[str, JsonValue]] = {"format": "date-time"}


def _translate(hint: Any) -> Any:
    """Returns the JSON-side type of a domain type hint."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return model_of(hint)
    if origin in (typing.Union, types.UnionType):
        return functools.reduce(lambda a, b: a | b, [_translate(each) for each in arguments])
    if origin in (collections.abc.Sequence, tuple, list):
        return list_of(_translate(arguments[0]))
    if origin in (collections.abc.Mapping, dict):
        return map_of(_translate(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint
    return hint


def _field(cls: type, field: dataclasses.Field[Any], hint: Any) -> tuple[Any, Any]:
    if field.name == "duration_ns":
        return float, Field()
    if field.name.endswith("_ns"):
        kind: Any = str if field.default is dataclasses.MISSING else str | None
        return kind, Field(json_schema_extra=_INSTANT)
    if field.name in NULLABLE.get(cls, ()):
        return float | None, Field()
    return _translate(hint), Field()


@functools.cache
def model_of(cls: type) -> type[BaseModel]:
    """Returns the model of a domain dataclass: every field present, named as on the wire."""
    hints = typing.get_type_hints(cls)
    fields: dict[str, Any] = {wire_name(f.name): _field(cls, f, hints[f.name]) for f in dataclasses.fields(cls)}
    fields |= {wire_name(name): (float, Field()) for name in EXTRA_FIELDS.get(cls, ())}
    model: type[BaseModel] = create_model(cls.__name__, __doc__=cls.__doc__, **fields)
    return model


@functools.cache
def page_of(cls: type) -> type[BaseModel]:
    """Returns the model of one page of ``cls`` (a dataclass or a model)."""
    item = model_of(cls) if dataclasses.is_dataclass(cls) else cls
    fields: dict[str, Any] = {"items": (list_of(item), Field()), "next_cursor": (str, Field())}
    model: type[BaseModel] = create_model(f"{cls.__name__}Page", __doc__=Page.__doc__, **fields)
    return model


def list_of(item: Any) -> Any:
    """Returns the type of a list of models made here."""
    return list[item]


def map_of(value: Any) -> Any:
    """Returns the type of an object whose values are models made here."""
    return dict[str, value]


def extend(cls: type, name: str, doc: str, /, **fields: Any) -> type[BaseModel]:
    """Returns the model of ``cls`` with more fields beside its own."""
    more: dict[str, Any] = {key: (kind, Field()) for key, kind in fields.items()}
    model: type[BaseModel] = create_model(name, __base__=model_of(cls), __doc__=doc, **more)
    return model


def shape(name: str, doc: str, /, **fields: Any) -> type[BaseModel]:
    """Returns a model of the given fields, all of them required."""
    more: dict[str, Any] = {key: (kind, Field()) for key, kind in fields.items()}
    model: type[BaseModel] = create_model(name, __doc__=doc, **more)
    return model


class Problem(BaseModel):
    """An error, RFC 9457. ``position`` and ``length`` point into the filter expression that is wrong."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    position: int | None = None
    length: int | None = None


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": Problem, "description": "The request is wrong; ``detail`` and ``hint`` say how"},
    "5XX": {"model": Problem, "description": "The server could not answer; ``Retry-After`` says when to try again"},
}
"""What any route may answer beside its success."""
