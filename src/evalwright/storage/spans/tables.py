"""Columnar answers: group-by and user SQL."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from evalwright.domain.errors import InvalidInput, LimitExceeded, QueryRefused, StoreUnavailable
from evalwright.domain.trace import Table
from evalwright.filters import Attribute, FieldRef, FieldTarget, FieldType, find_field, parse, parse_operand
from evalwright.ports.spans import AggregateQuery
from evalwright.storage.spans.codec import decode
from evalwright.storage.spans.compile import SpanCompiler, span_column, trace_field_refused
from evalwright.storage.spans.engine import Engine, Settings
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.select import in_window
from evalwright.storage.spans.span_rows import encode_key
from evalwright.storage.spans.views import RecordRows, available_views, view_sql

MAX_ROWS: Final = 100_000
MAX_TIMEOUT_S: Final = 60.0
_STEPS: Final = {"minute": 60 * 10**9, "hour": 3600 * 10**9, "day": 86_400 * 10**9}
_AGGREGATES: Final = {
    "sum": "sum({0})",
    "mean": "avg({0})",
    "min": "min({0})",
    "max": "max({0})",
    **{f"p{q}": f"quantileExactInclusive(0.{q})({{0}})" for q in (50, 90, 95, 99)},
}
_METRIC: Final = re.compile(r"([a-z0-9]+)\(\s*([a-z_]+)\s*\)")
_TABLE_SETTINGS: Final[Settings] = {"date_time_output_format": "iso"}


def aggregate(engine: Engine, query: AggregateQuery) -> Table:
    """Returns one row per group: its keys, then its metrics."""
    limit = _check_rows(query.limit)
    if not query.metrics:
        raise InvalidInput("no metrics were asked for", hint='for example: count, error_rate, "p95(latency_ms)"')
    binder = Binder()
    project = binder.bind(query.project)
    node = parse(query.filter)
    condition = SpanCompiler(binder, project).compile(node) if node else "1"
    keys = [f"{_group_key(name)} AS g{index}" for index, name in enumerate(query.group_by)]
    metrics = [f"{_metric(name)} AS m{index}" for index, name in enumerate(query.metrics)]
    times = [f"g{index}" for index, name in enumerate(query.group_by) if name in _STEPS]
    order = [*times, "m0 DESC", *(f"g{index}" for index in range(len(keys)))]
    sql = (
        f"SELECT {', '.join([*keys, *metrics])} FROM span_rows FINAL"
        f" WHERE project = {project} AND {in_window(query.window, 'start_ns', binder)} AND {condition}"
        f"{' GROUP BY ' + ', '.join(f'g{index}' for index in range(len(keys))) if keys else ''}"
        f" ORDER BY {', '.join(order)} LIMIT {limit + 1}"
    )
    return _table(engine, sql, binder, limit, _TABLE_SETTINGS, columns=[*query.group_by, *query.metrics])


def _group_key(name: str) -> str:
    if name in _STEPS:
        step = _STEPS[name]
        return f"fromUnixTimestamp64Nano(intDiv(start_ns, {step}) * {step}, 'UTC')"
    operand = parse_operand(name)
    if isinstance(operand, Attribute):
        return f"ifNull(toString(attrs.`{encode_key(operand.key)}`), '')"
    field = find_field(operand.name) if isinstance(operand, FieldRef) else None
    if field is None:
        raise InvalidInput(f"cannot group by {name!r}", hint='group by a field, attr("key"), day, hour or minute')
    if field.target is FieldTarget.TRACE and isinstance(operand, FieldRef):
        raise trace_field_refused(operand)
    column = span_column(field.name)
    return f"arrayJoin(if(empty({column}), [''], {column}))" if field.type is FieldType.LIST else f"({column})"


def _metric(name: str) -> str:
    if name == "count":
        return "count()"
    if name == "error_rate":
        return "countIf(status = 'ERROR') / count()"
    match = _METRIC.fullmatch(name)
    field = find_field(match[2]) if match else None
    if match is None or match[1] not in _AGGREGATES or field is None or field.type is not FieldType.NUMBER:
        raise InvalidInput(
            f"unknown metric {name!r}",
            hint=f"use count, error_rate or {'|'.join(_AGGREGATES)} of a numeric field",
        )
    if field.target is FieldTarget.TRACE:
        raise InvalidInput(f"{field.name!r} belongs to traces", hint="aggregate a field of spans")
    return _AGGREGATES[match[1]].format(f"({span_column(field.name)})")


def run_sql(
    engine: Engine, text: str, *, project: str, limit: int, timeout_s: float, record_rows: RecordRows | None
) -> Table:
    """Runs one checked SELECT under row, time and memory limits."""
    from evalwright.storage.spans.guard import check_sql  # its SQL parser is 15 MB that most servers never use

    limit = _check_rows(limit)
    if not 0 < timeout_s <= MAX_TIMEOUT_S:
        raise InvalidInput(f"timeout_s is {timeout_s}", hint=f"give at most {MAX_TIMEOUT_S:.0f} seconds")
    checked = check_sql(text, available_views(record_rows))
    binder = Binder()
    heads = [f"{view} AS ({view_sql(view, project, binder, record_rows)})" for view in checked.views]
    heads += checked.ctes
    sql = f"WITH {', '.join(heads)} {checked.body}" if heads else checked.body
    settings: Settings = {
        **_TABLE_SETTINGS,
        "limit": limit + 1,
        "max_execution_time": max(1, round(timeout_s)),
        "timeout_before_checking_execution_speed": 0,
        "max_memory_usage": 1_000_000_000,
        "max_result_bytes": 256 << 20,
        "allow_introspection_functions": 0,
        "readonly": 1,
    }
    try:
        return _table(engine, sql, binder, limit, settings)
    except StoreUnavailable as error:
        if error.message.startswith("the span store failed: Code:"):
            raise QueryRefused(_explain(error.message), hint="see the SQL views reference for the columns") from error
        raise


def _explain(message: str) -> str:
    text = message.split("DB::Exception: ", 1)[-1]
    return f"the query failed: {text.split(': In scope', 1)[0][:300]}"


def _check_rows(limit: int) -> int:
    if limit < 1:
        raise InvalidInput(f"limit is {limit}", hint=f"ask for 1 to {MAX_ROWS} rows")
    if limit > MAX_ROWS:
        raise LimitExceeded(f"limit {limit} is over {MAX_ROWS} rows", hint="export streams any number of rows")
    return limit


def _table(
    engine: Engine, sql: str, binder: Binder, limit: int, settings: Settings, columns: Sequence[str] = ()
) -> Table:
    answer = decode(engine.query(sql, binder.params, fmt="JSONCompact", settings=settings))
    return Table(
        columns=columns or [column["name"] for column in answer["meta"]],
        types=[column["type"] for column in answer["meta"]],
        rows=answer["data"][:limit],
        truncated=len(answer["data"]) > limit,
    )
