"""The part of JSON schema (2020-12) that outputs are checked with. Unknown keywords are refused, never ignored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from evalwright.domain.errors import InvalidInput

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}
_SAID_ONLY: Final = frozenset({"$schema", "$id", "title", "description", "default", "examples", "format"})
_SCALARS: Final = frozenset({"type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_SHAPES: Final = frozenset({"properties", "required", "additionalProperties", "items", "minItems", "maxItems"})
_TEXTS: Final = frozenset({"minLength", "maxLength", "pattern", "uniqueItems"})
_CHECKED: Final = _SCALARS | _SHAPES | _TEXTS | {"anyOf", "allOf", "oneOf", "not"}


def check_schema(schema: Any, where: str = "$") -> None:
    """Returns when every keyword of ``schema`` is one that ``violations`` checks.

    Raises:
        InvalidInput: an unknown keyword or type, or a schema that is no object.
    """
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        raise InvalidInput(f"the schema at {where} is no object")
    for keyword in schema:
        if keyword not in _CHECKED | _SAID_ONLY:
            raise InvalidInput(
                f"schema keyword {keyword!r} at {where} is not supported", hint=", ".join(sorted(_CHECKED))
            )
    unknown = [name for name in _as_list(schema.get("type", [])) if name not in _TYPES]
    if unknown:
        raise InvalidInput(f"schema type {unknown[0]!r} at {where} is not a JSON type")
    for place, inner in _inner(schema):
        check_schema(inner, f"{where}.{place}")


def _inner(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from dict(schema.get("properties", {})).items()
    for keyword in ("items", "additionalProperties", "not"):
        if keyword in schema:
            yield keyword, schema[keyword]
    for keyword in ("anyOf", "allOf", "oneOf"):
        for position, inner in enumerate(schema.get(keyword, ())):
            yield f"{keyword}[{position}]", inner


def violations(value: Any, schema: Any, where: str = "$") -> list[str]:
    """Returns what is wrong with ``value``, each with its place; empty when it satisfies the schema."""
    if isinstance(schema, bool):
        return [] if schema else [f"{where} is not allowed"]
    found = list(_scalar(value, schema, where))
    if isinstance(value, str):
        found += _string(value, schema, where)
    elif isinstance(value, dict):
        found += _object(value, schema, where)
    elif isinstance(value, list):
        found += _array(value, schema, where)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        found += _number(value, schema, where)
    return found + list(_combined(value, schema, where))


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _scalar(value: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    types = _as_list(schema.get("type", []))
    if types and not any(_is(value, name) for name in types):
        yield f"{where} is not of type {' or '.join(types)}"
    if "enum" in schema and not any(_same(value, allowed) for allowed in schema["enum"]):
        yield f"{where} is {value!r}, not one of {schema['enum']!r}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{where} is {value!r}, not {schema['const']!r}"


def _string(value: str, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"{where} is shorter than {schema['minLength']}"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{where} is longer than {schema['maxLength']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where} does not match {schema['pattern']!r}"


def _number(value: float, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if value < schema.get("minimum", value):
        yield f"{where} is under {schema['minimum']}"
    if value > schema.get("maximum", value):
        yield f"{where} is over {schema['maximum']}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"{where} is not over {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        yield f"{where} is not under {schema['exclusiveMaximum']}"


def _object(value: dict[str, Any], schema: Mapping[str, Any], where: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value)
    for name, inner in value.items():
        yield from violations(inner, known.get(name, schema.get("additionalProperties", True)), f"{where}.{name}")


def _array(value: list[Any], schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield f"{where} has fewer than {schema['minItems']} items"
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{where} has more than {schema['maxItems']} items"
    if schema.get("uniqueItems") and any(_same(a, b) for i, a in enumerate(value) for b in value[:i]):
        yield f"{where} has equal items"
    for position, inner in enumerate(value):
        yield from violations(inner, schema.get("items", True), f"{where}[{position}]")


def _combined(value: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    for inner in schema.get("allOf", ()):
        yield from violations(value, inner, where)
    if "anyOf" in schema and all(violations(value, inner, where) for inner in schema["anyOf"]):
        yield f"{where} satisfies none of anyOf"
    if "oneOf" in schema and sum(not violations(value, inner, where) for inner in schema["oneOf"]) != 1:
        yield f"{where} does not satisfy exactly one of oneOf"
    if "not" in schema and not violations(value, schema["not"], where):
        yield f"{where} satisfies what it must not"


def _as_list(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else list(value)
