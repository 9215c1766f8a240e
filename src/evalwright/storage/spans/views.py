"""The documented SQL views, as subqueries over the tables. docs/reference/sql-views.md describes every column."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from evalwright.domain.errors import LimitExceeded
from evalwright.storage.spans.codec import encode
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.totals import ROOT, TRACE_TOKENS, TRACE_TOTALS

STORED_VIEWS: Final = ("spans", "traces", "sessions", "scores")
RECORD_VIEWS: Final = ("datasets", "items", "experiments", "trials")
MAX_RECORD_BYTES: Final = 32 << 20


class RecordRows(Protocol):
    """Where the rows of the record views come from."""

    def __call__(self, view: str, project: str) -> tuple[str, Iterator[Mapping[str, Any]]]:
        """Returns the view's ClickHouse schema (``id String, version Int64``) and its rows, all projects if empty."""
        ...


def instant(column: str, name: str) -> str:
    """Returns a nanosecond column as a UTC timestamp."""
    return f"fromUnixTimestamp64Nano({column}, 'UTC') AS {name}"


# Attributes that repeat the input or output are stored once; here they are put back.
ATTRIBUTES: Final = (
    "if(empty(input_keys) AND empty(output_keys), if(attributes = '', '{}', attributes), concat('{',"
    " arrayStringConcat(arrayConcat("
    "arrayMap(k -> concat(toJSONString(toString(k)), ':', toJSONString(input)), input_keys),"
    " arrayMap(k -> concat(toJSONString(toString(k)), ':', toJSONString(output)), output_keys)), ','),"
    " if(attributes = '', '}', concat(',', substring(attributes, 2)))))"
)
SPAN_VIEW_COLUMNS: Final = ", ".join((
    "project, trace_id, span_id, parent_span_id, parent_span_id = '' AS is_root, name, kind",
    instant("start_ns", "start_time"), instant("end_ns", "end_time"),
    "greatest(end_ns - start_ns, 0) / 1e6 AS latency_ms, status, status_message, error_type, session_id, user_id,"
    " agent_name, model, model_requested, provider, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,"
    " reasoning_tokens, usage_rollup = 1 AS usage_rollup, cost, cost_source, ttft_ms, input, input_mime, output,"
    " output_mime, tool_name, tool_call_id, prompt_name, prompt_version, environment, release, tags, convention",
    f"{ATTRIBUTES} AS attributes, if(resource = '', '{{}}', resource) AS resource",
    "scope_name, scope_version, if(events = '', '[]', events) AS events, if(links = '', '[]', links) AS links, flags",
    instant("received_ns", "received_time"),
))  # fmt: skip
SCORE_VIEW_COLUMNS: Final = (
    "project, id, target, name, type, source, status, value, label, explanation, reason, trace_id, span_id, session_id,"
    " experiment_id, item_id, trial_id, evaluator, evaluator_version, rule, inclusion_probability, annotator, cost,"
    " latency_ms, judge_trace_id, if(evidence = '', '[]', evidence) AS evidence,"
    f" if(metadata = '', '{{}}', metadata) AS metadata, {instant('created_ns', 'created_time')}"
)
_FILLED: Final = ("session_id", "user_id", "agent_name", "environment", "release")


def _traces(where: str) -> str:
    filled = ", ".join(f"argMinIf({name}, {ROOT}, {name} != '') AS any_{name}" for name in _FILLED)
    renamed = ", ".join(f"any_{name} AS {name}" for name in _FILLED)
    return (
        f"SELECT project, trace_id, root_name AS name, root_kind AS kind, root_status AS status, {renamed},"
        f" {instant('first_ns', 'start_time')}, {instant('final_ns', 'end_time')},"
        " (final_ns - first_ns) / 1e6 AS latency_ms, span_count, error_count, trace_input_tokens AS input_tokens,"
        f" trace_output_tokens AS output_tokens, {TRACE_TOKENS} AS total_tokens, trace_cost AS cost, unpriced_spans"
        f" FROM (SELECT project, trace_id, {TRACE_TOTALS}, argMin(name, {ROOT}) AS root_name,"
        f" argMin(kind, {ROOT}) AS root_kind, argMin(status, {ROOT}) AS root_status, {filled}"
        f" FROM span_rows FINAL WHERE {where} GROUP BY project, trace_id)"
    )


def _sessions(where: str) -> str:
    return (
        "SELECT project, session_id, argMinIf(t.any_user, t.first_ns, t.any_user != '') AS user_id,"
        " count() AS trace_count, sum(t.span_count) AS span_count, sum(t.error_count) AS error_count,"
        " fromUnixTimestamp64Nano(min(t.first_ns), 'UTC') AS start_time,"
        " fromUnixTimestamp64Nano(max(t.final_ns), 'UTC') AS end_time,"
        " sum(t.trace_input_tokens) AS input_tokens, sum(t.trace_output_tokens) AS output_tokens,"
        " sum(t.trace_cost) AS cost, sum(t.unpriced_spans) AS unpriced_spans"
        f" FROM (SELECT project, session_id, trace_id, {TRACE_TOTALS},"
        " argMinIf(user_id, start_ns, user_id != '') AS any_user"
        f" FROM span_rows FINAL WHERE {where} AND session_id != '' GROUP BY project, session_id, trace_id) AS t"
        " GROUP BY project, session_id"
    )


def view_sql(view: str, project: str, binder: Binder, record_rows: RecordRows | None) -> str:
    """Returns the SELECT behind ``view``, restricted to ``project`` unless that is empty."""
    where = f"project = {binder.bind(project)}" if project else "1"
    if view == "spans":
        return f"SELECT {SPAN_VIEW_COLUMNS} FROM span_rows FINAL WHERE {where}"
    if view == "scores":
        return f"SELECT {SCORE_VIEW_COLUMNS} FROM score_rows FINAL WHERE {where}"
    if view == "traces":
        return _traces(where)
    if view == "sessions":
        return _sessions(where)
    return _record_sql(view, project, binder, record_rows)


def available_views(record_rows: RecordRows | None) -> Sequence[str]:
    """Returns the views a query may name."""
    return (*STORED_VIEWS, *RECORD_VIEWS) if record_rows is not None else STORED_VIEWS


def _record_sql(view: str, project: str, binder: Binder, record_rows: RecordRows | None) -> str:
    if record_rows is None:
        raise LookupError(view)
    schema, rows = record_rows(view, project)
    pieces: list[str] = []
    size = 0
    for row in rows:
        pieces.append(encode(row).decode())
        size += len(pieces[-1])
        if size > MAX_RECORD_BYTES:
            raise LimitExceeded(f"view {view!r} is over {MAX_RECORD_BYTES >> 20} MB here", hint="name a project")
    columns = ", ".join(f"tupleElement(r, '{name}') AS {name}" for name in _column_names(schema))
    data = binder.bind(f"[{','.join(pieces)}]")
    # A function of its arguments, where the table function ``format`` would need more than read-only rights.
    return f"SELECT {columns} FROM (SELECT arrayJoin(JSONExtract({data}, 'Array(Tuple({schema}))')) AS r)"


def _column_names(schema: str) -> Sequence[str]:
    """Returns the names in ``id String, scores Map(String, Float64)``: commas inside types do not separate."""
    names: list[str] = []
    depth = start = 0
    for index, char in enumerate(f"{schema},"):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            names.append(schema[start:index].split(maxsplit=1)[0])
            start = index + 1
    return names
