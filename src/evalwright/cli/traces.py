"""``evalwright traces``: the traces table and what is inside a trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cyclopts import App

from evalwright.cli.connect import segment
from evalwright.cli.options import Filtered, Options, Paged
from evalwright.cli.output import Column, duration, emit_json, emit_rows, gist, money, one_line, out
from evalwright.cli.spans import export

app = App(name="traces", help="List, show, search and export traces.")
app.command(
    export,
    help="Writes every span that matches to a file, as JSON lines or as an Arrow IPC stream.\n\n"
    "Example: evalwright traces export failed.jsonl --filter 'status == \"ERROR\"'",
)

COLUMNS: Sequence[Column] = (
    ("started", lambda row: str(row["start_time"])[:19]),
    ("status", lambda row: row["status"]),
    ("name", lambda row: row["name"]),
    ("latency", lambda row: duration(row["duration_ms"])),
    ("spans", lambda row: row["span_count"]),
    ("errors", lambda row: row["error_count"] or ""),
    ("tokens", lambda row: (row["input_tokens"] or 0) + (row["output_tokens"] or 0) or ""),
    ("cost", lambda row: money(row["cost"], unpriced=row["unpriced_spans"])),
    ("scores", lambda row: scores_line(row["scores"])),
    ("trace", lambda row: row["trace_id"]),
)


def scores_line(scores: Sequence[Mapping[str, Any]]) -> str:
    """Score summaries on one line; a mean of several says of how many, a target without a value is left out."""
    parts = []
    for score in scores:
        value = score["label"] or ("" if score["mean"] is None else f"{score['mean']:.2g}")
        if value:
            parts.append(f"{score['name']}={value}" + (f" (n={score['count']})" if score["count"] > 1 else ""))
    return " ".join(parts)


@app.command(name="list")
def list_(*, filtered: Filtered = Filtered(), paged: Paged = Paged(), options: Options = Options()) -> None:
    """Lists traces, newest first.

    Example: evalwright traces list --filter 'status == "ERROR" and latency_ms > 3000'
    """
    page = options.api().get("/traces", **options.scope(), **filtered.params(), **paged.params())
    emit_rows(
        page["items"],
        COLUMNS,
        as_json=options.json,
        more=page["next_cursor"],
        empty=options.nothing("no traces match; `evalwright demo` or any OpenTelemetry SDK sends some"),
    )


@app.command
def show(trace_id: str, *, options: Options = Options()) -> None:
    """Shows one trace as a tree of its spans.

    Example: evalwright traces show 4bf92f3577b34da6a3ce929d0e0e4736
    """
    tree = options.api().get(f"/traces/{segment(trace_id)}", project=options.project_or_any())
    if options.json:
        emit_json(tree)
        return
    _print_summary(tree["summary"])
    for node in tree["nodes"]:
        _print_node(node)


@app.command(name="tree")
def tree_(trace_id: str, *, options: Options = Options()) -> None:
    """Same as show.

    Example: evalwright traces tree 4bf92f3577b34da6a3ce929d0e0e4736
    """
    show(trace_id, options=options)


@app.command
def preview(trace_id: str, *, limit: int = 20, options: Options = Options()) -> None:
    """Shows the spans that hold most of a trace's latency, with their share of it.

    Example: evalwright traces preview 4bf92f3577b34da6a3ce929d0e0e4736
    """
    answer = options.api().get(f"/traces/{segment(trace_id)}/preview", project=options.project_or_any(), limit=limit)
    columns: Sequence[Column] = (
        ("share", lambda row: f"{row['latency_share']:.0%}"),
        ("kind", lambda row: row["kind"]),
        ("name", lambda row: row["name"]),
        ("latency", lambda row: duration(row["duration_ms"])),
        ("output", lambda row: gist(row["output_preview"], 80)),
        ("span", lambda row: row["span_id"]),
    )
    emit_rows(answer["nodes"], columns, as_json=options.json, empty="the trace has no spans")


@app.command
def find(trace_id: str, pattern: str, *, limit: int = 100, options: Options = Options()) -> int:
    """Searches every field of every span of a trace with an RE2 pattern; exit code 1 when nothing matches.

    Example: evalwright traces find 4bf92f3577b34da6a3ce929d0e0e4736 '(?i)refund'
    """
    answer = options.api().get(
        f"/traces/{segment(trace_id)}/search", project=options.project_or_any(), pattern=pattern, limit=limit
    )
    columns: Sequence[Column] = (
        ("span", lambda row: row["span_id"]),
        ("field", lambda row: row["field"]),
        ("offset", lambda row: row["offset"]),
        ("excerpt", lambda row: row["excerpt"]),
    )
    emit_rows(answer["items"], columns, as_json=options.json, empty=f"{pattern!r} occurs nowhere in this trace")
    return 0 if answer["items"] else 1


def _print_summary(summary: Mapping[str, Any]) -> None:
    facts = [
        summary["status"],
        duration(summary["duration_ms"]),
        f"{summary['span_count']} spans",
        money(summary["cost"], unpriced=summary["unpriced_spans"]),
        f"session {summary['session_id']}" if summary["session_id"] else "",
        scores_line(summary["scores"]),
    ]
    out().print(f"[bold]{_safe(summary['name'])}[/]  {summary['trace_id']}", highlight=False)
    out().print("  ".join(_safe(fact) for fact in facts if fact), highlight=False)


def _print_node(node: Mapping[str, Any]) -> None:
    mark = "[red]x[/]" if node["status"] == "ERROR" else " "
    detail = "  ".join(
        _safe(part)
        for part in (
            duration(node["duration_ms"]),
            node["model"],
            "orphan" if node["orphan"] else "",
            scores_line(node["scores"]),
        )
        if part
    )
    indent = "  " * node["depth"]
    kind = f"[cyan]{node['kind']:<9}[/]"
    out().print(f"{mark} {indent}{kind} {_safe(node['name'])}  [dim]{detail}  {node['span_id']}[/]", highlight=False)


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(one_line(text))
