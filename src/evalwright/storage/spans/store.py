"""The span store: one class over either engine, delegating each read to the module of its subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from evalwright.domain.errors import InvalidInput, StoreUnavailable
from evalwright.domain.score import Score
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
from evalwright.ports.spans import AggregateQuery, ListQuery, ScoreGroup, ScoreQuery, TrialScores
from evalwright.storage.spans import (
    experiment_scores,
    exports,
    overview,
    scores,
    search,
    sessions,
    spans,
    tables,
    traces,
    trees,
)
from evalwright.storage.spans.changes import ChangeCounts
from evalwright.storage.spans.codec import decode_rows
from evalwright.storage.spans.engine import Engine
from evalwright.storage.spans.gate import WriteGate
from evalwright.storage.spans.log_events import LogEvents
from evalwright.storage.spans.schema import STEPS, STEPS_TABLE
from evalwright.storage.spans.search import compile_pattern
from evalwright.storage.spans.snapshot import forget_snapshots, take_snapshot
from evalwright.storage.spans.spread import Spreads
from evalwright.storage.spans.views import RecordRows
from evalwright.storage.spans.writer import Writer


class SpanDatabase:
    """``ports.spans.SpanStore`` over an engine."""

    def __init__(self, engine: Engine, *, record_rows: RecordRows | None = None, folder: Path | None = None) -> None:
        """Takes the engine; ``folder`` is where an embedded one keeps its files.

        ``record_rows`` feeds the SQL views of datasets and experiments; without it they do not exist.
        """
        self._engine = engine
        self._record_rows = record_rows
        self._folder = folder
        self._writer = Writer(engine)
        self._gate = WriteGate()
        self._changes = ChangeCounts()
        self._spreads = Spreads(engine)
        self._log_events = LogEvents(engine, alone=folder is not None)

    def open(self) -> None:
        """Connects and brings the schema up to date."""
        self._engine.open()
        try:
            if self._folder is not None:
                forget_snapshots(self._folder)
            self._upgrade()
        except BaseException:
            self._engine.close()
            raise

    def close(self) -> None:
        """Joins running queries, then releases the store."""
        self._engine.close()

    def _upgrade(self) -> None:
        self._engine.command(STEPS_TABLE)
        done = {row["step"] for row in decode_rows(self._engine.query("SELECT step FROM schema_steps", {}))}
        for number, statement in STEPS:
            if number not in done:
                self._engine.command(statement)
                self._engine.insert("schema_steps", ("step",), [b'{"step": %d}' % number])

    def snapshot(self, to: Path) -> None:
        """Leaves all that is stored in the new folder ``to`` on the same disk; writers wait some milliseconds.

        Raises:
            InvalidInput: the store is a server, which has tools of its own.
            StoreUnavailable: the engine or the disk refused; nothing is lost.
        """
        if self._folder is None:
            raise InvalidInput("this span store is not kept in a folder", hint="back it up with its own tools")
        try:
            with self._gate.closed():
                take_snapshot(self._folder, to, self._engine)
        except OSError as error:
            raise StoreUnavailable(f"cannot take a snapshot: {error.strerror}", hint="the data is untouched") from error

    def changes(self, project: str) -> int | None:
        """How often spans or scores of the project were written since the start; None where others write too."""
        return None if self._folder is None else self._changes.of(project)

    def write_spans(self, spans: Sequence[Span]) -> None:
        """See the port."""
        with self._gate.passing(), self._changes.noted(span.project for span in spans):
            self._writer.write_spans(spans)

    def write_scores(self, scores: Sequence[Score]) -> None:
        """See the port."""
        with self._gate.passing(), self._changes.noted(score.project for score in scores):
            self._writer.write_scores(scores)

    def write_logs(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """See the port."""
        self._log_events.note_written()
        with self._gate.passing():
            self._writer.write_logs(rows)

    def write_metrics(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """See the port."""
        with self._gate.passing():
            self._writer.write_metrics(rows)

    def list_projects(self) -> Sequence[ProjectSummary]:
        """See the port."""
        return overview.list_projects(self._engine)

    def list_traces(self, query: ListQuery) -> Page[TraceSummary]:
        """See the port."""
        return traces.list_traces(self._engine, query, self._spreads)

    def list_spans(self, query: ListQuery) -> Page[Span]:
        """See the port."""
        return spans.list_spans(self._engine, query, self._spreads, self._log_events)

    def list_sessions(self, query: ListQuery) -> Page[SessionSummary]:
        """See the port."""
        return sessions.list_sessions(self._engine, query)

    def trace_tree(self, project: str, trace_id: str, *, previews_up_to: int | None = None) -> TraceTree:
        """See the port."""
        return trees.trace_tree(self._engine, project, trace_id, previews_up_to)

    def trace_spans(self, project: str, trace_id: str, span_ids: Sequence[str] = ()) -> Sequence[Span]:
        """See the port; an empty ``project`` finds the trace in any, as for the tree."""
        project = trees.find_project(self._engine, project, trace_id)
        return spans.trace_spans(self._engine, self._log_events, project, trace_id, span_ids)

    def search_trace(self, project: str, trace_id: str, pattern: str, *, limit: int = 500) -> Sequence[FieldMatch]:
        """See the port."""
        compile_pattern(pattern)
        project = trees.find_project(self._engine, project, trace_id)
        return search.search_trace(self._engine, self._log_events, project, trace_id, pattern, limit)

    def aggregate(self, query: AggregateQuery) -> Table:
        """See the port."""
        return tables.aggregate(self._engine, query)

    def sql(self, query: str, *, project: str = "", limit: int = 10_000, timeout_s: float = 10.0) -> Table:
        """See the port."""
        return tables.run_sql(
            self._engine, query, project=project, limit=limit, timeout_s=timeout_s, record_rows=self._record_rows
        )

    def export(
        self, query: ListQuery, format: Literal["arrow", "jsonl"], table: Literal["spans", "scores"] = "spans"
    ) -> Iterator[bytes]:
        """See the port."""
        return exports.export(self._engine, query, format, table)

    def list_scores(self, query: ScoreQuery) -> Page[Score]:
        """See the port."""
        return scores.list_scores(self._engine, query)

    def score_groups(
        self, query: ScoreQuery, *, group_by: str = "", cluster_by: Sequence[str] = ()
    ) -> Sequence[ScoreGroup]:
        """See the port."""
        return scores.score_groups(self._engine, query, group_by=group_by, cluster_by=cluster_by)

    def experiment_stamps(self, project: str, experiment_ids: Sequence[str]) -> Mapping[str, str]:
        """See the port."""
        return experiment_scores.experiment_stamps(self._engine, project, experiment_ids)

    def experiment_scores(
        self, project: str, experiment_ids: Sequence[str], failed: Sequence[str] = ()
    ) -> Sequence[TrialScores]:
        """See the port."""
        return experiment_scores.experiment_scores(self._engine, project, experiment_ids, failed)

    def status(self) -> StoreStatus:
        """See the port."""
        return overview.read_status(self._engine)
