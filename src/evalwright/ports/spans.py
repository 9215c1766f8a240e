"""The span store: spans, scores, logs and metrics, in chDB or ClickHouse.

All methods are synchronous and thread-safe; callers on an event loop run them in a thread. Every method may raise
``StoreUnavailable``. Lists are newest first unless said otherwise. Reads see each (project, trace_id, span_id) once,
however often it was delivered; of different deliveries the later-ended one is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from evalwright.domain.score import Denominators, Score
from evalwright.domain.span import Span
from evalwright.domain.trace import (
    FieldMatch,
    Page,
    ProjectSummary,
    SessionSummary,
    StoreStatus,
    Table,
    TraceSummary,
    TraceTree,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A half-open time range [start_ns, end_ns) on start times; None leaves an end open."""

    start_ns: int | None = None
    end_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """A list request. ``filter`` is the filter language; ``sort`` a field name, ``-`` in front for descending.

    ``limit`` is 1..1000. ``cursor`` comes from the previous page of the same query; another one's is InvalidInput.
    """

    project: str
    filter: str = ""
    sort: str = "-start_time"
    limit: int = 50
    cursor: str = ""
    window: Window = field(default_factory=Window)


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateQuery:
    """Group-by over spans. ``group_by``: filter-language fields, ``attr("k")``, ``day``/``hour``/``minute`` of start.

    ``metrics``: ``count``, ``error_rate``, or ``<agg>(<numeric field>)`` with agg in sum, mean, min, max, p50,
    p90, p95, p99.    Rows are ordered by the first metric, largest first, except that time groups come in time order.
    """

    project: str
    group_by: Sequence[str]
    metrics: Sequence[str]
    filter: str = ""
    window: Window = field(default_factory=Window)
    limit: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreQuery:
    """Which scores to list; empty fields match everything. A page of scores may be as long as 10,000."""

    project: str
    name: str = ""
    target: str = ""
    source: str = ""
    status: str = ""
    evaluator: str = ""
    evaluator_version: str = ""
    trace_id: str = ""
    span_id: str = ""
    session_id: str = ""
    experiment_id: str = ""
    trial_ids: Sequence[str] = ()
    limit: int = 100
    cursor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreGroup:
    """Scores of one name (and group key): the raw material of a summary. ``values`` of scored rows only.

    ``clusters`` has for each column asked for a code a value: equal for equal ones, 0 where the score says nothing.

    ``inclusion`` is how likely each of the values was to be sampled, in step with them; empty: all of them were.
    """

    name: str
    key: str
    denominators: Denominators
    type: str
    labels: Mapping[str, int]
    values: Sequence[float]
    clusters: Mapping[str, Sequence[int]]
    inclusion: Sequence[float] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialScores:
    """The newest verdicts called ``name`` of an experiment's trials: ``values`` of scored ones, and ``items`` in step.

    ``items`` are codes, equal for trials of one item; ``of_failed`` counts the verdicts on trials named as failed;
    ``writers`` are (evaluator, version, source).
    """

    experiment_id: str
    name: str
    denominators: Denominators
    of_failed: int
    writers: Sequence[tuple[str, str, str]]
    values: Sequence[float]
    items: Sequence[int]


class SpanWriter(Protocol):
    """Durable writes. A call returns only when its rows would survive ``kill -9`` and power loss."""

    def write_spans(self, spans: Sequence[Span]) -> None:
        """Upserts a batch on (project, trace_id, span_id)."""
        ...

    def write_scores(self, scores: Sequence[Score]) -> None:
        """Upserts scores on (project, id); a score keeps its target: with another trace it is another score."""
        ...

    def write_logs(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Appends OTLP log records; rows with an equal ``dedupe_key`` are one. Keys: ``storage.spans.schema``."""
        ...

    def write_metrics(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Appends OTLP metric points, deduplicated likewise."""
        ...


class SpanReader(Protocol):
    """Reads."""

    def list_projects(self) -> Sequence[ProjectSummary]:
        """All projects that hold spans, newest activity first."""
        ...

    def list_traces(self, query: ListQuery) -> Page[TraceSummary]:
        """Traces of which any span matches a span field, or whose own totals match a trace field."""
        ...

    def list_spans(self, query: ListQuery) -> Page[Span]:
        """Spans that match, with full payloads."""
        ...

    def list_sessions(self, query: ListQuery) -> Page[SessionSummary]:
        """Sessions of which any span matches."""
        ...

    def trace_tree(self, project: str, trace_id: str, *, previews_up_to: int | None = None) -> TraceTree:
        """The light tree. ``project`` may be empty: then any project's. Raises NotFound.

        Nodes of a trace of more than ``previews_up_to`` spans come without previews, which is cheaper.
        """
        ...

    def trace_spans(self, project: str, trace_id: str, span_ids: Sequence[str] = ()) -> Sequence[Span]:
        """Full spans in start order; all of the trace when no ids are given. Unknown ids are left out."""
        ...

    def search_trace(self, project: str, trace_id: str, pattern: str, *, limit: int = 500) -> Sequence[FieldMatch]:
        """RE2 matches over every field of every span, in start order. InvalidInput for a bad pattern."""
        ...

    def aggregate(self, query: AggregateQuery) -> Table:
        """Runs a group-by."""
        ...

    def sql(self, query: str, *, project: str = "", limit: int = 10_000, timeout_s: float = 10.0) -> Table:
        """Runs one read-only SELECT over the documented views. QueryRefused, LimitExceeded."""
        ...

    def export(
        self, query: ListQuery, format: Literal["arrow", "jsonl"], table: Literal["spans", "scores"] = "spans"
    ) -> Iterator[bytes]:
        """Streams every match (``limit`` ignored) as an Arrow IPC stream or JSON lines, bounded memory."""
        ...

    def list_scores(self, query: ScoreQuery) -> Page[Score]:
        """Scores, newest first."""
        ...

    def score_groups(
        self, query: ScoreQuery, *, group_by: str = "", cluster_by: Sequence[str] = ()
    ) -> Sequence[ScoreGroup]:
        """Scores by name and ``group_by`` (score column or ``metadata.<key>``); which share one of ``cluster_by``."""
        ...

    def experiment_stamps(self, project: str, experiment_ids: Sequence[str]) -> Mapping[str, str]:
        """A text for each of the experiments that has scores, which is another one once any of them has changed."""
        ...

    def experiment_scores(
        self, project: str, experiment_ids: Sequence[str], failed: Sequence[str] = ()
    ) -> Sequence[TrialScores]:
        """What the trials of these experiments scored, by experiment and name; ``failed`` are ids of trials."""
        ...

    def status(self) -> StoreStatus:
        """Row counts, disk, repairs and unpriced models, over all projects."""
        ...


class SpanStore(SpanWriter, SpanReader, Protocol):
    """Both halves, plus the life cycle."""

    def open(self) -> None:
        """Creates or upgrades the schema. StoreUnavailable says who holds the lock when another process does."""
        ...

    def close(self) -> None:
        """Joins running queries, then releases the store. Safe to call twice."""
        ...
