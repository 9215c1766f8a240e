"""``evalwright scores``: judgement values, whoever gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from cyclopts import App

from evalwright.cli.options import Options
from evalwright.cli.output import Column, emit_json, emit_rows, estimate, note, one_line
from evalwright.domain.errors import InvalidInput

app = App(name="scores", help="Add, list, summarise and export scores.")

COLUMNS: Sequence[Column] = (
    ("created", lambda row: str(row["created_time"])[:19]),
    ("name", lambda row: row["name"]),
    ("status", lambda row: row["status"]),
    ("value", lambda row: "" if row["value"] is None else f"{row['value']:g}"),
    ("label", lambda row: row["label"]),
    ("source", lambda row: row["source"]),
    (
        "target",
        lambda row: f"{row['target']} {row['span_id'] or row['trace_id'] or row['session_id'] or row['trial_id']}",
    ),
    ("explanation", lambda row: one_line(row["explanation"] or row["reason"])[:80]),
)


def clusters_of(row: Mapping[str, Any]) -> str:
    """Over how many independent clusters an interval is, and what they share."""
    return "none" if row["cluster_by"] == "none" else f"{row['clusters']} by {row['cluster_by']}"


SUMMARY: Sequence[Column] = (
    ("name", lambda row: row["name"]),
    ("group", lambda row: row["key"]),
    ("mean", lambda row: estimate(row["estimate"])),
    ("clusters", clusters_of),
    ("scored/skipped/unseen/errored", lambda row: four_counts(row["estimate"]["denominators"])),
    ("labels", lambda row: " ".join(f"{label}:{count}" for label, count in row["labels"].items())),
)

CORRECTED: Column = ("corrected", lambda row: estimate((row["correction"] or {}).get("corrected")) or "-")


def four_counts(denominators: Mapping[str, int]) -> str:
    """The four counts, always all of them, in their one order."""
    return "/".join(str(denominators[name]) for name in ("scored", "skipped", "unseen", "errored"))


def mean_or_labels(scores: Sequence[Mapping[str, Any]]) -> str:
    """Each score's mean; how often each label was given where labels count as no number."""
    told = []
    for row in scores:
        known = row["estimate"] and row["estimate"]["estimate"] is not None
        ranked = sorted(row["labels"].items(), key=lambda pair: -pair[1])[:4]
        said = estimate(row["estimate"]) if known else " ".join(f"{label}:{count}" for label, count in ranked)
        told.append(f"{row['name']} {said}" if len(scores) > 1 else said)
    return "; ".join(told)


@app.command(name="list")
def list_(
    name: str = "",
    *,
    source: str = "",
    status: str = "",
    trace_id: str = "",
    evaluator: str = "",
    limit: int = 50,
    cursor: str = "",
    options: Options = Options(),
) -> None:
    """Lists scores, newest first.

    Example: evalwright scores list --name faithfulness
    """
    wanted = {"name": name, "source": source, "status": status, "trace_id": trace_id, "evaluator": evaluator}
    page = options.api().get("/scores", limit=limit, cursor=cursor, **options.scope(), **wanted)
    emit_rows(
        page["items"], COLUMNS, as_json=options.json, more=page["next_cursor"], empty=options.nothing("no scores match")
    )


@app.command
def add(
    name: str,
    *,
    trace_id: str = "",
    span_id: str = "",
    session_id: str = "",
    value: float | None = None,
    label: str = "",
    explanation: str = "",
    source: Literal["human", "user", "code"] = "human",
    annotator: str = "",
    options: Options = Options(),
) -> None:
    """Adds one score to a span, a trace or a session.

    Example: evalwright scores add verdict --trace-id 4bf92f3577b34da6a3ce929d0e0e4736 --label good --annotator ann
    """
    if value is None and not label:
        raise InvalidInput("a score needs a value or a label", hint="add --value 1 or --label good")
    score = {
        "target": "span" if span_id else "trace" if trace_id else "session",
        **{"name": name, "trace_id": trace_id, "span_id": span_id, "session_id": session_id, "value": value},
        **{"label": label, "explanation": explanation, "source": source, "annotator": annotator},
        "type": "numeric" if value is not None else "categorical",
    }
    answer = options.api().post("/scores", {"scores": [score], **options.scope()})
    emit_json(answer) if options.json else note("written")


@app.command
def summary(
    name: str = "",
    *,
    by: str = "",
    source: str = "",
    evaluator: str = "",
    cluster_by: str = "",
    corrected: bool = False,
    options: Options = Options(),
) -> None:
    """Summarises scores by name, each mean with its interval and the four counts.

    Scores that share an item, a task, a session or a trace are no independent ones: the interval is over what they
    share, and the column "clusters" says what that is.

    Example: evalwright scores summary faithfulness --corrected

    Args:
        name: only this score.
        by: also group by a score column or metadata.<key>.
        source: only scores of this source.
        evaluator: only scores of this evaluator.
        cluster_by: a score column or metadata.<key> that dependent scores share, or none to take all as independent.
        corrected: also what people would have said, by what calibration knows of the judge's error.
    """
    wanted = {"name": name, "group_by": by, "source": source, "evaluator": evaluator, "cluster_by": cluster_by}
    wanted["corrected"] = "true" if corrected else ""
    answer = options.api().get("/scores/summary", **options.scope(), **{k: v for k, v in wanted.items() if v})
    shown = (*SUMMARY[:4], CORRECTED, *SUMMARY[4:]) if corrected else SUMMARY
    emit_rows(answer["items"], shown, as_json=options.json, empty=options.nothing("no scores match"))
    for row in answer["items"] if not options.json else ():
        for warning in row["estimate"]["warnings"]:
            note(f"{' '.join(filter(None, (row['name'], row['key'])))}: note: {one_line(warning)}")
    for row in answer["items"] if corrected and not options.json else ():
        explain_correction(" ".join(filter(None, (row["name"], row["key"]))), row["correction"])


def explain_correction(about: str, made: Mapping[str, Any] | None) -> None:
    """Says how a number was corrected, or why not."""
    if made is None:
        return
    note(f"{about}: not corrected: {made['refused']}" if made["refused"] else f"{about}: {made['reason']}")
    for warning in made["warnings"]:
        note(f"{about}: note: {one_line(warning)}")


@app.command
def reliability(name: str, *, item_key: str = "metadata.task_id", k_max: int = 4, options: Options = Options()) -> None:
    """Reports pass@k (capability) and pass^k (reliability) over repeated runs of the same items, with intervals.

    Example: evalwright scores reliability task_completion --k-max 4

    Args:
        name: a score where 1 means the run succeeded.
        item_key: what tells items apart: a score column or metadata.<key>.
        k_max: the largest k.
    """
    answer = options.api().get("/scores/reliability", name=name, item_key=item_key, k_max=k_max, **options.scope())
    if options.json:
        emit_json(answer)
        return
    hat = {row["k"]: row["estimate"] for row in answer["pass_hat"]}
    rows = [{"k": row["k"], "at": row["estimate"], "hat": hat.get(row["k"])} for row in answer["pass_at"]]
    columns: Sequence[Column] = (
        ("k", lambda row: row["k"]),
        ("pass@k", lambda row: estimate(row["at"])),
        ("pass^k", lambda row: estimate(row["hat"])),
    )
    emit_rows(rows, columns, as_json=False, empty="no scored runs")
    note(f"{answer['items']} items, {answer['trials']} runs")


@app.command
def export(to: Path, *, format: Literal["jsonl", "arrow"] = "jsonl", options: Options = Options()) -> None:
    """Writes every score of the project to a file.

    Example: evalwright scores export scores.jsonl
    """
    from evalwright.cli.transfer import download

    params: dict[str, Any] = {"format": format, **options.scope()}
    download(options, "/scores/export", to, params)
