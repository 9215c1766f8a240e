"""Domain values become JSON here, and nowhere else.

One rule for every dataclass: field names stay, except that ``duration_ns`` becomes ``duration_ms`` (a float),
``time_ns`` becomes ``time`` and any other ``<x>_ns`` becomes ``<x>_time`` (RFC 3339, UTC, nanoseconds). An instant that
was never set (0 where 0 is the default) is ``null``, and so is a number that is not finite.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

import msgspec

from evalwright.domain.errors import InvalidInput
from evalwright.domain.span import Span

EXTRA_FIELDS: Final[Mapping[type, tuple[str, ...]]] = {Span: ("duration_ns",)}
"""Properties that are sent beside the fields."""

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?)?\s*([Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_INT64_MAX: Final = 2**63 - 1

Plan = tuple[Callable[[Any], tuple[Any, ...]], tuple[str, ...], tuple[tuple[str, Callable[[Any], Any]], ...]]


@functools.lru_cache(maxsize=4096)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def format_time(unix_ns: int) -> str:
    """Returns the instant as RFC 3339 with nine decimals, e.g. ``2026-02-01T10:00:00.000000001Z``."""
    if not 0 <= unix_ns <= _INT64_MAX:
        unix_ns = 0 if unix_ns < 0 else _INT64_MAX
    seconds, nanoseconds = divmod(unix_ns, 1_000_000_000)
    return f"{_second_text(seconds)}.{nanoseconds:09d}Z"


def parse_time(text: str) -> int:
    """Returns unix nanoseconds of an RFC 3339 text or of a plain integer of nanoseconds.

    Raises:
        InvalidInput: neither of the two, or outside 1970..2261.
    """
    stripped = text.strip()
    try:
        value = int(stripped) if stripped.isascii() and stripped.isdigit() else _rfc3339_ns(stripped)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            f"{text!r} is not a time", hint="use RFC 3339, such as 2026-02-01T10:00:00Z, or unix nanoseconds"
        ) from error
    if not 0 <= value <= _INT64_MAX:
        raise InvalidInput(f"the time {text!r} is outside 1970..2261")
    return value


def _rfc3339_ns(text: str) -> int:
    match = _RFC3339.fullmatch(text)
    if not match:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    offset = "+0000" if zone in (None, "Z", "z") else zone.replace(":", "")
    stamp = datetime.strptime(
        f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{offset}", "%Y-%m-%dT%H:%M:%S%z"
    )
    return int(stamp.timestamp()) * 1_000_000_000 + int((fraction or "0").ljust(9, "0")[:9])


def wire_name(field_name: str) -> str:
    """Returns the JSON name of a dataclass field."""
    if field_name == "duration_ns":
        return "duration_ms"
    if field_name == "time_ns":
        return "time"
    return f"{field_name[:-3]}_time" if field_name.endswith("_ns") else field_name


def _optional_time(unix_ns: int) -> str | None:
    return format_time(unix_ns) if unix_ns else None


def _milliseconds(duration_ns: int) -> float:
    return duration_ns / 1e6


def _holds_dataclass(hint: Any) -> bool:
    if isinstance(hint, typing.TypeVar) or dataclasses.is_dataclass(hint):
        return True
    return any(_holds_dataclass(each) for each in typing.get_args(hint))


def _converter(field: dataclasses.Field[Any], hint: Any) -> Callable[[Any], Any] | None:
    if field.name == "duration_ns":
        return _milliseconds
    if field.name.endswith("_ns"):
        return format_time if field.default is dataclasses.MISSING else _optional_time
    return to_plain if _holds_dataclass(hint) else None


@functools.cache
def _plan(cls: type) -> Plan:
    """Returns how to read a class: one getter of all fields, their JSON names, and the fields that need converting."""
    fields = dataclasses.fields(cls)
    names = [field.name for field in fields] + list(EXTRA_FIELDS.get(cls, ()))
    hints = typing.get_type_hints(cls)
    converted = [(wire_name(field.name), _converter(field, hints[field.name])) for field in fields]
    converted += [(wire_name(name), _milliseconds) for name in EXTRA_FIELDS.get(cls, ())]
    getter = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    return getter, tuple(wire_name(name) for name in names), tuple((n, c) for n, c in converted if c is not None)


def to_plain(value: Any) -> Any:
    """Returns the value as dicts, lists and scalars. Free-form mappings of a dataclass are passed on untouched."""
    if value is None or value == () or isinstance(value, (str, int, float)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        getter, names, conversions = _plan(type(value))
        plain = dict(zip(names, getter(value)))  # noqa: B905 - equally long by construction; this is the hot line
        for name, convert in conversions:
            plain[name] = convert(plain[name])
        return plain
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(item) for item in value]
    return value


def _encode_other(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


_ENCODER = msgspec.json.Encoder(enc_hook=_encode_other)


def encode(value: Any) -> bytes:
    """Returns JSON text of a domain value, or of dicts and lists of them."""
    plain = to_plain(value)
    try:
        return _ENCODER.encode(plain)
    except UnicodeEncodeError:
        return _ENCODER.encode(without_surrogates(plain))


def without_surrogates(value: Any) -> Any:
    """Returns a plain value in which every lone surrogate is U+FFFD, so that it can be written as UTF-8."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_surrogates(item) for item in value]
    return value


def decode(body: bytes) -> Any:
    """Returns the JSON value of a request body, read strictly.

    Raises:
        InvalidInput: not UTF-8, not JSON (NaN, lone surrogates and trailing text included), or nested too deeply.
    """
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise InvalidInput("the body is nested too deeply") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise InvalidInput(
            f"the body is not valid JSON: {error}", hint="send UTF-8 JSON without NaN, Infinity or lone surrogates"
        ) from error
