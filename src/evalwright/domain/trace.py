"""What readers see of traces and sessions: summaries for tables, light nodes for trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from evalwright.domain.span import CostSource, SpanKind, SpanStatus

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list; ``next_cursor`` is empty on the last page and opaque otherwise."""

    items: Sequence[T]
    next_cursor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSummary:
    """Scores of one name on one target or its descendants: how many, their mean, the commonest label.

    ``type`` is empty where they differ in it.
    """

    name: str
    count: int
    mean: float | None = None
    label: str = ""
    errored: int = 0
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSummary:
    """One row of the traces table. Totals never count a roll-up twice.

    ``cost`` is None when nothing was priced; ``unpriced_spans`` counts spans with usage but no price, so a cost is
    known to be a lower bound. ``root_missing`` marks a trace whose root span has not arrived.
    """

    project: str
    trace_id: str
    root_span_id: str
    root_missing: bool
    name: str
    kind: SpanKind
    start_ns: int
    end_ns: int
    duration_ns: int
    status: SpanStatus
    session_id: str
    user_id: str
    agent_name: str
    environment: str
    release: str
    tags: tuple[str, ...]
    models: tuple[str, ...]
    span_count: int
    error_count: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    unpriced_spans: int
    input_preview: str
    output_preview: str
    flagged_spans: int
    scores: Sequence[ScoreSummary] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanNode:
    """One light row of a trace's tree: enough to draw tree, timeline and transcript cards, no payloads.

    ``parent_span_id`` is as sent; ``orphan`` says that parent never arrived. ``latency_share`` is this span's self time
    (its own duration less the union of its children's, clipped to it) over the trace's duration.
    """

    span_id: str
    parent_span_id: str
    name: str
    kind: SpanKind
    start_ns: int
    end_ns: int
    duration_ns: int
    status: SpanStatus
    model: str
    agent_name: str
    tool_name: str
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    cost_source: CostSource
    usage_rollup: bool
    input_preview: str
    output_preview: str
    flags: tuple[str, ...]
    orphan: bool = False
    depth: int = 0
    latency_share: float = 0.0
    scores: Sequence[ScoreSummary] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceTree:
    """A trace and all its light nodes, parents before children, siblings by start time."""

    summary: TraceSummary
    nodes: Sequence[SpanNode]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """One row of the sessions table."""

    project: str
    session_id: str
    user_id: str
    trace_count: int
    span_count: int
    error_count: int
    start_ns: int
    end_ns: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    unpriced_spans: int
    first_input: str
    last_output: str
    agent_name: str
    scores: Sequence[ScoreSummary] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMatch:
    """Where a pattern occurs: span, field (``input``, ``name``, ``attributes.<key>``, ``events[2].name``), offset."""

    span_id: str
    field: str
    offset: int
    length: int
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A columnar answer: ``rows`` are lists in column order. ``truncated`` when a limit cut it."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    types: Sequence[str] = ()
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSummary:
    """One row of the projects list."""

    name: str
    trace_count: int
    span_count: int
    first_ns: int
    last_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatus:
    """What the span store holds and what intake had to repair; shown by ``evalwright status`` and the UI."""

    engine: str
    spans: int
    traces: int
    scores: int
    logs: int
    metrics: int
    disk_bytes: int
    unpriced_models: Mapping[str, int] = field(default_factory=dict)
    flags: Mapping[str, int] = field(default_factory=dict)
