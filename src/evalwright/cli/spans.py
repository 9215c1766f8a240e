"""``evalwright spans``: rows of steps, by filter, by group or by SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from cyclopts import App

from evalwright.cli.options import Filtered, Options, Paged
from evalwright.cli.output import Column, duration, emit_json, emit_rows, gist, money, note

app = App(name="spans", help="Query and aggregate spans, with filters or SQL.")

COLUMNS: Sequence[Column] = (
    ("started", lambda row: str(row["start_time"])[:19]),
    ("status", lambda row: row["status"]),
    ("kind", lambda row: row["kind"]),
    ("name", lambda row: row["name"]),
    ("model", lambda row: row["model"]),
    ("latency", lambda row: duration(row["duration_ms"])),
    ("cost", lambda row: money(row["cost"])),
    ("output", lambda row: gist(row["output"], 60)),
    ("trace", lambda row: row["trace_id"]),
    ("span", lambda row: row["span_id"]),
)


@app.command
def query(*, filtered: Filtered = Filtered(), paged: Paged = Paged(), options: Options = Options()) -> None:
    """Lists spans that match a filter, newest first.

    Example: evalwright spans query --filter 'kind == "LLM" and latency_ms > 3000'
    """
    page = options.api().get("/spans", **options.scope(), **filtered.params(), **paged.params())
    emit_rows(
        page["items"], COLUMNS, as_json=options.json, more=page["next_cursor"], empty=options.nothing("no spans match")
    )


@app.command
def aggregate(
    *, by: str, metrics: str = "count", limit: int = 100, filtered: Filtered = Filtered(), options: Options = Options()
) -> None:
    """Groups spans and measures each group.

    Example: evalwright spans aggregate --by model,day --metrics 'count,p95(latency_ms),sum(cost)'

    Args:
        by: comma-separated fields, attr("key"), or day, hour, minute.
        metrics: comma-separated: count, error_rate, or sum, mean, min, max, p50, p90, p95, p99 of a numeric field.
        limit: groups at most.
    """
    body = {"group_by": _split(by), "metrics": _split(metrics), "limit": limit, **options.scope(), **filtered.params()}
    _emit_table(options.api().post("/spans/aggregate", body), options)


@app.command
def sql(query: str, *, options: Options = Options()) -> None:
    """Runs one read-only SELECT over the views spans, traces, sessions, scores, datasets, items, experiments, trials.

    Example: evalwright spans sql "select model, count() from spans group by model"
    """
    project = options.project_or_any()
    _emit_table(options.api().post("/sql", {"query": query, **({"project": project} if project else {})}), options)


@app.command
def export(to: Path, *, format: str = "jsonl", filtered: Filtered = Filtered(), options: Options = Options()) -> None:
    """Writes every matching span to a file, as JSON lines or as an Arrow IPC stream.

    Example: evalwright spans export spans.arrow --format arrow --filter 'kind == "LLM"'

    Args:
        to: the file to write.
        format: jsonl or arrow.
    """
    from evalwright.cli.transfer import download

    download(options, "/spans/export", to, {"format": format, **options.scope(), **filtered.params()})


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _emit_table(table: Mapping[str, Any], options: Options) -> None:
    if options.json:
        emit_json(table)
        return
    names = table["columns"]
    columns: list[Column] = [(name, itemgetter(name)) for name in names]
    emit_rows((dict(zip(names, row, strict=True)) for row in table["rows"]), columns, as_json=False, empty="no rows")
    if table["truncated"]:
        note("truncated: the answer was cut at the row limit; add LIMIT, a filter or a narrower time range")
