"""``evalwright experiments report``: what a run came to, for a terminal or as Markdown for a pull request."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from evalwright.cli.connect import segment
from evalwright.cli.judging_notes import reused_lines
from evalwright.cli.options import Options
from evalwright.cli.output import Column, emit_json, emit_rows, estimate, gist, note, one_line, out

Report = Mapping[str, Any]
_MARKS: Final = re.compile(r"([\\`*_\[\]|~#]|^[-+=])")
_INPUT_WIDTH: Final = 80
_KEY_WIDTH: Final = 40


def report(
    name: str,
    *,
    by: str = "",
    metric: str = "",
    limit: int = 20,
    cursor: str = "",
    markdown: bool = False,
    options: Options = Options(),
) -> None:
    """Reports on one experiment: metrics with intervals, pass@k and pass^k, failures, slices, and the worst items.

    Example: evalwright experiments report candidate --by split,metadata.region --markdown > report.md

    Args:
        name: experiment name or id.
        by: slices: split, tags, metadata.KEY, separated by commas.
        metric: the items worst in it come first; the first score when left out.
        limit: items a page, at most 1000; 0 for none.
        cursor: where the previous page of items ended.
        markdown: writes Markdown to stdout, for example for a comment on a pull request.
    """
    params = {"slice_by": by, "metric": metric, "limit": limit, "cursor": cursor, **options.scope()}
    found = options.api().get(f"/experiments/{segment(name)}/report", **params)
    if options.json:
        emit_json(found)
    elif markdown:
        out().file.write(as_markdown(found))
    else:
        _print(found)


def tables(found: Report) -> Iterable[tuple[str, Sequence[Column], Sequence[Mapping[str, Any]]]]:
    """Yields (title, columns, rows) of everything in a report, in reading order; empty tables are left out."""
    yield "Metrics", _METRICS, found["metrics"]
    repeated = [{"metric": each["metric"], **row} for each in found["metrics"] for row in each["repeats"]]
    if repeated:
        yield "Repeated trials", _REPEATS, repeated
    if found["faults"]:
        yield "Failures", _FAULTS, found["faults"]
    for by, rows in groupby(found["slices"], key=lambda row: row["by"]):
        slices = list(rows)
        yield f"By {by}", _slice_columns(by, slices), slices
    if found["items"]:
        title = f"{len(found['items'])} of {found['item_count']} items, those worst in {found['ordered_by']} first"
        yield title, _item_columns(found), found["items"]


def headline(found: Report) -> str:
    """One line on the run: dataset, trials, and how many of them failed."""
    run, trials = found["experiment"], found["trials"]
    failed = [
        f"{trials[kind]} {word}" for kind, word in (("error", "failed"), ("timeout", "timed out")) if trials[kind]
    ]
    repeats = f" of {found['item_count']} items" if run["trials"] > 1 else ""
    return (
        f"{run['dataset_name']} v{run['dataset_version']}, {run['status']}: "
        f"{trials['completed']} of {trials['planned']} trials{repeats}, {', '.join(failed) or 'none failed'}"
    )


def caveats(found: Report) -> list[str]:
    """Everything that weakens the numbers, each once."""
    of: dict[str, list[str]] = {}
    for each in found["metrics"]:
        for warning in each["estimate"]["warnings"] if each["estimate"]["n"] else ():
            of.setdefault(warning, []).append(each["metric"])
    return [*found["warnings"], *(f"{', '.join(metrics)}: {warning}" for warning, metrics in of.items())]


def as_markdown(found: Report) -> str:
    """Returns the report as GitHub's Markdown. All text of the run is escaped: it may come from anywhere."""
    run = found["experiment"]
    lines = [f"### Experiment {escape(run['name'])}", "", escape(headline(found)), ""]
    for title, columns, rows in tables(found):
        table = _markdown_table(columns, rows)
        if rows is found["items"]:
            lines += [f"<details><summary>{html.escape(title)}</summary>", "", *table, "", "</details>", ""]
        else:
            lines += [f"**{escape(title)}**", "", *table, ""]
    lines += [f"- {escape(line)}" for line in (*caveats(found), *reused_lines(found.get("judging", ())))]
    return "\n".join(lines).rstrip("\n") + "\n"


def escape(value: Any) -> str:
    """Any value as one line of Markdown text: no markup, no HTML, no cell border, no mention of anyone."""
    text = html.escape(one_line(value), quote=False)
    return _MARKS.sub(r"\\\1", text).replace("@", "&#64;").replace("://", ":&#8203;//")


def _markdown_table(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> list[str]:
    head = " | ".join(escape(title) for title, _ in columns)
    body = ["| " + " | ".join(escape(cell(row)) for _, cell in columns) + " |" for row in rows]
    return [f"| {head} |", "|" + "---|" * len(columns), *body]


def _print(found: Report) -> None:
    out().print(f"{found['experiment']['name']}  {headline(found)}", markup=False, highlight=False)
    for title, columns, rows in tables(found):
        out().print(f"\n{title}", style="bold", markup=False, highlight=False)
        emit_rows(rows, columns, as_json=False, empty="no scores yet")
    if found["next_cursor"]:
        note(f"more items: --cursor {found['next_cursor']}")
    for line in caveats(found):
        note(f"warning: {one_line(line)}")
    for line in reused_lines(found.get("judging", ())):
        note(one_line(line))


def _unscored(row: Mapping[str, Any]) -> str:
    counts = row["estimate"]["denominators"]
    return ", ".join(f"{counts[kind]} {kind}" for kind in ("skipped", "unseen", "errored") if counts[kind])


def _of(metric: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda row: estimate(row["metrics"].get(metric))


def _slice_columns(by: str, rows: Sequence[Mapping[str, Any]]) -> Sequence[Column]:
    metrics = dict.fromkeys(metric for row in rows for metric in row["metrics"])
    return [
        (by, lambda row: row["value"]),
        ("items", lambda row: row["items"]),
        *((metric, _of(metric)) for metric in metrics),
    ]


def _item_columns(found: Report) -> Sequence[Column]:
    scores = [each["metric"] for each in found["metrics"] if not each["operational"]]
    return [
        ("item", lambda row: gist(row["item_key"], _KEY_WIDTH)),
        ("input", lambda row: _shown(row["input"])),
        *((metric, _of(metric)) for metric in scores or [found["ordered_by"]]),
        ("failed", lambda row: row["failed"] or ""),
        ("trace", lambda row: row["trace_ids"][0] if row["trace_ids"] else ""),
    ]


def _shown(value: Any) -> str:
    import msgspec

    return gist(value if isinstance(value, str) else msgspec.json.encode(value).decode(), _INPUT_WIDTH)


_METRICS: Final[Sequence[Column]] = (
    ("metric", lambda row: row["metric"]),
    ("mean [95% interval]", lambda row: estimate(row["estimate"])),
    ("without a value", _unscored),
)
_REPEATS: Final[Sequence[Column]] = (
    ("metric", lambda row: row["metric"]),
    ("k", lambda row: row["k"]),
    ("pass@k (at least one)", lambda row: estimate(row["pass_at"])),
    ("pass^k (every one)", lambda row: estimate(row["pass_hat"])),
)
_FAULTS: Final[Sequence[Column]] = (
    ("count", lambda row: row["count"]),
    ("of", lambda row: row["source"]),
    ("message", lambda row: row["message"]),
    ("items", lambda row: ", ".join(gist(key, _KEY_WIDTH) for key in row["item_keys"])),
    ("trace", lambda row: row["trace_id"]),
)
