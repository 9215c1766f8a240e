"""Values of an OTLP/JSON document: each reader accepts what senders really write and flags what it must drop."""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from evalwright.domain.errors import InvalidInput
from evalwright.ingest.repairs import MAX_TEXT_DEPTH, RECORD_COST, TOO_DEEP_MARK, Repairs

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}\Z")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*\Z")
_NAMED_NUMBERS: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_BAD: Final = object()
_NOT_HEX: Final = "?"
_TOO_LONG: Final = 1 << 70

Object = Mapping[str, Any]


def load_document(body: bytes) -> dict[str, Any]:
    """Returns the JSON object of a body; bytes that are not UTF-8 become escaped surrogates, repaired later.

    Raises:
        InvalidInput: no JSON, nested too deep to read, or not an object.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        document = _load_leniently(body)
    if not isinstance(document, dict):
        raise InvalidInput(
            f"the body is a JSON {type(document).__name__}, not an object", hint='send {"resourceSpans": [...]}'
        )
    return document


def _load_leniently(body: bytes) -> Any:
    # The standard parser also takes lone surrogates and bare NaN tokens.
    try:
        return json.loads(body.decode("utf-8", "surrogateescape").removeprefix("\ufeff"), parse_int=_long_integer)
    except RecursionError:
        raise InvalidInput("the JSON is nested too deep to read", hint="flatten or stringify the deep value") from None
    except ValueError as cause:
        raise InvalidInput(f"the body is not JSON: {cause}", hint="it may be cut, or of another content type") from None


def _long_integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 40 else float(digits)


def items(owner: Object, name: str) -> list[Any]:
    """Returns a repeated field; absent, null and wrong types are empty."""
    found = owner.get(name)
    return found if isinstance(found, list) else []


def records(owner: Object, name: str, repairs: Repairs) -> list[Any]:
    """Returns a repeated field of spans, log records, metrics or their containers, counted as such."""
    found = items(owner, name)
    repairs.spend(RECORD_COST * len(found))
    return found


def child(owner: Object, name: str, repairs: Repairs) -> Object:
    """Returns a sub-message; absent and null are empty, anything else but an object is flagged and empty."""
    found = owner.get(name)
    if isinstance(found, dict):
        return found
    if found is not None:
        repairs.note("bad_value")
    return {}


def children(owner: Object, name: str, repairs: Repairs) -> Iterator[Object]:
    """Yields the objects of a repeated message field; others are dropped and flagged."""
    repairs.spend(len(items(owner, name)))
    for found in items(owner, name):
        if isinstance(found, dict):
            yield found
        else:
            repairs.note("bad_value")


def text(owner: Object, name: str, repairs: Repairs) -> str:
    """Returns a text field, repaired; absent and wrong types are empty, the latter flagged."""
    found = owner.get(name)
    if isinstance(found, str):
        return repairs.text(found)
    if found is not None:
        repairs.note("bad_value")
    return ""


def hex_id(owner: Object, name: str) -> str:
    """Returns an id in lower-case hex; what is not hex comes back as text that no id check accepts."""
    found = owner.get(name)
    if found is None:
        return ""
    lowered = found.lower() if isinstance(found, str) else _NOT_HEX
    return lowered if _HEX.match(lowered) else _NOT_HEX


def integer(owner: Object, name: str, repairs: Repairs) -> int:
    """Returns an integer field given as number or text; 0 when absent or, flagged, unreadable."""
    found = owner.get(name)
    if found is None:
        return 0
    read = _integer(found)
    if read is None:
        repairs.note("bad_value")
        return 0
    return read


def enum(owner: Object, name: str, prefix: str, names: tuple[str, ...], repairs: Repairs) -> int:
    """Returns an enum's number, given as such or by its proto name."""
    found = owner.get(name)
    if isinstance(found, str) and found.startswith(prefix) and found[len(prefix) :] in names:
        return names.index(found[len(prefix) :])
    return integer(owner, name, repairs)


def double(owner: Object, name: str, repairs: Repairs) -> float | None:
    """Returns a finite number or None; non-finite and unreadable ones are flagged."""
    found = owner.get(name)
    if found is None:
        return None
    read = _double(found)
    if read is None:
        repairs.note("bad_value")
        return None
    cleaned = repairs.number(read)
    return None if isinstance(cleaned, str) else cleaned


def attributes(owner: Object, name: str, repairs: Repairs, depth: int = 0) -> dict[str, Any]:
    """Returns a list of key-value pairs as a dict: last wins, bad values are dropped, both flagged."""
    read: dict[str, Any] = {}
    for pair in children(owner, name, repairs):
        key = pair.get("key")
        cleaned = repairs.text(key) if isinstance(key, str) else ""
        value = any_value(pair.get("value"), repairs, depth) if cleaned else _BAD
        if value is _BAD:
            repairs.note("bad_value")
            continue
        if cleaned in read:
            repairs.note("duplicate_key")
        read[cleaned] = value
    return read


def body_value(owner: Object, name: str, repairs: Repairs) -> Any:
    """Returns a single AnyValue field; a bad one is flagged and None."""
    value = any_value(owner.get(name), repairs, 0)
    if value is _BAD:
        repairs.note("bad_value")
        return None
    return value


def any_value(value: Any, repairs: Repairs, depth: int) -> Any:
    """Returns an AnyValue as a JSON value, or a private mark when it is malformed."""
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        return _BAD
    members = [name for name in value if name in _MEMBERS]
    if len(members) > 1:
        return _BAD
    if not members:
        return None
    content = value[members[0]]
    return None if content is None else _MEMBERS[members[0]](content, repairs, depth)


def _read_text(value: Any, repairs: Repairs, _depth: int) -> Any:
    return repairs.text(value) if isinstance(value, str) else _BAD


def _read_bool(value: Any, _repairs: Repairs, _depth: int) -> Any:
    return value if isinstance(value, bool) else _BAD


def _read_int(value: Any, _repairs: Repairs, _depth: int) -> Any:
    read = _integer(value)
    return read if read is not None and -(1 << 63) <= read < 1 << 63 else _BAD


def _read_double(value: Any, repairs: Repairs, _depth: int) -> Any:
    read = _double(value)
    return _BAD if read is None else repairs.number(read)


def _read_bytes(value: Any, repairs: Repairs, _depth: int) -> Any:
    if isinstance(value, bytes):
        return repairs.binary(value)
    if not isinstance(value, str):
        return _BAD
    try:
        content = b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return _BAD
    return repairs.binary(content)


def _read_array(value: Any, repairs: Repairs, depth: int) -> Any:
    if not isinstance(value, dict):
        return _BAD
    if depth >= MAX_TEXT_DEPTH:
        return TOO_DEEP_MARK
    repairs.spend(len(items(value, "values")))
    read = [any_value(item, repairs, depth + 1) for item in items(value, "values")]
    for position, item in enumerate(read):
        if item is _BAD:  # the place is kept: positions mean something
            repairs.note("bad_value")
            read[position] = None
    return repairs.nested(read, depth)


def _read_map(value: Any, repairs: Repairs, depth: int) -> Any:
    if not isinstance(value, dict):
        return _BAD
    if depth >= MAX_TEXT_DEPTH:
        return TOO_DEEP_MARK
    return repairs.nested(attributes(value, "values", repairs, depth + 1), depth)


_MEMBERS: Final = {
    "stringValue": _read_text,
    "boolValue": _read_bool,
    "intValue": _read_int,
    "doubleValue": _read_double,
    "arrayValue": _read_array,
    "kvlistValue": _read_map,
    "bytesValue": _read_bytes,
}


def _integer(value: Any) -> int | None:
    read: int | None = None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        read = value
    elif isinstance(value, float):
        read = int(value) if value.is_integer() else None
    elif isinstance(value, str) and _INTEGER.match(value):
        read = int(value)
    return read if read is not None and abs(read) < _TOO_LONG else None


def _double(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and value in _NAMED_NUMBERS:
        return _NAMED_NUMBERS[value]
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
