"""What both decoders share: which spans are refused, which values are repaired, how a ``RawSpan`` is put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.span import RawSpan, SpanEvent, SpanLink, SpanStatus
from evalwright.ingest.repairs import Repairs

MAX_TIME_NS: Final = 9_214_646_399_999_999_999
"""The last nanosecond of 2261; the store's 64-bit clock ends a few weeks later."""

UNNAMED: Final = "(no name)"
MALFORMED: Final = "malformed"
BAD_TRACE_ID: Final = "bad trace id"
BAD_SPAN_ID: Final = "bad span id"

_ZERO_TRACE: Final = "0" * 32
_ZERO_SPAN: Final = "0" * 16
_STATUS: Final = {1: SpanStatus.OK, 2: SpanStatus.ERROR}
# The years 1990 to 2200 in s, ms and us. Read as nanoseconds they are the first twelve weeks of 1970.
_UNITS: Final = (
    (631_152_000, 7_258_118_400, 1_000_000_000),
    (631_152_000_000, 7_258_118_400_000, 1_000_000),
    (631_152_000_000_000, 7_258_118_400_000_000, 1_000),
)
_WRONG_ENDPOINT: Final = "log records go to /v1/logs and metrics to /v1/metrics; check the exporter's endpoint"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where spans come from: one resource and one scope. ``flags`` are the repairs made in the resource."""

    resource: Mapping[str, Any]
    scope_name: str = ""
    scope_version: str = ""
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class SpanFields:
    """One span as either decoder reads it: ids in lower-case hex, text and attributes repaired already."""

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    status_code: int
    status_message: str
    attributes: dict[str, Any]
    trace_state: str = ""
    events: Sequence[SpanEvent] = ()
    links: Sequence[SpanLink] = ()
    dropped_attributes: int = 0
    dropped_events: int = 0
    dropped_links: int = 0


@dataclass(slots=True)
class Decoded:
    """The spans of one body, the count of those refused by reason, and the repairs by flag.

    ``stray`` counts refused spans that look like another signal sent to the wrong endpoint.
    """

    repairs: Repairs
    now_ns: int
    spans: list[RawSpan] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    stray: int = 0

    def refuse(self, reason: str) -> None:
        """Counts one span that cannot be kept."""
        self.repairs.take()
        self.rejected[reason] += 1

    def add(self, fields: SpanFields, origin: Origin) -> None:
        """Keeps a span, or counts why not. Takes the repairs noted since the span before."""
        if reason := reject_reason(fields.trace_id, fields.span_id):
            self.stray += _is_stray(fields)
            self.refuse(reason)
            return
        self.spans.append(_assemble(fields, origin, self.repairs, self.now_ns))

    def finish(self) -> Decoded:
        """Returns itself.

        Raises:
            InvalidInput: nothing could be read, or the body holds another signal's records.
        """
        self.repairs.take()
        if self.spans or not self.rejected:
            return self
        total = self.rejected.total()
        if self.stray == total:
            raise InvalidInput("none of the spans has an id: this is not trace data", hint=_WRONG_ENDPOINT)
        if self.rejected[MALFORMED] == total:
            raise InvalidInput("the body holds no readable span", hint="send an ExportTraceServiceRequest")
        return self


def reject_reason(trace_id: str, span_id: str) -> str:
    """Returns why a span with these ids cannot be kept, or an empty text."""
    if len(trace_id) != 32 or trace_id == _ZERO_TRACE:
        return BAD_TRACE_ID
    if len(span_id) != 16 or span_id == _ZERO_SPAN:
        return BAD_SPAN_ID
    return ""


def make_link(trace_id: str, span_id: str, attributes: dict[str, Any], repairs: Repairs) -> SpanLink | None:
    """Returns the link, or None (flagged) when it points at no possible span."""
    if reject_reason(trace_id, span_id):
        repairs.note("bad_link")
        return None
    return SpanLink(trace_id=trace_id, span_id=span_id, attributes=attributes)


def fix_time(value: int, repairs: Repairs) -> int:
    """Returns unix nanoseconds: another unit is converted, a time outside 1970..2261 clamped; 0 stays unset."""
    if 7_258_118_400_000_000 < value <= MAX_TIME_NS or value == 0:
        return value
    for low, high, factor in _UNITS:
        if low <= value <= high:
            repairs.note("time_unit")
            return value * factor
    if 0 < value <= MAX_TIME_NS:
        return value
    repairs.note("time_out_of_range")
    return MAX_TIME_NS if value > 0 else 0


def _is_stray(fields: SpanFields) -> bool:
    # ResourceLogs, ResourceMetrics and ResourceSpans share field numbers: other signals decode into spans that have
    # no ids, or text for ids, and no times.
    no_times = not fields.start_ns and not fields.end_ns
    return (not fields.trace_id and not fields.span_id) or (no_times and len(fields.trace_id) != 32)


def _fix_times(fields: SpanFields, repairs: Repairs, now_ns: int) -> tuple[int, int]:
    start, end = fix_time(fields.start_ns, repairs), fix_time(fields.end_ns, repairs)
    if not start or not end:
        repairs.note("time_missing")
        start = start or end or now_ns
        end = end or start
    elif end < start:
        repairs.note("end_before_start")
    return start, end


def _fix_parent(parent: str, repairs: Repairs) -> str:
    if parent != _ZERO_SPAN:
        repairs.note("bad_parent_id")
    return ""


def _assemble(fields: SpanFields, origin: Origin, repairs: Repairs, now_ns: int) -> RawSpan:
    start_ns, end_ns = _fix_times(fields, repairs, now_ns)
    if not fields.name:
        repairs.note("name_missing")
    if fields.dropped_attributes or fields.dropped_events or fields.dropped_links:
        repairs.note("sdk_dropped")
    parent = fields.parent_span_id
    if parent and (len(parent) != 16 or parent == _ZERO_SPAN):
        parent = _fix_parent(parent, repairs)
    flags = repairs.take()
    return RawSpan(
        fields.trace_id,
        fields.span_id,
        parent,
        fields.name or UNNAMED,
        fields.kind if 0 <= fields.kind <= 5 else 0,
        start_ns,
        end_ns,
        _STATUS.get(fields.status_code, SpanStatus.UNSET),
        fields.status_message,
        fields.attributes,
        fields.events,
        fields.links,
        origin.resource,
        origin.scope_name,
        origin.scope_version,
        fields.trace_state,
        fields.dropped_attributes,
        fields.dropped_events,
        fields.dropped_links,
        tuple(dict.fromkeys(flags + origin.flags)) if origin.flags else flags,
    )
