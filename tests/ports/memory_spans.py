"""A span store in memory, for tests of what stands above the port. Slow, small and complete enough to be believed.

The filter language is cut down to conjunctions of ``field == "text"`` and ``field in ("a", "b")``; anything else is a
FilterError, as it would be for a wrong expression.
"""

from __future__ import annotations

import dataclasses
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from evalwright.domain.errors import FilterError, InvalidInput, NotFound, QueryRefused
from evalwright.domain.score import Denominators, Score, ScoreStatus
from evalwright.domain.span import Span, SpanStatus
from evalwright.domain.trace import (
    FieldMatch,
    Page,
    ProjectSummary,
    SessionSummary,
    SpanNode,
    StoreStatus,
    Table,
    TraceSummary,
    TraceTree,
)
from evalwright.filters.lexer import MAX_LENGTH
from evalwright.ports.spans import AggregateQuery, ListQuery, ScoreGroup, ScoreQuery, TrialScores
from evalwright.semconv import words

_TERM = re.compile(r'\s*(\w+)\s*(==|in)\s*(\((?:\s*"[^"]*"\s*,?)*\)|"[^"]*")\s*(?:and|$)')


def _accepts(expression: str, span: Span) -> bool:
    if len(expression) > MAX_LENGTH:
        raise FilterError(f"the filter is longer than {MAX_LENGTH} characters", position=MAX_LENGTH)
    at = 0
    while at < len(expression):
        match = _TERM.match(expression, at)
        if not match or not hasattr(span, match[1]):
            raise FilterError(f"cannot read {expression[at:]!r}", position=at, hint="compare a field with ==")
        values = re.findall(r'"([^"]*)"', match[3])
        if str(getattr(span, match[1])) not in values:
            return False
        at = match.end()
    return True


def _page(rows: Sequence[Any], limit: int, cursor: str) -> Page[Any]:
    if cursor and not cursor.isdigit():
        raise InvalidInput(f"{cursor!r} is not a cursor of this query")
    at = int(cursor or 0)
    more = at + limit < len(rows)
    return Page(items=rows[at : at + limit], next_cursor=str(at + limit) if more else "")


class MemorySpanStore:
    """Keeps everything in dicts."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._spans: dict[tuple[str, str, str], Span] = {}
        self._scores: dict[tuple[str, str], Score] = {}
        self._logs: list[Mapping[str, Any]] = []
        self._metrics: list[Mapping[str, Any]] = []

    def open(self) -> None: ...

    def close(self) -> None: ...

    def write_spans(self, spans: Sequence[Span]) -> None:
        with self._lock:
            for span in spans:
                key = span.project, span.trace_id, span.span_id
                if key not in self._spans or self._spans[key].end_ns <= span.end_ns:
                    self._spans[key] = span

    def write_scores(self, scores: Sequence[Score]) -> None:
        with self._lock:
            self._scores.update({(score.project, score.id): score for score in scores})

    def write_logs(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._logs += rows

    def write_metrics(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._metrics += rows

    def list_projects(self) -> Sequence[ProjectSummary]:
        names = {span.project for span in self._spans.values()}
        found = []
        for name in names:
            spans = [span for span in self._spans.values() if span.project == name]
            found.append(
                ProjectSummary(
                    name=name,
                    trace_count=len({span.trace_id for span in spans}),
                    span_count=len(spans),
                    first_ns=min(span.start_ns for span in spans),
                    last_ns=max(span.end_ns for span in spans),
                )
            )
        return sorted(found, key=lambda each: each.last_ns, reverse=True)

    def _matching(self, query: ListQuery | AggregateQuery) -> list[Span]:
        low, high = query.window.start_ns or 0, query.window.end_ns or 2**63
        with self._lock:
            return [
                span
                for span in self._spans.values()
                if span.project == query.project and low <= span.start_ns < high and _accepts(query.filter, span)
            ]

    def list_spans(self, query: ListQuery) -> Page[Span]:
        rows = sorted(self._matching(query), key=lambda span: span.start_ns, reverse=query.sort.startswith("-"))
        return _page(rows, query.limit, query.cursor)

    def list_traces(self, query: ListQuery) -> Page[TraceSummary]:
        ids = dict.fromkeys((span.project, span.trace_id) for span in self._matching(query))
        rows = [self._summary(self.trace_spans(*key)) for key in ids]
        rows.sort(key=lambda row: row.start_ns, reverse=query.sort.startswith("-"))
        return _page(rows, query.limit, query.cursor)

    def list_sessions(self, query: ListQuery) -> Page[SessionSummary]:
        ids = dict.fromkeys(span.session_id for span in self._matching(query) if span.session_id)
        return _page([self._session(query.project, each) for each in ids], query.limit, query.cursor)

    def _session(self, project: str, session_id: str) -> SessionSummary:
        spans = [s for s in self._spans.values() if s.project == project and s.session_id == session_id]
        spans.sort(key=lambda span: span.start_ns)
        return SessionSummary(
            project=project,
            session_id=session_id,
            user_id=spans[0].user_id,
            trace_count=len({span.trace_id for span in spans}),
            span_count=len(spans),
            error_count=sum(span.status is SpanStatus.ERROR for span in spans),
            start_ns=spans[0].start_ns,
            end_ns=max(span.end_ns for span in spans),
            input_tokens=_total(span.input_tokens for span in spans),
            output_tokens=_total(span.output_tokens for span in spans),
            cost=None,
            unpriced_spans=0,
            first_input=words(spans[0].input[:200]),
            last_output=words(spans[-1].output[:200]),
            agent_name=spans[0].agent_name,
        )

    def _summary(self, spans: Sequence[Span]) -> TraceSummary:
        root = next((span for span in spans if not span.parent_span_id), spans[0])
        start, end = min(span.start_ns for span in spans), max(span.end_ns for span in spans)
        return TraceSummary(
            project=root.project,
            trace_id=root.trace_id,
            root_span_id=root.span_id,
            root_missing=bool(root.parent_span_id),
            name=root.name,
            kind=root.kind,
            start_ns=start,
            end_ns=end,
            duration_ns=end - start,
            status=root.status,
            session_id=root.session_id,
            user_id=root.user_id,
            agent_name=root.agent_name,
            environment=root.environment,
            release=root.release,
            tags=root.tags,
            models=tuple(sorted({span.model for span in spans if span.model})),
            span_count=len(spans),
            error_count=sum(span.status is SpanStatus.ERROR for span in spans),
            input_tokens=_total(span.input_tokens for span in spans),
            output_tokens=_total(span.output_tokens for span in spans),
            cost=None,
            unpriced_spans=0,
            input_preview=words(root.input[:200]),
            output_preview=words(root.output[:200]),
            flagged_spans=sum(bool(span.flags) for span in spans),
        )

    def trace_tree(self, project: str, trace_id: str, *, previews_up_to: int | None = None) -> TraceTree:
        spans = self.trace_spans(project, trace_id)
        if not spans:
            raise NotFound(f"no trace {trace_id!r} in project {project!r}")
        nodes = [_node(span) for span in spans]
        if previews_up_to is not None and len(nodes) > previews_up_to:
            nodes = [dataclasses.replace(node, input_preview="", output_preview="") for node in nodes]
        return TraceTree(summary=self._summary(spans), nodes=nodes)

    def trace_spans(self, project: str, trace_id: str, span_ids: Sequence[str] = ()) -> Sequence[Span]:
        with self._lock:
            found = [
                span
                for span in self._spans.values()
                if span.trace_id == trace_id
                and project in ("", span.project)
                and (not span_ids or span.span_id in span_ids)
            ]
        return sorted(found, key=lambda span: span.start_ns)

    def search_trace(self, project: str, trace_id: str, pattern: str, *, limit: int = 500) -> Sequence[FieldMatch]:
        try:
            wanted = re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise InvalidInput(f"{pattern!r} is not a regular expression") from error
        found = [
            FieldMatch(span_id=span.span_id, field=field, offset=m.start(), length=len(m[0]), excerpt=m[0][:200])
            for span in self.trace_spans(project, trace_id)
            for field in ("name", "input", "output")
            for m in wanted.finditer(getattr(span, field))
        ]
        return found[:limit]

    def aggregate(self, query: AggregateQuery) -> Table:
        if list(query.metrics) != ["count"] or not all(name in Span.__slots__ for name in query.group_by):
            raise InvalidInput(f"cannot compute {list(query.metrics)!r} by {list(query.group_by)!r}")
        counts = Counter(tuple(getattr(span, name) for name in query.group_by) for span in self._matching(query))
        rows = [[*key, count] for key, count in counts.most_common()]
        cut = rows[: query.limit]
        return Table(columns=[*query.group_by, "count"], rows=cut, truncated=len(cut) < len(rows))

    def sql(self, query: str, *, project: str = "", limit: int = 10_000, timeout_s: float = 10.0) -> Table:
        if query.strip().lower() != "select count(*) as n from spans":
            raise QueryRefused(f"{query!r} is not a query this store can answer")
        return Table(columns=["n"], rows=[[len(self._spans)]], types=["UInt64"])

    def export(
        self, query: ListQuery, format: Literal["arrow", "jsonl"], table: Literal["spans", "scores"] = "spans"
    ) -> Iterator[bytes]:
        if format == "arrow":
            raise InvalidInput("this store writes no Arrow")
        rows: Sequence[Span | Score] = self._matching(query)
        if table == "scores":
            rows = [score for score in self._scores.values() if score.project == query.project]
        for row in rows:
            yield json.dumps(dataclasses.asdict(row)).encode() + b"\n"

    def _scores_of(self, query: ScoreQuery) -> list[Score]:
        fields = ("name", "target", "source", "status", "evaluator", "evaluator_version", "trace_id", "span_id")
        fields += ("session_id", "experiment_id")
        wanted = {field: getattr(query, field) for field in fields if getattr(query, field)}
        return [
            score
            for score in self._scores.values()
            if score.project == query.project
            and (not query.trial_ids or score.trial_id in query.trial_ids)
            and all(getattr(score, key) == value for key, value in wanted.items())
        ]

    def list_scores(self, query: ScoreQuery) -> Page[Score]:
        rows = sorted(self._scores_of(query), key=lambda score: score.created_ns, reverse=True)
        return _page(rows, query.limit, query.cursor)

    def score_groups(
        self, query: ScoreQuery, *, group_by: str = "", cluster_by: Sequence[str] = ()
    ) -> Sequence[ScoreGroup]:
        groups: dict[tuple[str, str], list[Score]] = {}
        scores = self._scores_of(query)
        if not query.evaluator_version and "evaluator_version" not in (group_by, *cluster_by):
            scores = _newest_versions(scores)
        for score in scores:
            groups.setdefault((score.name, str(_column(score, group_by))), []).append(score)
        return [_group(key, scores, cluster_by) for key, scores in groups.items()]

    def experiment_stamps(self, project: str, experiment_ids: Sequence[str]) -> Mapping[str, str]:
        stamps = {}
        for name in experiment_ids:
            scores = self._scores_of(ScoreQuery(project=project, experiment_id=name))
            if scores:
                stamps[name] = str(hash(tuple(sorted((each.id, each.created_ns, str(each.value)) for each in scores))))
        return stamps

    def experiment_scores(
        self, project: str, experiment_ids: Sequence[str], failed: Sequence[str] = ()
    ) -> Sequence[TrialScores]:
        found = []
        for experiment_id in sorted(experiment_ids):
            scores = self._scores_of(ScoreQuery(project=project, experiment_id=experiment_id))
            newest: dict[str, dict[str, Score]] = {}
            for score in sorted(scores, key=lambda score: score.created_ns):
                if score.trial_id and (score.value is not None or score.status is not ScoreStatus.SCORED):
                    newest.setdefault(score.name, {})[score.trial_id] = score
            found += [_trial_scores(name, list(newest[name].values()), set(failed)) for name in sorted(newest)]
        return found

    def status(self) -> StoreStatus:
        return StoreStatus(
            engine="memory",
            spans=len(self._spans),
            traces=len({key[:2] for key in self._spans}),
            scores=len(self._scores),
            logs=len(self._logs),
            metrics=len(self._metrics),
            disk_bytes=0,
            flags=Counter(flag for span in self._spans.values() for flag in span.flags),
        )


def _total(values: Any) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _column(score: Score, name: str) -> Any:
    if not name:
        return ""
    if name.startswith("metadata."):
        return score.metadata.get(name.removeprefix("metadata."), "")
    if name not in Score.__slots__:
        raise InvalidInput(f"scores have no column {name!r}")
    return getattr(score, name)


def _newest_versions(scores: Sequence[Score]) -> list[Score]:
    newest: dict[tuple[str, str], str] = {}
    for score in sorted(scores, key=lambda score: (score.created_ns, score.evaluator_version)):
        if score.evaluator_version:
            newest[score.name, score.evaluator] = score.evaluator_version
    return [
        score
        for score in scores
        if not score.evaluator_version or newest[score.name, score.evaluator] == score.evaluator_version
    ]


def _group(key: tuple[str, str], scores: Sequence[Score], cluster_by: Sequence[str]) -> ScoreGroup:
    counts = Counter(score.status for score in scores)
    scored = [score for score in scores if score.status is ScoreStatus.SCORED]
    valued = [score for score in scored if score.value is not None]
    return ScoreGroup(
        name=key[0],
        key=key[1],
        denominators=Denominators(**{status.value: counts[status] for status in ScoreStatus}),
        type=max(scores, key=lambda score: (score.status is ScoreStatus.SCORED, score.created_ns)).type.value,
        labels=Counter(score.label for score in scored if score.label),
        values=[score.value for score in valued if score.value is not None],
        clusters={name: _codes([str(_column(score, name)) for score in valued]) for name in cluster_by},
        inclusion=[score.inclusion_probability for score in valued]
        if any(score.inclusion_probability != 1.0 for score in valued)
        else (),
    )


def _trial_scores(name: str, scores: Sequence[Score], failed: set[str]) -> TrialScores:
    counts = Counter(score.status for score in scores)
    valued = [score for score in scores if score.status is ScoreStatus.SCORED]
    return TrialScores(
        experiment_id=scores[0].experiment_id,
        name=name,
        denominators=Denominators(**{status.value: counts[status] for status in ScoreStatus}),
        of_failed=sum(score.trial_id in failed for score in scores),
        writers=sorted({(score.evaluator, score.evaluator_version, score.source.value) for score in scores}),
        values=[score.value for score in valued if score.value is not None],
        items=_codes([score.item_id for score in valued]),
    )


def _codes(texts: Sequence[str]) -> list[int]:
    places: dict[str, int] = {}
    return [places.setdefault(text, len(places) + 1) if text else 0 for text in texts]


def _node(span: Span) -> SpanNode:
    same = {each: getattr(span, each) for each in SpanNode.__slots__ if each in Span.__slots__}
    return SpanNode(
        **same,
        duration_ns=span.duration_ns,
        input_preview=span.input[:200],
        output_preview=span.output[:200],
    )
