"""The canonical span: what one recorded step of an agent is, whatever convention it arrived in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final


class SpanKind(StrEnum):
    """What a span did. Stored and filtered in upper case."""

    LLM = "LLM"
    AGENT = "AGENT"
    WORKFLOW = "WORKFLOW"
    CHAIN = "CHAIN"
    TOOL = "TOOL"
    RETRIEVER = "RETRIEVER"
    RERANKER = "RERANKER"
    EMBEDDING = "EMBEDDING"
    GUARDRAIL = "GUARDRAIL"
    EVALUATOR = "EVALUATOR"
    PROMPT = "PROMPT"
    MEMORY = "MEMORY"
    HOOK = "HOOK"
    WAIT = "WAIT"
    EVENT = "EVENT"
    OTHER = "OTHER"


class SpanStatus(StrEnum):
    """OTLP status code by name."""

    UNSET = "UNSET"
    OK = "OK"
    ERROR = "ERROR"


class CostSource(StrEnum):
    """Where a span's cost comes from; ``UNPRICED`` means usage is known but no price is (cost is None)."""

    NONE = ""
    REPORTED = "reported"
    COMPUTED = "computed"
    UNPRICED = "unpriced"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanEvent:
    """A timed event of a span. ``time_ns`` is 0 when unset."""

    time_ns: int
    name: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanLink:
    """A link to a span of this or another trace; the target may never arrive."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class RawSpan:
    """A decoded OTLP span before its convention is understood. Values are repaired JSON values already.

    Never changed once its decoder is done with it. Neither this nor ``Span`` is frozen or keyword-only: ingest makes
    both for every span that arrives, freezing makes that three times as dear and naming fifty arguments twice. Name
    them everywhere else.

    ``flags`` names every repair the decoder made (see ``FLAGS`` in ``domain.repair``).
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    otel_kind: int
    start_ns: int
    end_ns: int
    status: SpanStatus
    status_message: str
    attributes: dict[str, Any]
    events: Sequence[SpanEvent]
    links: Sequence[SpanLink]
    resource: Mapping[str, Any]
    scope_name: str
    scope_version: str
    trace_state: str = ""
    dropped_attributes: int = 0
    dropped_events: int = 0
    dropped_links: int = 0
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class Span:
    """One stored span; never changed once made (see ``RawSpan``), ``dataclasses.replace`` makes another.

    Token counts: ``input_tokens`` includes cache reads and writes, ``output_tokens`` includes reasoning; ``None``
    means the source did not say. ``usage_rollup`` marks counts that repeat those of descendants: never add them
    to theirs. ``attributes`` holds every raw attribute as received (after repair). Times are unix nanoseconds as
    sent, except that a wrong unit (ms, us) is corrected and flagged. ``input``/``output`` are display values.
    """

    project: str
    trace_id: str
    span_id: str
    parent_span_id: str = ""
    name: str = ""
    kind: SpanKind = SpanKind.OTHER
    start_ns: int = 0
    end_ns: int = 0
    status: SpanStatus = SpanStatus.UNSET
    status_message: str = ""
    error_type: str = ""
    session_id: str = ""
    user_id: str = ""
    agent_name: str = ""
    model: str = ""
    model_requested: str = ""
    provider: str = ""
    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    usage_rollup: bool = False
    cost: float | None = None
    cost_source: CostSource = CostSource.NONE
    ttft_ms: float | None = None
    input: str = ""
    input_mime: str = ""
    output: str = ""
    output_mime: str = ""
    tool_name: str = ""
    tool_call_id: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    environment: str = ""
    release: str = ""
    tags: tuple[str, ...] = ()
    convention: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    resource: Mapping[str, Any] = field(default_factory=dict)
    scope_name: str = ""
    scope_version: str = ""
    trace_state: str = ""
    otel_kind: int = 0
    events: Sequence[SpanEvent] = ()
    links: Sequence[SpanLink] = ()
    dropped_attributes: int = 0
    dropped_events: int = 0
    dropped_links: int = 0
    flags: tuple[str, ...] = ()
    received_ns: int = 0

    @property
    def duration_ns(self) -> int:
        """Length in nanoseconds, never negative (a clock that ran backwards gives 0)."""
        return max(0, self.end_ns - self.start_ns)

    @property
    def total_tokens(self) -> int | None:
        """Input plus output, or None when neither is known."""
        if self.input_tokens is None and self.output_tokens is None:
            return None
        return (self.input_tokens or 0) + (self.output_tokens or 0)


_NAMES: Final = tuple(one.name for one in fields(Span))
_COST: Final = _NAMES.index("cost")
_COST_SOURCE: Final = _NAMES.index("cost_source")
_values: Final = attrgetter(*_NAMES)


def with_cost(span: Span, cost: float | None, source: CostSource) -> Span:
    """Returns the span with another cost; a fifth of the price of ``dataclasses.replace``, for every model call."""
    values = list(_values(span))
    values[_COST], values[_COST_SOURCE] = cost, source
    return Span(*values)
