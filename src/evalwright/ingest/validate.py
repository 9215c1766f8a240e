"""What both decoders share: which spans are refused, which values are repaired, how a ``RawSpan`` is put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.span import RawSpan, SpanLink, SpanStatus
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

    def add(self, span: RawSpan, origin_flags: tuple[str, ...]) -> None:
        """Mends and keeps a span as a decoder has just read it, or counts why not.

        Its ids are lower-case hex, its text and attributes are repaired already. Takes the repairs noted since the
        span before.
        """
        if reason := reject_reason(span.trace_id, span.span_id):
            self.stray += _is_stray(span)
            self.refuse(reason)
            return
        _mend(span, self.repairs, self.now_ns)
        flags = self.repairs.take()
        span.flags = tuple(dict.fromkeys(flags + origin_flags)) if origin_flags else flags
        self.spans.append(span)

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


def status_of(code: int) -> SpanStatus:
    """Returns what a status code means; unknown ones mean nothing."""
    return _STATUS.get(code, SpanStatus.UNSET)


def _is_stray(span: RawSpan) -> bool:
    # ResourceLogs, ResourceMetrics and ResourceSpans share field numbers: other signals decode into spans that have
    # no ids, or text for ids, and no times.
    no_times = not span.start_ns and not span.end_ns
    return (not span.trace_id and not span.span_id) or (no_times and len(span.trace_id) != 32)


def _mend(span: RawSpan, repairs: Repairs, now_ns: int) -> None:
    _mend_times(span, repairs, now_ns)
    if not span.name:
        span.name = UNNAMED
        repairs.note("name_missing")
    if span.dropped_attributes or span.dropped_events or span.dropped_links:
        repairs.note("sdk_dropped")
    if not 0 <= span.otel_kind <= 5:
        span.otel_kind = 0
    parent = span.parent_span_id
    if parent == _ZERO_SPAN:
        span.parent_span_id = ""
    elif parent and len(parent) != 16:
        span.parent_span_id = ""
        repairs.note("bad_parent_id")


def _mend_times(span: RawSpan, repairs: Repairs, now_ns: int) -> None:
    start, end = fix_time(span.start_ns, repairs), fix_time(span.end_ns, repairs)
    if not start or not end:
        repairs.note("time_missing")
        start = start or end or now_ns
        end = end or start
    elif end < start:
        repairs.note("end_before_start")
    span.start_ns, span.end_ns = start, end
