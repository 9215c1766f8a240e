"""A lenient reader of the protobuf wire format.

It turns a body into the document that OTLP/JSON would have carried, so that one set of rules reads both. What cannot
be read is replaced by ``BROKEN`` where an object was expected; the JSON reader counts and flags it there. Logs and
metrics always come this way, traces only when the fast reader refuses them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evalwright.domain.errors import InvalidInput, TooLarge
from evalwright.ingest.repairs import MAX_TEXT_DEPTH

BROKEN: Final = False
"""Stands for a sub-message that could not be read: never a legal value of a message field in JSON."""

_MAX_FIELDS: Final = 2_000_000

_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5


@dataclass(slots=True)
class Shape:
    """One message type: field number to (JSON name, reader kind or message). ``[...]`` marks repeated fields.

    ``salvage`` messages keep what was read before a break; others are broken as a whole.
    """

    fields: Mapping[int, tuple[str, Any]] = field(default_factory=dict)
    salvage: str = ""


_KEY_VALUE, _ANY, _ARRAY, _KVLIST = Shape(), Shape(), Shape(), Shape()
_KEY_VALUE.fields = {1: ("key", "text"), 2: ("value", _ANY)}
_ARRAY.fields = {1: ("values", [_ANY])}
_KVLIST.fields = {1: ("values", [_KEY_VALUE])}
_ANY.fields = {
    1: ("stringValue", "text"),
    2: ("boolValue", "bool"),
    3: ("intValue", "int64"),
    4: ("doubleValue", "double"),
    5: ("arrayValue", _ARRAY),
    6: ("kvlistValue", _KVLIST),
    7: ("bytesValue", "bytes"),
}
_ATTRIBUTES: Final = ("attributes", [_KEY_VALUE])
_DROPPED: Final = ("droppedAttributesCount", "uint")
_RESOURCE: Final = Shape({1: _ATTRIBUTES})
_SCOPE: Final = Shape({1: ("name", "text"), 2: ("version", "text")})
_EVENT: Final = Shape({1: ("timeUnixNano", "fixed64"), 2: ("name", "text"), 3: _ATTRIBUTES, 4: _DROPPED})
_LINK: Final = Shape({1: ("traceId", "hex"), 2: ("spanId", "hex"), 4: _ATTRIBUTES})
_SPAN: Final = Shape(
    {
        1: ("traceId", "hex"),
        2: ("spanId", "hex"),
        3: ("traceState", "text"),
        4: ("parentSpanId", "hex"),
        5: ("name", "text"),
        6: ("kind", "int32"),
        7: ("startTimeUnixNano", "fixed64"),
        8: ("endTimeUnixNano", "fixed64"),
        9: _ATTRIBUTES,
        10: _DROPPED,
        11: ("events", [_EVENT]),
        12: ("droppedEventsCount", "uint"),
        13: ("links", [_LINK]),
        14: ("droppedLinksCount", "uint"),
        15: ("status", Shape({2: ("message", "text"), 3: ("code", "int32")})),
    }
)
_LOG: Final = Shape(
    {
        1: ("timeUnixNano", "fixed64"),
        2: ("severityNumber", "int32"),
        3: ("severityText", "text"),
        5: ("body", _ANY),
        6: _ATTRIBUTES,
        7: _DROPPED,
        9: ("traceId", "hex"),
        10: ("spanId", "hex"),
        11: ("observedTimeUnixNano", "fixed64"),
        12: ("eventName", "text"),
    }
)
_BUCKETS: Final = Shape({1: ("offset", "sint32"), 2: ("bucketCounts", ["uint"])})
_TIMES: Final = {2: ("startTimeUnixNano", "fixed64"), 3: ("timeUnixNano", "fixed64")}
_COUNTED: Final = {**_TIMES, 4: ("count", "fixed64"), 5: ("sum", "double")}
_NUMBER: Final = Shape({**_TIMES, 4: ("asDouble", "double"), 6: ("asInt", "sfixed64"), 7: _ATTRIBUTES})
_HISTOGRAM: Final = Shape(
    {
        **_COUNTED,
        6: ("bucketCounts", ["fixed64"]),
        7: ("explicitBounds", ["double"]),
        9: _ATTRIBUTES,
        11: ("min", "double"),
        12: ("max", "double"),
    }
)
_EXPONENTIAL: Final = Shape(
    {
        1: _ATTRIBUTES,
        **_COUNTED,
        6: ("scale", "sint32"),
        7: ("zeroCount", "fixed64"),
        8: ("positive", _BUCKETS),
        9: ("negative", _BUCKETS),
        12: ("min", "double"),
        13: ("max", "double"),
        14: ("zeroThreshold", "double"),
    }
)
_QUANTILE: Final = Shape({1: ("quantile", "double"), 2: ("value", "double")})
_SUMMARY: Final = Shape({**_COUNTED, 6: ("quantileValues", [_QUANTILE]), 7: _ATTRIBUTES})
_TEMPORALITY: Final = ("aggregationTemporality", "int32")
_METRIC: Final = Shape(
    {
        1: ("name", "text"),
        2: ("description", "text"),
        3: ("unit", "text"),
        5: ("gauge", Shape({1: ("dataPoints", [_NUMBER])})),
        7: ("sum", Shape({1: ("dataPoints", [_NUMBER]), 2: _TEMPORALITY, 3: ("isMonotonic", "bool")})),
        9: ("histogram", Shape({1: ("dataPoints", [_HISTOGRAM]), 2: _TEMPORALITY})),
        10: ("exponentialHistogram", Shape({1: ("dataPoints", [_EXPONENTIAL]), 2: _TEMPORALITY})),
        11: ("summary", Shape({1: ("dataPoints", [_SUMMARY])})),
    }
)


def _request(signal: str, scoped: str, records: str, record: Shape) -> Shape:
    scope = Shape({1: ("scope", _SCOPE), 2: (records, [record])}, salvage=records)
    resource = Shape({1: ("resource", _RESOURCE), 2: (scoped, [scope])}, salvage=scoped)
    return Shape({1: (signal, [resource])})


TRACES: Final = _request("resourceSpans", "scopeSpans", "spans", _SPAN)
LOGS: Final = _request("resourceLogs", "scopeLogs", "logRecords", _LOG)
METRICS: Final = _request("resourceMetrics", "scopeMetrics", "metrics", _METRIC)


@dataclass(slots=True)
class _Source:
    """The bytes being read, and how many fields may still be read from them."""

    data: bytes
    left: int = _MAX_FIELDS


class BreakError(Exception):
    """The bytes do not frame a message."""


def parse_document(body: bytes, shape: Shape) -> dict[str, Any]:
    """Returns the body as an OTLP/JSON document.

    Raises:
        InvalidInput: the outermost message is cut or is not protobuf.
    """
    try:
        document = _message(_Source(body), 0, len(body), shape, 0)
    except BreakError as cause:
        hint = "the body is cut, or is not the protobuf its content type says"
        raise InvalidInput(f"the body is not a protobuf message: {cause}", hint=hint) from None
    if body and not document:
        raise InvalidInput("the body holds no OTLP data", hint="check the exporter's endpoint")
    return document


def _message(source: _Source, pos: int, end: int, shape: Shape, depth: int) -> dict[str, Any]:
    read: dict[str, Any] = {}
    try:
        while pos < end:
            number, wire, value, pos = read_field(source.data, pos, end)
            source.left -= 1
            if source.left < 0:
                raise TooLarge("the request holds too many values", hint="send smaller batches")
            known = shape.fields.get(number)
            if known is not None:
                _store(read, shape, known, source, wire, value, depth)
    except BreakError:
        if not shape.salvage:
            raise
        read.setdefault(shape.salvage, []).append(BROKEN)
    return read


def _store(
    read: dict[str, Any], shape: Shape, known: tuple[str, Any], source: _Source, wire: int, value: Any, depth: int
) -> None:
    name, kind = known
    if isinstance(kind, list):
        items = _repeated(source, kind[0], wire, value, depth)
        read.setdefault(name, []).extend(items)
        return
    single = _single(source, kind, wire, value, depth)
    if single is _MISMATCH:
        return
    if shape is _ANY:
        read.clear()  # a oneof: the last member on the wire wins
    read[name] = single


def _repeated(source: _Source, kind: Any, wire: int, value: Any, depth: int) -> list[Any]:
    if wire == _LEN and isinstance(kind, str):
        return _packed(source, kind, value)
    item = _single(source, kind, wire, value, depth)
    return [] if item is _MISMATCH else [item]


_MISMATCH: Final = object()


def _single(source: _Source, kind: Any, wire: int, value: Any, depth: int) -> Any:
    if isinstance(kind, Shape):
        return _sub_message(source, kind, value, depth) if wire == _LEN else _MISMATCH
    expected, convert = _SCALARS[kind]
    if wire != expected:
        return _MISMATCH
    return convert(source.data[value[0] : value[1]] if wire == _LEN else value)


def _sub_message(source: _Source, shape: Shape, bounds: tuple[int, int], depth: int) -> Any:
    if shape is _ANY:
        depth += 1
        if depth > MAX_TEXT_DEPTH + 2:
            return {}
    try:
        return _message(source, bounds[0], bounds[1], shape, depth)
    except BreakError:
        return BROKEN


def _packed(source: _Source, kind: str, bounds: tuple[int, int]) -> list[Any]:
    wire, convert = _SCALARS[kind]
    pos, end = bounds
    values = []
    while pos < end:
        value, pos = _scalar(source.data, pos, end, wire)
        values.append(convert(value))
    return values


def read_field(data: bytes, pos: int, end: int) -> tuple[int, int, Any, int]:
    """Returns number, wire type, value and the position after it; a length-delimited value is its bounds.

    Raises:
        BreakError: there is no whole field here.
    """
    tag, pos = _varint(data, pos, end)
    number, wire = tag >> 3, tag & 7
    if not number or number > 0x1FFFFFFF:
        raise BreakError(f"field number {number} at byte {pos}")
    if wire == _LEN:
        length, pos = _varint(data, pos, end)
        if length > end - pos:
            raise BreakError(f"{length} bytes announced, {end - pos} left at byte {pos}")
        return number, wire, (pos, pos + length), pos + length
    value, pos = _scalar(data, pos, end, wire)
    return number, wire, value, pos


def _scalar(data: bytes, pos: int, end: int, wire: int) -> tuple[Any, int]:
    if wire == _VARINT:
        return _varint(data, pos, end)
    size = {_I64: 8, _I32: 4}.get(wire)
    if size is None:
        raise BreakError(f"wire type {wire} at byte {pos}")
    if end - pos < size:
        raise BreakError(f"{size} bytes needed, {end - pos} left at byte {pos}")
    return data[pos : pos + size], pos + size


def _varint(data: bytes, pos: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while pos < end and shift < 70:
        byte = data[pos]
        pos += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, pos
        shift += 7
    raise BreakError(f"a number is cut at byte {pos}")


def _signed(bits: int) -> Any:
    half, full = 1 << (bits - 1), 1 << bits
    return lambda value: (value + half) % full - half


def _zigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


_SCALARS: Final[dict[str, tuple[int, Any]]] = {
    "text": (_LEN, lambda raw: raw.decode("utf-8", "surrogateescape")),
    "bytes": (_LEN, bytes),
    "hex": (_LEN, bytes.hex),
    "bool": (_VARINT, bool),
    "uint": (_VARINT, int),
    "int32": (_VARINT, _signed(32)),
    "int64": (_VARINT, _signed(64)),
    "sint32": (_VARINT, _zigzag),
    "fixed64": (_I64, lambda raw: struct.unpack("<Q", raw)[0]),
    "sfixed64": (_I64, lambda raw: struct.unpack("<q", raw)[0]),
    "double": (_I64, lambda raw: struct.unpack("<d", raw)[0]),
}
