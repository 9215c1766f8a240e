"""OTLP/JSON trace bodies to ``RawSpan``, value by value: one bad value costs that value, one bad span that span."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.span import RawSpan, SpanEvent, SpanLink
from evalwright.ingest.document import attributes, child, children, enum, hex_id, integer, load_document, records, text
from evalwright.ingest.repairs import Repairs
from evalwright.ingest.validate import MALFORMED, Decoded, Origin, fix_time, make_link, status_of

_KINDS: Final = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUS_CODES: Final = ("UNSET", "OK", "ERROR")
_ENDPOINTS: Final = {
    "resourceSpans": "/v1/traces",
    "resourceLogs": "/v1/logs",
    "resourceMetrics": "/v1/metrics",
}
_MAX_COUNT: Final = 0xFFFF_FFFF


def decode_json(body: bytes, *, max_value_chars: int, now_ns: int) -> Decoded:
    """Returns every span of an ExportTraceServiceRequest in OTLP/JSON.

    Raises:
        InvalidInput: the body is empty, is not a JSON object, or belongs to another endpoint.
    """
    return read_traces(load_signal(body, "resourceSpans"), Decoded(Repairs(max_value_chars), now_ns))


def load_signal(body: bytes, expected: str) -> dict[str, Any]:
    """Returns the document of one signal.

    Raises:
        InvalidInput: not JSON, or another signal's document; the hint names its endpoint.
    """
    document = load_document(body)
    others = [name for name in _ENDPOINTS if name in document and name != expected]
    if others and expected not in document:
        raise InvalidInput(f"{others[0]!r} sent to {_ENDPOINTS[expected]}", hint=f"send it to {_ENDPOINTS[others[0]]}")
    return document


def read_traces(document: Mapping[str, Any], decoded: Decoded) -> Decoded:
    """Adds the spans of a document to ``decoded`` and returns it; see ``Decoded.finish`` for what is refused."""
    for resource_spans in records(document, "resourceSpans", decoded.repairs):
        if not isinstance(resource_spans, dict):
            decoded.refuse(MALFORMED)
            continue
        resource, flags = read_resource(resource_spans, decoded.repairs)
        for scope_spans in records(resource_spans, "scopeSpans", decoded.repairs):
            _read_scope(scope_spans, resource, flags, decoded)
    return decoded.finish()


def read_resource(owner: Mapping[str, Any], repairs: Repairs) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Returns a resource's attributes and the repairs made in them."""
    resource = attributes(child(owner, "resource", repairs), "attributes", repairs)
    return resource, repairs.take()


def _read_scope(scope_spans: Any, resource: dict[str, Any], flags: tuple[str, ...], decoded: Decoded) -> None:
    if not isinstance(scope_spans, dict):
        decoded.refuse(MALFORMED)
        return
    repairs = decoded.repairs
    scope = child(scope_spans, "scope", repairs)
    name, version = text(scope, "name", repairs), text(scope, "version", repairs)
    origin = Origin(resource, name, version, flags + repairs.take())
    for span in records(scope_spans, "spans", repairs):
        if isinstance(span, dict):
            decoded.add(_read_span(span, origin, repairs), origin.flags)
        else:
            decoded.refuse(MALFORMED)


def _read_span(span: Mapping[str, Any], origin: Origin, repairs: Repairs) -> RawSpan:
    status = child(span, "status", repairs)
    return RawSpan(
        trace_id=hex_id(span, "traceId"),
        span_id=hex_id(span, "spanId"),
        parent_span_id=hex_id(span, "parentSpanId"),
        name=text(span, "name", repairs),
        otel_kind=enum(span, "kind", "SPAN_KIND_", _KINDS, repairs),
        start_ns=integer(span, "startTimeUnixNano", repairs),
        end_ns=integer(span, "endTimeUnixNano", repairs),
        status=status_of(enum(status, "code", "STATUS_CODE_", _STATUS_CODES, repairs)),
        status_message=text(status, "message", repairs),
        attributes=attributes(span, "attributes", repairs),
        events=[_read_event(event, repairs) for event in children(span, "events", repairs)],
        links=_read_links(span, repairs),
        resource=origin.resource,
        scope_name=origin.scope_name,
        scope_version=origin.scope_version,
        trace_state=text(span, "traceState", repairs),
        dropped_attributes=_count(span, "droppedAttributesCount", repairs),
        dropped_events=_count(span, "droppedEventsCount", repairs),
        dropped_links=_count(span, "droppedLinksCount", repairs),
    )


def _count(owner: Mapping[str, Any], name: str, repairs: Repairs) -> int:
    return min(max(integer(owner, name, repairs), 0), _MAX_COUNT)


def _read_event(event: Mapping[str, Any], repairs: Repairs) -> SpanEvent:
    if _count(event, "droppedAttributesCount", repairs):
        repairs.note("sdk_dropped")
    return SpanEvent(
        time_ns=fix_time(integer(event, "timeUnixNano", repairs), repairs),
        name=text(event, "name", repairs),
        attributes=attributes(event, "attributes", repairs),
    )


def _read_links(span: Mapping[str, Any], repairs: Repairs) -> list[SpanLink]:
    read = (
        make_link(hex_id(link, "traceId"), hex_id(link, "spanId"), attributes(link, "attributes", repairs), repairs)
        for link in children(span, "links", repairs)
    )
    return [link for link in read if link is not None]
