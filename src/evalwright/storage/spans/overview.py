"""What the whole store holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evalwright.domain.trace import ProjectSummary, StoreStatus
from evalwright.storage.spans.codec import decode_rows
from evalwright.storage.spans.engine import Engine

_PROJECTS: Final = """
SELECT project, spans, first, last, traces FROM
    (SELECT project, count() AS spans, min(start_ns) AS first, max(start_ns) AS last
     FROM span_rows FINAL GROUP BY project) AS s
    INNER JOIN (SELECT project, uniqExact(trace_id) AS traces FROM trace_index GROUP BY project) AS t USING (project)
ORDER BY last DESC, project"""
_COUNTS: Final = """
SELECT (SELECT count() FROM span_rows FINAL) AS spans,
    (SELECT uniqExact(trace_id, project) FROM trace_index) AS traces,
    (SELECT count() FROM score_rows FINAL) AS scores,
    (SELECT count() FROM log_rows FINAL) AS logs,
    (SELECT count() FROM metric_rows FINAL) AS metrics,
    (SELECT toInt64(sum(bytes_on_disk)) FROM system.parts
     WHERE active AND database = currentDatabase()) AS disk_bytes"""
_UNPRICED: Final = """
SELECT toString(model) AS name, count() AS spans FROM span_rows FINAL
WHERE cost_source = 'unpriced' GROUP BY name ORDER BY spans DESC, name LIMIT 1000"""
_FLAGS: Final = """
SELECT toString(arrayJoin(flags)) AS name, count() AS spans FROM span_rows FINAL
WHERE notEmpty(flags) GROUP BY name ORDER BY spans DESC, name LIMIT 1000"""


def list_projects(engine: Engine) -> Sequence[ProjectSummary]:
    """Returns every project that holds spans, newest activity first."""
    return [
        ProjectSummary(
            name=row["project"],
            trace_count=row["traces"],
            span_count=row["spans"],
            first_ns=row["first"],
            last_ns=row["last"],
        )
        for row in decode_rows(engine.query(_PROJECTS, {}))
    ]


def read_status(engine: Engine) -> StoreStatus:
    """Returns counts over all projects."""
    counts = next(iter(decode_rows(engine.query(_COUNTS, {}))))
    return StoreStatus(
        engine=engine.name, unpriced_models=_tally(engine, _UNPRICED), flags=_tally(engine, _FLAGS), **counts
    )


def _tally(engine: Engine, sql: str) -> dict[str, int]:
    return {row["name"]: row["spans"] for row in decode_rows(engine.query(sql, {}))}
