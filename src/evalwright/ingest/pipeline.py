"""From bytes to rows ready for the store, one function per step; no step does I/O."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Protocol

from evalwright import semconv
from evalwright.domain.errors import InvalidInput, UnsupportedType
from evalwright.domain.ids import parse_span_id
from evalwright.domain.span import CostSource, RawSpan, Span, SpanKind, with_cost
from evalwright.ingest.json import decode_json
from evalwright.ingest.limits import IntakeLimits
from evalwright.ingest.logs import ProjectOf, decode_logs
from evalwright.ingest.metrics import decode_metrics
from evalwright.ingest.protobuf import decode_protobuf
from evalwright.ingest.validate import Decoded
from evalwright.ports.prices import Prices, Usage

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
DEFAULT_PROJECT: Final = "default"

MAX_PROJECT_CHARS: Final = 200

_log = logging.getLogger(__name__)

_PRICED_KINDS: Final = frozenset({SpanKind.LLM, SpanKind.EMBEDDING})


class Normalise(Protocol):
    """What ``semconv.normalise`` is."""

    def __call__(self, raw: RawSpan, *, project: str, received_ns: int) -> Span:
        """Returns the canonical span."""
        ...


@dataclass(slots=True)
class Prepared:
    """Rows of one request. Exactly one of ``spans``, ``logs``, ``metrics`` is used, by the request's signal."""

    spans: Sequence[Span] = ()
    logs: Sequence[Mapping[str, Any]] = ()
    metrics: Sequence[Mapping[str, Any]] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)
    repairs: Mapping[str, int] = field(default_factory=dict)
    merged: int = 0

    @property
    def rows(self) -> int:
        """How many rows the store will get."""
        return len(self.spans) + len(self.logs) + len(self.metrics)


def decode_traces(body: bytes, media_type: str, limits: IntakeLimits, now_ns: int) -> Decoded:
    """Returns the spans of a body of either media type.

    Raises:
        InvalidInput: the body cannot be read at all.
        UnsupportedType: the media type is neither protobuf nor JSON.
    """
    decode = decode_json if is_json(media_type) else decode_protobuf
    return decode(body, max_value_chars=limits.max_value_chars, now_ns=now_ns)


def is_json(media_type: str) -> bool:
    """Returns True for JSON and False for protobuf.

    Raises:
        UnsupportedType: it is neither.
    """
    if media_type == JSON:
        return True
    if media_type == PROTOBUF:
        return False
    raise UnsupportedType(f"content type {media_type!r} is not OTLP", hint=f"send {PROTOBUF} or {JSON}")


def choose_project(chosen: str) -> ProjectOf:
    """Returns the rule that names a row's project: the given one, else the sender's, else ``default``."""
    if chosen:
        return lambda _resource, _attributes: chosen
    return lambda resource, attributes: semconv.project_of(resource, attributes)[:MAX_PROJECT_CHARS] or DEFAULT_PROJECT


def settle_pending(raws: Sequence[RawSpan]) -> list[RawSpan]:
    """Returns the spans with start markers turned into the unfinished span they announce.

    Logfire sends a zero-length child when a span starts. Under the id of the real span it shows work in progress, and
    the real span replaces it by ending later; a marker whose real span is in the same batch says nothing new.
    """
    pending = [raw for raw in raws if semconv.is_pending(raw)]
    if not pending:
        return list(raws)
    markers = {id(raw) for raw in pending}
    settled = [raw for raw in raws if id(raw) not in markers]
    known = {(raw.trace_id, raw.span_id) for raw in settled}
    for raw in pending:
        if not raw.parent_span_id:
            settled.append(raw)
        elif (raw.trace_id, raw.parent_span_id) not in known:
            settled.append(replace(raw, span_id=raw.parent_span_id, parent_span_id=_real_parent(raw)))
    return settled


def _real_parent(raw: RawSpan) -> str:
    try:
        return parse_span_id(str(raw.attributes.get("logfire.pending_parent_id", "")))
    except InvalidInput:
        return ""


def normalise_spans(
    raws: Iterable[RawSpan], project_of: ProjectOf, received_ns: int, *, normalise: Normalise = semconv.normalise
) -> list[Span]:
    """Returns the canonical span of each raw one, in order.

    A span that defeats the conventions is kept as it came: its attributes are worth more than its meaning.
    """
    spans = []
    for raw in raws:
        project = project_of(raw.resource, raw.attributes)
        try:
            spans.append(normalise(raw, project=project, received_ns=received_ns))
        except Exception:
            _log.exception("a span could not be normalised and is kept raw")
            spans.append(_keep_raw(raw, project, received_ns))
    return spans


def _keep_raw(raw: RawSpan, project: str, received_ns: int) -> Span:
    shared = {one.name: getattr(raw, one.name) for one in fields(raw)}
    flags = (*shared.pop("flags"), "bad_value")
    return Span(project=project, received_ns=received_ns, flags=flags, **shared)


def price_span(span: Span, prices: Prices) -> Span:
    """Returns the span with its cost, or marked unpriced, when it is a model call whose sender gave none.

    Roll-ups repeat what their descendants cost and are never priced.
    """
    if span.kind not in _PRICED_KINDS or span.usage_rollup or span.cost is not None or span.total_tokens is None:
        return span
    usage = Usage(
        input_tokens=span.input_tokens or 0,
        cache_read_tokens=span.cache_read_tokens or 0,
        cache_write_tokens=span.cache_write_tokens or 0,
        output_tokens=span.output_tokens or 0,
        reasoning_tokens=span.reasoning_tokens or 0,
    )
    model = span.model or span.model_requested
    cost = prices.price(model=model, provider=span.provider, usage=usage, at_ns=span.start_ns)
    source = CostSource.UNPRICED if cost is None else CostSource.COMPUTED
    return with_cost(span, cost, source)


def merge_spans(first: Span, second: Span) -> Span:
    """Returns one span of two deliveries: the later-ended one (of equals the second), with the attributes of both."""
    if first == second:
        return second
    earlier, later = (second, first) if first.end_ns > second.end_ns else (first, second)
    return replace(
        later,
        attributes={**earlier.attributes, **later.attributes},
        flags=tuple(dict.fromkeys((*earlier.flags, *later.flags, "merged"))),
    )


def merge_duplicates(spans: Sequence[Span]) -> tuple[list[Span], int]:
    """Returns each (project, trace, span) once, in order of first sight, and how many deliveries were merged away."""
    merged: dict[tuple[str, str, str], Span] = {}
    for span in spans:
        key = (span.project, span.trace_id, span.span_id)
        known = merged.get(key)
        merged[key] = span if known is None else merge_spans(known, span)
    return list(merged.values()), len(spans) - len(merged)


def prepare_traces(
    body: bytes,
    media_type: str,
    *,
    project: str,
    prices: Prices,
    limits: IntakeLimits,
    now_ns: int,
    mark: Callable[[Sequence[Span]], list[Span]] = semconv.mark_wrappers,
) -> Prepared:
    """Returns a trace request's spans: decoded, normalised, wrappers marked, priced, each once.

    Raises:
        InvalidInput: the body cannot be read at all.
        UnsupportedType: the media type is neither protobuf nor JSON.
    """
    decoded = decode_traces(body, media_type, limits, now_ns)
    normalised = normalise_spans(settle_pending(decoded.spans), choose_project(project), now_ns)
    spans, merged = merge_duplicates([price_span(span, prices) for span in mark(normalised)])
    repairs = decoded.repairs.totals
    repairs["merged"] += sum("merged" in span.flags for span in spans)
    return Prepared(spans=spans, rejected=decoded.rejected, repairs=+repairs, merged=merged)


def prepare_logs(body: bytes, media_type: str, *, project: str, limits: IntakeLimits, now_ns: int) -> Prepared:
    """Returns a log request's rows; raises as ``prepare_traces`` does."""
    decoded = decode_logs(
        body,
        is_json=is_json(media_type),
        max_value_chars=limits.max_value_chars,
        now_ns=now_ns,
        project_of=choose_project(project),
    )
    return Prepared(logs=decoded.rows, rejected=decoded.rejected, repairs=decoded.repairs.totals)


def prepare_metrics(body: bytes, media_type: str, *, project: str, limits: IntakeLimits, now_ns: int) -> Prepared:
    """Returns a metric request's rows; raises as ``prepare_traces`` does."""
    decoded = decode_metrics(
        body,
        is_json=is_json(media_type),
        max_value_chars=limits.max_value_chars,
        now_ns=now_ns,
        project_of=choose_project(project),
    )
    return Prepared(metrics=decoded.rows, rejected=decoded.rejected, repairs=decoded.repairs.totals)
