"""``evalwright sessions``: conversations across traces."""

from __future__ import annotations

from collections.abc import Sequence

from cyclopts import App

from evalwright.cli import traces
from evalwright.cli.connect import segment
from evalwright.cli.options import Filtered, Options, Paged
from evalwright.cli.output import Column, emit_json, emit_rows, gist, money

app = App(name="sessions", help="List and show sessions.")

COLUMNS: Sequence[Column] = (
    ("started", lambda row: str(row["start_time"])[:19]),
    ("session", lambda row: row["session_id"]),
    ("user", lambda row: row["user_id"]),
    ("traces", lambda row: row["trace_count"]),
    ("errors", lambda row: row["error_count"] or ""),
    ("cost", lambda row: money(row["cost"], unpriced=row["unpriced_spans"])),
    ("first input", lambda row: gist(row["first_input"], 60)),
    ("scores", lambda row: traces.scores_line(row["scores"])),
)


@app.command(name="list")
def list_(*, filtered: Filtered = Filtered(), paged: Paged = Paged(), options: Options = Options()) -> None:
    """Lists sessions, newest first.

    Example: evalwright sessions list --filter 'status == "ERROR"'
    """
    page = options.api().get("/sessions", **options.scope(), **filtered.params(), **paged.params())
    emit_rows(
        page["items"],
        COLUMNS,
        as_json=options.json,
        more=page["next_cursor"],
        empty=options.nothing("no sessions; spans carry one when they set session.id or gen_ai.conversation.id"),
    )


@app.command
def show(session_id: str, *, options: Options = Options()) -> None:
    """Shows one session with its traces in order.

    Example: evalwright sessions show conversation-7
    """
    session = options.api().get(f"/sessions/{segment(session_id)}", **options.scope())
    if options.json:
        emit_json(session)
        return
    emit_rows(session["traces"], traces.COLUMNS, as_json=False, empty="the session has no traces")
