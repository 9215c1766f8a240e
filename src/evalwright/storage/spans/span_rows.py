"""Spans to rows and back, exactly.

Payload is stored once: an attribute whose text is verbatim the span's input or output, and too long to be filtered
by, is left out of ``attributes`` and named in ``input_keys`` or ``output_keys`` instead; reading puts it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from evalwright.domain.span import CostSource, Span, SpanEvent, SpanKind, SpanLink, SpanStatus
from evalwright.storage.spans.codec import (
    clamp_int64,
    decode,
    decode_mapping,
    encode,
    optional_float,
)
from evalwright.storage.spans.native import NativeBlock

MAX_FILTER_TEXT: Final = 128
_INT64_MAX: Final = 2**63 - 1
_TEXTS: Final = (
    "project", "trace_id", "span_id", "parent_span_id", "name", "kind", "status", "status_message", "error_type",
    "session_id", "user_id", "agent_name", "model", "model_requested", "provider", "cost_source", "input",
    "input_mime", "output", "output_mime", "tool_name", "tool_call_id", "prompt_name", "prompt_version",
    "environment", "release", "convention", "scope_name", "scope_version", "trace_state",
)  # fmt: skip
_NUMBERS: Final = {
    "start_ns": "Int64", "end_ns": "Int64", "received_ns": "Int64", "usage_rollup": "UInt8", "otel_kind": "UInt8",
    "dropped_attributes": "UInt32", "dropped_events": "UInt32", "dropped_links": "UInt32",
}  # fmt: skip
_OPTIONAL: Final = {
    "input_tokens": "Int64", "cache_read_tokens": "Int64", "cache_write_tokens": "Int64", "output_tokens": "Int64",
    "reasoning_tokens": "Int64", "cost": "Float64", "ttft_ms": "Float64",
}  # fmt: skip
_LISTS: Final = ("tags", "flags")
_DOCUMENTS: Final[Mapping[str, Callable[[Any], bytes]]] = {
    "resource": encode,
    "events": lambda events: encode([[event.time_ns, event.name, event.attributes] for event in events]),
    "links": lambda links: encode([[link.trace_id, link.span_id, link.attributes] for link in links]),
}
_ATTRIBUTES: Final = ("attributes", "input_keys", "output_keys")
WRITE_COLUMNS: Final = (
    *_TEXTS, *_NUMBERS, *_OPTIONAL, *_LISTS, *_DOCUMENTS, *_ATTRIBUTES, "attrs_text", "version", "deleted",
)  # fmt: skip
READ_COLUMNS: Final = tuple(name for name in WRITE_COLUMNS if name not in {"attrs_text", "version", "deleted"})
"""Columns ``decode_span`` needs."""


class Tombstone(NamedTuple):
    """Hides the copy of a span stored at ``start_ns`` when that copy's version is not above ``version``."""

    project: str
    trace_id: str
    span_id: str
    start_ns: int
    version: int


def encode_spans(spans: Sequence[Span], tombstones: Sequence[Tombstone] = ()) -> list[bytes]:
    """Returns the rows of spans and tombstones as one Native block, in pieces."""
    hidden = [Span(project=t.project, trace_id=t.trace_id, span_id=t.span_id, start_ns=t.start_ns) for t in tombstones]
    rows = [*spans, *hidden]
    block = NativeBlock(len(rows))
    for name, texts in _columns(_TEXTS, rows):
        block.texts(name, texts)
    for name, counts in _columns(tuple(_NUMBERS), rows):
        block.numbers(name, _NUMBERS[name], counts)
    for name, optionals in _columns(tuple(_OPTIONAL), rows):
        block.optional(name, _OPTIONAL[name], optionals)
    for name, lists in _columns(_LISTS, rows):
        block.text_lists(name, lists)
    for name, documents in _columns(tuple(_DOCUMENTS), rows):
        block.blobs(name, _once_each(_DOCUMENTS[name], documents))
    _add_attributes(block, rows)
    block.numbers("version", "UInt64", [*map(version_of, spans), *(t.version for t in tombstones)])
    block.numbers("deleted", "UInt8", [0] * len(spans) + [1] * len(hidden))
    return block.finish()


def _columns(names: tuple[str, ...], rows: Sequence[Span]) -> Iterator[tuple[str, Any]]:
    return zip(names, zip(*map(attrgetter(*names), rows), strict=True), strict=True)


def _once_each(encode_one: Callable[[Any], bytes], values: Sequence[Any]) -> list[bytes]:
    """Encodes neighbours that are the same object once: the spans of a request share their resource."""
    encoded: list[bytes] = []
    last: Any = None
    text = b""
    for value in values:
        if value is not last:
            last, text = value, encode_one(value) if value else b""
        encoded.append(text)
    return encoded


def _add_attributes(block: NativeBlock, rows: Sequence[Span]) -> None:
    rests, scalars, inputs, outputs = zip(*map(_part, rows), strict=True)
    block.blobs("attrs_text", [encode(one) if one else b"{}" for one in scalars])
    block.blobs("attributes", [encode(one) if one else b"" for one in rests])
    block.text_lists("input_keys", inputs)
    block.text_lists("output_keys", outputs)


def version_of(span: Span) -> int:
    """Returns the number that decides between deliveries: the later-ended one wins."""
    return max(0, clamp_int64(span.end_ns))


@lru_cache(maxsize=4096)
def encode_key(key: str) -> str:
    """Returns ``key`` in the alphabet ``[A-Za-z0-9_~%-]``; safe inside a quoted identifier, never empty."""
    return quote(key, safe="").replace(".", "%2E") if key else "%"


def _part(span: Span) -> tuple[dict[str, Any], dict[str, Any], list[str], list[str]]:
    """Returns attributes by how they are stored.

    First those kept as text, then the scalars that filters may use, under keys no dot can split, then the names of
    attributes that repeat the input, then of those that repeat the output.
    """
    rest: dict[str, Any] = {}
    scalars: dict[str, Any] = {}
    inputs: list[str] = []
    outputs: list[str] = []
    shown_input, shown_output = span.input, span.output
    for key, value in span.attributes.items():
        kind = type(value)
        if kind is str:
            if len(value) <= MAX_FILTER_TEXT:
                scalars[encode_key(key)] = value
            elif value == shown_input:
                inputs.append(key)
                continue
            elif value == shown_output:
                outputs.append(key)
                continue
        elif kind is bool or kind is float or (kind is int and -_INT64_MAX <= value <= _INT64_MAX):
            scalars[encode_key(key)] = value
        rest[key] = value
    return rest, scalars, inputs, outputs


def decode_span(row: dict[str, Any]) -> Span:
    """Returns the span of a row read with ``READ_COLUMNS``."""
    attributes = decode_mapping(row.pop("attributes"))
    attributes.update(dict.fromkeys(row.pop("input_keys"), row["input"]))
    attributes.update(dict.fromkeys(row.pop("output_keys"), row["output"]))
    row.update(
        kind=SpanKind(row["kind"]),
        status=SpanStatus(row["status"]),
        cost=optional_float(row["cost"]),
        ttft_ms=optional_float(row["ttft_ms"]),
        usage_rollup=bool(row["usage_rollup"]),
        cost_source=CostSource(row["cost_source"]),
        tags=tuple(row["tags"]),
        flags=tuple(row["flags"]),
        attributes=attributes,
        resource=decode_mapping(row["resource"]),
        events=_events(row["events"]),
        links=_links(row["links"]),
    )
    return Span(**row)


def _events(text: str) -> Sequence[SpanEvent]:
    rows = decode(text) if text else ()
    return tuple(SpanEvent(time_ns=time_ns, name=name, attributes=attributes) for time_ns, name, attributes in rows)


def _links(text: str) -> Sequence[SpanLink]:
    rows = decode(text) if text else ()
    return tuple(SpanLink(trace_id=trace, span_id=span, attributes=attributes) for trace, span, attributes in rows)
