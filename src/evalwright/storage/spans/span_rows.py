"""Spans to rows and back, exactly.

Payload is stored once: an attribute whose text is verbatim the span's input or output is left out of ``attributes``
and named in ``input_keys`` or ``output_keys`` instead; reading puts it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final
from urllib.parse import quote

from evalwright.domain.span import CostSource, Span, SpanEvent, SpanKind, SpanLink, SpanStatus
from evalwright.storage.spans.codec import (
    clamp_int64,
    decode,
    decode_mapping,
    encode,
    encode_text,
    optional_float,
)

MAX_FILTER_TEXT: Final = 256
_SHARED_FROM: Final = 32
_INT64_MAX: Final = 2**63 - 1
_VERBATIM: Final = (
    "project", "trace_id", "span_id", "parent_span_id", "name", "status_message", "error_type", "session_id",
    "user_id", "agent_name", "model", "model_requested", "provider", "input", "input_mime",
    "output", "output_mime", "tool_name", "tool_call_id", "prompt_name", "prompt_version", "environment", "release",
    "convention", "scope_name", "scope_version", "trace_state", "otel_kind", "dropped_attributes", "dropped_events",
    "dropped_links",
)  # fmt: skip
_NULLABLE: Final = ("cost", "ttft_ms")
_COUNTS: Final = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
_TIMES: Final = ("start_ns", "end_ns", "received_ns")
_MADE: Final = (
    "kind", "status", "usage_rollup", "cost_source", "tags", "flags", "attrs", "attributes", "input_keys",
    "output_keys", "resource", "events", "links", "version", "deleted",
)  # fmt: skip
WRITE_COLUMNS: Final = (*_VERBATIM, *_NULLABLE, *_COUNTS, *_TIMES, *_MADE)
READ_COLUMNS: Final = tuple(name for name in WRITE_COLUMNS if name not in {"attrs", "version", "deleted"})
"""Columns ``decode_span`` needs."""

_verbatim: Final = attrgetter(*_VERBATIM)
_counts: Final = attrgetter(*_COUNTS)


def encode_span(span: Span) -> bytes:
    """Returns the row of one span as a JSON object; what is empty is left out, for the column's default to fill."""
    row: dict[str, Any] = {name: value for name, value in zip(_VERBATIM, _verbatim(span), strict=True) if value}
    for name, value in zip(_COUNTS, _counts(span), strict=True):
        if value is not None:
            row[name] = clamp_int64(value)
    for name in _NULLABLE:
        value = getattr(span, name)
        if value is not None:
            row[name] = value
    for name in _TIMES:
        row[name] = clamp_int64(getattr(span, name))
    rest, input_keys, output_keys = _split_shared(span)
    row.update(
        kind=span.kind.value,
        status=span.status.value,
        attrs=filterable(rest),
        attributes=encode_text(rest),
        resource=encode_text(span.resource),
        version=version_of(span),
    )
    optional = {
        "usage_rollup": int(span.usage_rollup),
        "cost_source": span.cost_source.value,
        "tags": span.tags,
        "flags": span.flags,
        "input_keys": input_keys,
        "output_keys": output_keys,
        "events": encode_text([[event.time_ns, event.name, event.attributes] for event in span.events]),
        "links": encode_text([[link.trace_id, link.span_id, link.attributes] for link in span.links]),
    }
    row.update((name, value) for name, value in optional.items() if value)
    return encode(row)


def encode_tombstone(*, project: str, trace_id: str, span_id: str, start_ns: int, version: int) -> bytes:
    """Returns a row that hides the copy of a span stored at ``start_ns`` when that copy is not newer."""
    key = {"project": project, "trace_id": trace_id, "span_id": span_id, "start_ns": start_ns}
    return encode({**key, "version": version, "deleted": 1})


def version_of(span: Span) -> int:
    """Returns the number that decides between deliveries: the later-ended one wins."""
    return max(0, clamp_int64(span.end_ns))


def filterable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the scalars filters may use, under keys that no dot can split."""
    return {
        encode_key(key): value
        for key, value in attributes.items()
        if (isinstance(value, str) and len(value) <= MAX_FILTER_TEXT)
        or (isinstance(value, int) and -_INT64_MAX <= value <= _INT64_MAX)
        or isinstance(value, float)
    }


@lru_cache(maxsize=4096)
def encode_key(key: str) -> str:
    """Returns ``key`` in the alphabet ``[A-Za-z0-9_~%-]``; safe inside a quoted identifier, never empty."""
    return quote(key, safe="").replace(".", "%2E") if key else "%"


def _split_shared(span: Span) -> tuple[Mapping[str, Any], list[str], list[str]]:
    inputs: list[str] = []
    outputs: list[str] = []
    for key, value in span.attributes.items():
        if isinstance(value, str) and len(value) >= _SHARED_FROM:
            if value == span.input:
                inputs.append(key)
            elif value == span.output:
                outputs.append(key)
    if not inputs and not outputs:
        return span.attributes, inputs, outputs
    shared = {*inputs, *outputs}
    return {key: value for key, value in span.attributes.items() if key not in shared}, inputs, outputs


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
