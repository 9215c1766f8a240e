"""``evalwright evaluators calibrate, cards, compare, bridge``: how far judges can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalwright.cli.connect import segment
from evalwright.cli.options import Options
from evalwright.cli.output import Column, adjusted_p, emit_json, emit_rows, estimate, note, one_line, out
from evalwright.cli.progress import progress
from evalwright.domain.errors import InvalidInput

SHOWN: Final = 10

MEASURES: Sequence[Column] = (
    ("measure", lambda row: row["measure"]),
    ("all rows", lambda row: estimate(row["overall"])),
    ("development", lambda row: estimate(row["development"])),
    ("holdout", lambda row: estimate(row["holdout"])),
)
LABELS: Sequence[Column] = (
    ("label", lambda row: row["label"]),
    ("by people", lambda row: row["support"]),
    ("precision", lambda row: estimate(row["precision"])),
    ("recall", lambda row: estimate(row["recall"])),
    ("f1", lambda row: estimate(row["f1"])),
)
SLICES: Sequence[Column] = (
    ("attribute", lambda row: row["attribute"]),
    ("value", lambda row: row["value"]),
    ("rows", lambda row: row["rows"]),
    ("agreement", lambda row: estimate(row["agreement"])),
    ("against elsewhere", lambda row: estimate(row["difference"])),
    ("p (BH)", adjusted_p),
)
CARDS: Sequence[Column] = (
    ("id", lambda row: row["id"]),
    ("version", lambda row: row["evaluator_version"][:12]),
    ("labels", lambda row: row["label_score"]),
    ("dataset", lambda row: row["dataset"]),
    ("agreement", lambda row: estimate(row["agreement"] or row["spearman"])),
    ("kappa", lambda row: estimate(row["kappa"])),
    ("bar", lambda row: (row["verdict"] or "").upper()),
    ("created", lambda row: str(row["created_time"])[:19]),
)
APART: Sequence[Column] = (
    ("target", lambda row: row["key"]),
    ("people", lambda row: row["human"]),
    ("judge", lambda row: row["judge"]),
    ("votes", lambda row: " ".join(row["votes"].values())),
    ("explanation", lambda row: one_line(row["explanation"])[:80]),
)
NEXT: Sequence[Column] = (
    ("target", lambda row: row["key"]),
    ("judge", lambda row: row["judge"]),
    ("why", lambda row: row["reason"]),
)
JUDGES: Sequence[Column] = (
    ("judge", lambda row: row["evaluator"]),
    ("front", lambda row: "*" if row["on_front"] else ""),
    ("agreement", lambda row: estimate(row["spearman"] or row["agreement"])),
    ("kappa", lambda row: estimate(row["kappa"])),
    ("cost", lambda row: estimate(row["cost"])),
    ("latency", lambda row: estimate(row["latency_ms"])),
)
NUMBERS: Mapping[str, str] = {"agreement": "rank correlation"}
FLIPS: Sequence[Column] = (
    ("before", lambda row: row["before"]),
    ("after", lambda row: row["after"]),
    ("targets", lambda row: row["count"]),
    ("such as", lambda row: ", ".join(row["keys"][:3])),
)
DRIFT: Sequence[Column] = (
    ("against people", lambda row: row["measure"]),
    ("before", lambda row: estimate(row["before"])),
    ("after", lambda row: estimate(row["after"])),
    ("moved by", lambda row: estimate(row["difference"])),
    ("alarm", lambda row: "ALARM" if row["alarm"] else ""),
)
CRITERIA: Sequence[Column] = (
    ("criterion", lambda row: row["criterion"]),
    ("mean before", lambda row: estimate(row["mean_before"])),
    ("mean after", lambda row: estimate(row["mean_after"])),
    ("shift (paired)", lambda row: estimate(row["shift"])),
    ("p (BH)", adjusted_p),
    ("flips", lambda row: sum(flip["count"] for flip in row["flips"])),
)
_ORDER: Final = (
    "agreement", "kappa", "weighted_kappa", "macro_f1", "sensitivity", "specificity", "spearman", "kendall",
    "difference",
)  # fmt: skip


def calibrate(
    name: str,
    *,
    against: str,
    dataset: str = "",
    experiment: str = "",
    filter: str = "",
    group_by: str = "",
    slice_by: str = "",
    positive: str = "",
    threshold: float | None = None,
    map: str = "",
    min_agreement: float | None = None,
    holdout: float = 0.5,
    version: str = "",
    options: Options = Options(),
) -> int:
    """Compares an evaluator's verdicts with what people said, and keeps the result as a card of its version.

    Exit code 1 when --min-agreement is given and the lower bound on the holdout does not reach it.

    Example: evalwright evaluators calibrate faithful --against gold --min-agreement 0.85

    Args:
        name: the evaluator.
        against: name of the score that people gave.
        dataset: only trials of this dataset's experiments.
        experiment: only trials of this experiment.
        filter: only targets whose spans match this filter expression.
        group_by: what belongs together; else session, item or trace.
        slice_by: attributes to look for weak spots in, comma-separated; else those at hand.
        positive: the label that sensitivity is about.
        threshold: turns numbers into true (at least this) and false.
        map: other words for labels: good=true,bad=false.
        min_agreement: the bar.
        holdout: share of the groups that the bar is read on.
        version: of the evaluator; else that of its newest verdict.
    """
    body = {
        **{"label": against, "dataset": dataset, "experiment": experiment, "filter": filter, "group_by": group_by},
        **{"slice_by": _listed(slice_by), "positive": positive, "threshold": threshold, "label_map": _mapped(map)},
        **{"min_agreement": min_agreement, "holdout_share": holdout, "version": version},
    }
    with progress(f"calibrating {name}", unit="labelled rows") as report:
        card = options.api().post(f"/evaluators/{segment(name)}/calibrations", body, **options.scope())
        report(sum(card["report"]["judge"].values()))
    if options.json:
        emit_json(card)
    else:
        _emit_card(card)
    bar = card["report"]["bar"]
    return 1 if bar and bar["verdict"] != "pass" else 0


def cards(name: str, *, limit: int = 50, cursor: str = "", options: Options = Options()) -> None:
    """Lists the calibrations of an evaluator, newest first."""
    page = options.api().get(_path(name), limit=limit, cursor=cursor, **options.scope())
    hint = f"none yet; `evalwright evaluators calibrate {name} --against LABEL` makes one"
    emit_rows(page["items"], CARDS, as_json=options.json, more=page["next_cursor"], empty=hint)


def disagreements(
    name: str,
    card: str,
    *,
    human: str = "",
    judge: str = "",
    limit: int = 50,
    cursor: str = "",
    options: Options = Options(),
) -> None:
    """Lists the targets on which judge and people differ.

    Args:
        name: the evaluator.
        card: id of the calibration.
        human: only where people said this.
        judge: only where the judge said this.
        limit: rows a page.
        cursor: where the previous page ended.
    """
    wanted = {"human": human, "judge": judge, "limit": limit, "cursor": cursor, **options.scope()}
    page = options.api().get(f"{_path(name)}/{card}/disagreements", **wanted)
    emit_rows(page["items"], APART, as_json=options.json, more=page["next_cursor"], empty="they agree everywhere")


def compare(
    names: str,
    *,
    against: str,
    dataset: str = "",
    threshold: float | None = None,
    options: Options = Options(),
) -> None:
    """Compares judges on the targets that people labelled and all of them judged.

    Example: evalwright evaluators compare faithful,faithful-small --against gold

    Args:
        names: evaluators, comma-separated.
        against: name of the score that people gave.
        dataset: only trials of this dataset's experiments.
        threshold: turns numbers into true (at least this) and false.
    """
    wanted = {"names": names, "label": against, "dataset": dataset, **options.scope()}
    if threshold is not None:
        wanted["threshold"] = str(threshold)
    answer = options.api().get("/judges/compare", **wanted)
    if options.json:
        emit_json(answer)
        return
    numbers = answer["metrics"][:1] == ["spearman"]
    columns = [(NUMBERS.get(title, title), cell) for title, cell in JUDGES if title != "kappa"] if numbers else JUDGES
    emit_rows(answer["judges"], columns, as_json=False, empty="no judges")
    measures = ", ".join(answer["metrics"])
    note(f"{answer['common_rows']} rows in common; * marks those no other judge beats in every one of: {measures}")
    _warn(answer["warnings"])


def bridge(
    name: str,
    *,
    from_: str,
    to: str,
    dataset: str = "",
    options: Options = Options(),
) -> int:
    """Shows what changes between two versions of an evaluator on the targets that both judged.

    Exit code 1 when the mean moves, or sensitivity or specificity drift.

    Example: evalwright evaluators bridge faithful --from 3f2a --to 9c01

    Args:
        name: the evaluator.
        from_: the earlier version, its first characters, or the id of a canary run.
        to: the later version, or canary run.
        dataset: only the canary runs over this dataset.
    """
    path = f"/evaluators/{segment(name)}/bridge"
    answer = options.api().get(path, before=from_, after=to, dataset=dataset, **options.scope())
    if options.json:
        emit_json(answer)
    else:
        emit_bridge(answer)
    return 1 if answer["warnings"] else 0


def emit_bridge(answer: Mapping[str, Any]) -> None:
    """Writes what two versions, or two canary runs, said of the same targets."""
    rows: list[Mapping[str, Any]] = [
        {"what": "mean before", "estimate": answer["mean_before"]},
        {"what": "mean after", "estimate": answer["mean_after"]},
        {"what": "shift (paired)", "estimate": answer["shift"]},
        {"what": "kappa between versions", "estimate": answer["kappa"]},
    ]
    if answer["criteria"]:
        _emit_criteria(answer)
    else:
        columns: Sequence[Column] = (("", lambda row: row["what"]), ("estimate", lambda row: estimate(row["estimate"])))
        emit_rows(rows, columns, as_json=False, empty="")
        emit_rows(answer["flips"], FLIPS, as_json=False, empty="no verdict flips")
    only = f"{answer['only_before']} only in the earlier, {answer['only_after']} only in the later version"
    if answer["drift"]:
        emit_rows(answer["drift"], DRIFT, as_json=False, empty="")
        note(f"drift read from {answer['drift_from']}")
    note(f"{answer['targets']} targets in common; {only}")
    _warn(answer["warnings"])


def _emit_criteria(answer: Mapping[str, Any]) -> None:
    emit_rows(answer["criteria"], CRITERIA, as_json=False, empty="")
    drift = [{**rate, "criterion": part["criterion"]} for part in answer["criteria"] for rate in part["drift"]]
    if drift:
        emit_rows(drift, (("criterion", lambda row: row["criterion"]), *DRIFT), as_json=False, empty="")
        note(f"drift read from {answer['drift_from']}")
    note(f"adjusted over {answer['family']}")


def _path(name: str) -> str:
    return f"/evaluators/{segment(name)}/calibrations"


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _mapped(text: str) -> dict[str, str]:
    pairs = [each.partition("=") for each in _listed(text)]
    if any(not equals or not key or not value for key, equals, value in pairs):
        raise InvalidInput(f"{text!r} is no label map", hint="write other=label,another=label")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _emit_card(card: Mapping[str, Any]) -> None:
    report = card["report"]
    note(f"{card['evaluator']} version {card['evaluator_version'][:12]} against {card['label_score']}: {card['id']}")
    parts = {name: report[name] for name in ("overall", "development", "holdout")}
    rows = [
        {"measure": name, **{part: held[name] for part, held in parts.items()}}
        for name in _ORDER
        if parts["overall"][name]
    ]
    emit_rows(rows, MEASURES, as_json=False, empty="nothing could be measured")
    if report["overall"]["labels"]:
        emit_rows(report["overall"]["labels"], LABELS, as_json=False, empty="")
    _emit_confusion(report["overall"]["confusion"])
    _emit_ceiling(report["ceiling"])
    if report["slices"]:
        emit_rows(report["slices"][:SHOWN], SLICES, as_json=False, empty="")
        note(f"p-values adjusted over {report['family']}")
    if report["next_labels"]:
        emit_rows(report["next_labels"][:SHOWN], NEXT, as_json=False, empty="")
    _emit_counts(card)


def _emit_confusion(table: Mapping[str, Any] | None) -> None:
    if not table or len(table["labels"]) > SHOWN:
        return
    columns: list[Column] = [("people \\ judge", lambda row: row["label"])]
    columns += [(label, lambda row, place=place: row["counts"][place]) for place, label in enumerate(table["labels"])]  # type: ignore[misc]
    rows = [{"label": label, "counts": counts} for label, counts in zip(table["labels"], table["counts"], strict=True)]
    emit_rows(rows, columns, as_json=False, empty="")


def _emit_ceiling(ceiling: Mapping[str, Any] | None) -> None:
    if ceiling:
        out().print(f"one person against the others: {estimate(ceiling['person'])}", markup=False, highlight=False)
        out().print(f"the judge against the others:  {estimate(ceiling['judge'])}", markup=False, highlight=False)
        out().print(f"alpha among people:            {estimate(ceiling['alpha'])}", markup=False, highlight=False)


def _emit_counts(card: Mapping[str, Any]) -> None:
    report = card["report"]
    counts = ", ".join(f"{count} {name}" for name, count in report["judge"].items())
    note(f"labelled rows by what the judge did: {counts}, {report['unasked']} unasked; {report['undecided']} undecided")
    note(
        f"{report['disagreements']} disagreements: evalwright evaluators disagreements {card['evaluator']} {card['id']}"
    )
    _warn(report["statements"])
    if report["bar"]:
        note(f"bar: {report['bar']['verdict'].upper()}: {report['bar']['explanation']}")


def _warn(warnings: Sequence[str]) -> None:
    for warning in warnings:
        note(f"note: {one_line(warning)}")
