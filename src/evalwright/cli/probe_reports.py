"""Probe reports: kept on the server, listed, shown, and turned into tables and exit codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evalwright.cli.connect import segment
from evalwright.cli.options import Options
from evalwright.cli.output import Column, adjusted_p, emit_json, emit_rows, estimate, note, one_line
from evalwright.domain.errors import StoreUnavailable
from evalwright.domain.evaluator import Evaluator

if TYPE_CHECKING:
    from evalwright.domain.probing import ProbeReport

LAST: Final = "last"
STORED: Final = "pb_"
FEW_CLUSTERS: Final = 10

LINES: Sequence[Column] = (
    ("probe", lambda row: row["probe"]),
    ("verdict", lambda row: row["verdict"]),
    ("effect", lambda row: estimate(row["effect"])),
    ("bar", lambda row: _bar(row) if row["effect"] else ""),
    ("p (BH)", adjusted_p),
    ("sees from", lambda row: "" if row["detectable"] is None else f"{row['detectable']:.2g}"),
    ("measure", lambda row: row["measure"]),
)
REPORTS: Sequence[Column] = (
    ("id", lambda row: row["id"]),
    ("version", lambda row: row["evaluator_version"][:12]),
    ("model", lambda row: row["model"]),
    ("items", lambda row: row["items"]),
    ("fail/undecided/pass", lambda row: f"{row['failed']}/{row['undecided']}/{row['passed']}"),
    ("failed", lambda row: ", ".join(_probes(row["lines"], "fail"))),
    ("created", lambda row: str(row["created_time"])[:19]),
)


def probes(
    name: str, report: str = "", *, version: str = "", limit: int = 50, cursor: str = "", options: Options = Options()
) -> None:
    """Lists the probe reports of an evaluator, newest first, or shows one of them.

    Example: evalwright evaluators probes helpfulness last

    Args:
        name: the evaluator.
        report: id of a report to show; last for the newest.
        version: only reports of this version.
        limit: rows a page.
        cursor: where the previous page ended.
    """
    wanted = {"version": version, "limit": limit, "cursor": cursor, **options.scope()}
    if report:
        held = stored(name, report, options, version=version)
        if held is None:
            note(_none_yet(name))
        elif options.json:
            emit_json(held)
        else:
            emit_report(held["report"])
        return
    page = options.api().get(_path(name), **wanted)
    emit_rows(page["items"], REPORTS, as_json=options.json, more=page["next_cursor"], empty=_none_yet(name))


def _none_yet(name: str) -> str:
    return f"none yet; `evalwright evaluators probe {name} --dataset DATASET` makes one"


def stored(name: str, wanted: str, options: Options, *, version: str = "") -> Mapping[str, Any] | None:
    """Returns a stored report by its id, or the newest; None when there is none yet."""
    api = options.api()
    if wanted != LAST:
        held: Mapping[str, Any] = api.get(f"{_path(name)}/{segment(wanted)}", **options.scope())
        return held
    newest = api.get(_path(name), version=version, limit=1, **options.scope())["items"]
    return stored(name, newest[0]["id"], options) if newest else None


def anchors_of(name: str, given: str, options: Options) -> Mapping[str, str | float] | None:
    """Returns earlier verdicts: from a file, a stored report, or the newest one; None when there is none yet."""
    from evalwright.cli.probe_items import read_anchors

    if given != LAST and not given.startswith(STORED):
        return read_anchors(Path(given))
    held = stored(name, given, options)
    if held is None:
        note("no earlier report: today's verdicts are the anchors of the next run")
        return None
    kept: Mapping[str, str | float] = held["report"]["verdicts"]
    return kept


def check_server(name: str, options: Options) -> None:
    """Raises before anything is paid for when the report could not be kept.

    Raises:
        StoreUnavailable: no server answers.
    """
    try:
        options.api().get(_path(name), limit=1, **options.scope())
    except StoreUnavailable as error:
        hint = "start a server with `evalwright serve`, or leave the report unkept with --no-save"
        raise StoreUnavailable(error.message, hint=hint) from error


def keep(judge: Evaluator, report: ProbeReport, options: Options) -> str:
    """Registers the evaluator and stores the report; returns its id."""
    api = options.api()
    api.client.register_evaluator(judge.spec, project=options.project)
    return str(api.post(_path(report.evaluator), {"report": report.as_dict()}, **options.scope())["id"])


def _path(name: str) -> str:
    return f"/evaluators/{segment(name)}/probes"


def emit_report(report: Mapping[str, Any]) -> None:
    """Writes a report as a table, with what is missing and why."""
    lines = report["findings"]
    emit_rows(lines, LINES, as_json=False, empty="")
    for line in lines:
        if line["verdict"] != "pass":
            note(f"{line['probe']}: {line['verdict']}: {one_line(line['explanation'])}")
        for status, reason, count in line["reasons"]:
            note(f"{line['probe']}: {count} {status}: {one_line(reason)}")
    applying = sum(line["effect"] is not None for line in lines)
    clusters = report["clusters"]
    note(
        f"{report['items']} items in {clusters} independent cluster{'' if clusters == 1 else 's'}; p adjusted over the "
        f"{applying} lines that apply, failing at {report['alpha']:g} and over the bar"
    )
    if clusters < FEW_CLUSTERS <= report["items"]:
        note("note: rows of one session count as one: items of more sessions, or of a dataset, would tell more")
    for warning in report["warnings"]:
        note(f"note: {one_line(warning)}")


def _bar(line: Mapping[str, Any]) -> str:
    return f"{line['null']:g} ± {line['bar']:g}" if line["rule"] == "within" else f"{line['rule']} {line['bar']:g}"


def _probes(lines: Sequence[Mapping[str, Any]], verdict: str) -> Sequence[str]:
    return list(Counter(line["probe"] for line in lines if line["verdict"] == verdict))


def exit_code(report: ProbeReport, *, strict: bool) -> int:
    """Returns 1 for a failed line, for one no verdict came for, and, when strict, for one left open; 2 for nothing.

    A report in which nothing could be measured says nothing good of the judge; only a run that makes the anchors of
    the next one is meant to be so.
    """
    if report.unmeasured:
        names = ", ".join(dict.fromkeys(line.probe for line in report.unmeasured))
        note(f"not decided for want of verdicts: {names}: {one_line(report.unmeasured[0].reason)}")
    if report.failed or report.unmeasured or (strict and report.undecided):
        return 1
    if report.not_applicable < len(report.findings):
        return 0
    if report.verdicts and {line.probe for line in report.findings} == {"drift"}:
        return 0
    note("nothing was measured: none of these probes applies to this judge and these items")
    return 2
