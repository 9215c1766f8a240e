"""OTLP/protobuf trace bodies to ``RawSpan``: the fast reader for well-formed bodies, the lenient one for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from evalwright.domain.errors import InvalidInput
from evalwright.domain.span import RawSpan, SpanEvent, SpanLink
from evalwright.ingest.json import read_traces
from evalwright.ingest.record_count import check_record_count
from evalwright.ingest.repairs import MAX_TEXT_DEPTH, RECORD_COST, TOO_DEEP_MARK, Repairs
from evalwright.ingest.validate import Decoded, Origin, fix_time, make_link, status_of
from evalwright.ingest.wire import TRACES, parse_document


def decode_protobuf(body: bytes, *, max_value_chars: int, now_ns: int) -> Decoded:
    """Returns every span of an ExportTraceServiceRequest; an empty body is an empty request.

    A body that protobuf refuses as a whole (a string that is not UTF-8, nesting over 100 messages, one broken
    sub-message) is read again by the lenient reader, which loses only what is really broken.

    Raises:
        InvalidInput: the outermost message cannot be framed, or holds nothing that can be read.
        TooLarge: it holds more records or values than a request may.
    """
    decoded = Decoded(Repairs(max_value_chars), now_ns)
    check_record_count(body)
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        return read_traces(parse_document(body, TRACES), decoded)
    if body and not request.resource_spans:
        raise InvalidInput("the body is not trace data", hint="send an ExportTraceServiceRequest")
    decoded.repairs.spend(RECORD_COST * len(request.resource_spans))
    for resource_spans in request.resource_spans:
        _read_resource(resource_spans, decoded)
    return decoded.finish()


def _read_resource(resource_spans: Any, decoded: Decoded) -> None:
    repairs = decoded.repairs
    resource = _attributes(resource_spans.resource.attributes, repairs)
    flags = repairs.take()
    repairs.spend(RECORD_COST * len(resource_spans.scope_spans))
    for scope_spans in resource_spans.scope_spans:
        scope = scope_spans.scope
        name, version = repairs.text(scope.name), repairs.text(scope.version)
        origin = Origin(resource, name, version, flags + repairs.take())
        repairs.spend(RECORD_COST * len(scope_spans.spans))
        for span in scope_spans.spans:
            decoded.add(_read_span(span, origin, repairs), origin.flags)


def _read_span(span: Any, origin: Origin, repairs: Repairs) -> RawSpan:
    status = span.status
    parent = span.parent_span_id
    message = status.message
    return RawSpan(
        span.trace_id.hex(),
        span.span_id.hex(),
        parent.hex() if parent else "",
        repairs.text(span.name),
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        status_of(status.code),
        repairs.text(message) if message else "",
        _attributes(span.attributes, repairs),
        _read_events(span.events, repairs),
        _read_links(span.links, repairs),
        origin.resource,
        origin.scope_name,
        origin.scope_version,
        repairs.text(span.trace_state),
        span.dropped_attributes_count,
        span.dropped_events_count,
        span.dropped_links_count,
    )


def _read_events(events: Sequence[Any], repairs: Repairs) -> list[SpanEvent]:
    if not events:
        return []
    repairs.spend(RECORD_COST * len(events))
    return [_read_event(event, repairs) for event in events]


def _read_event(event: Any, repairs: Repairs) -> SpanEvent:
    if event.dropped_attributes_count:
        repairs.note("sdk_dropped")
    return SpanEvent(
        time_ns=fix_time(event.time_unix_nano, repairs),
        name=repairs.text(event.name),
        attributes=_attributes(event.attributes, repairs),
    )


def _read_links(links: Sequence[Any], repairs: Repairs) -> list[SpanLink]:
    if not links:
        return []
    repairs.spend(RECORD_COST * len(links))
    read = (
        make_link(link.trace_id.hex(), link.span_id.hex(), _attributes(link.attributes, repairs), repairs)
        for link in links
    )
    return [link for link in read if link is not None]


def _attributes(pairs: Sequence[Any], repairs: Repairs, depth: int = 0) -> dict[str, Any]:
    # The hot loop: protobuf has checked the text already, and a non-empty string_value is the member that is set.
    read: dict[str, Any] = {}
    limit = repairs.max_chars
    seen = 0
    repairs.spend(len(pairs))
    for pair in pairs:
        key = pair.key
        if not key or "\0" in key or len(key) > limit:
            key = repairs.text(key)
            if not key:
                repairs.note("bad_value")
                continue
        value = pair.value
        content = value.string_value
        if not content:
            content = _value(value, value.WhichOneof("value"), repairs, depth)
        elif "\0" in content or len(content) > limit:
            content = repairs.text(content)
        read[key] = content
        seen += 1
    for _ in range(seen - len(read)):
        repairs.note("duplicate_key")
    return read


def _value(value: Any, member: str | None, repairs: Repairs, depth: int) -> Any:
    match member:
        case "string_value":
            return repairs.text(value.string_value)
        case "int_value":
            return value.int_value
        case "bool_value":
            return value.bool_value
        case "double_value":
            return repairs.number(value.double_value)
        case "bytes_value":
            return repairs.binary(value.bytes_value)
        case "array_value" | "kvlist_value":
            return _container(value, member, repairs, depth)
    return None


def _container(value: Any, member: str, repairs: Repairs, depth: int) -> Any:
    if depth >= MAX_TEXT_DEPTH:
        return TOO_DEEP_MARK
    if member == "kvlist_value":
        return repairs.nested(_attributes(value.kvlist_value.values, repairs, depth + 1), depth)
    items = value.array_value.values
    repairs.spend(len(items))
    return repairs.nested([_value(item, item.WhichOneof("value"), repairs, depth + 1) for item in items], depth)
