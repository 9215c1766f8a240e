"""Calibrations made without a server: a check that needs no model, or recorded verdicts, over a labelled set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from evalwright.domain.calibration import CalibrationReport, Scale
from evalwright.domain.evaluator import Evaluator, Outcome, Subject
from evalwright.domain.score import ScoreStatus, ScoreType, Target
from evalwright.evaluators.calibration import LabelledRow, Options, calibrate
from evalwright.evaluators.recipes.items import LabelledItem, find_file, group_of, read_rows, votes_of
from evalwright.evaluators.recipes.recipe import Fit, labelled_sets
from evalwright.evaluators.recorded.rows import read_verdict

ORDERS: Final = ("label_order_12", "label_order_21")
_FIRST: Final = "first"


def subject_of(item: LabelledItem) -> Subject:
    """Returns what an evaluator sees of an item that holds its own text."""
    return Subject(target=Target.TRIAL, key=item.key, values=item.sides[0])


async def measure(
    evaluator: Evaluator, fit: Fit, items: Sequence[LabelledItem], subjects: Mapping[str, Subject]
) -> CalibrationReport:
    """Returns what an evaluator that needs no model comes to on labelled items; ``subjects`` are by the item's key."""
    rows = []
    for item in items:
        [(_, kind, outcome)] = await evaluator.evaluate(subjects[item.key])
        judged = _value(outcome, kind) if outcome.status is ScoreStatus.SCORED else None
        rows.append(LabelledRow(key=item.key, group=item.group, votes=item.votes, judged=judged, status=outcome.status))
    return calibrate(rows, Options(scale=Scale.INTERVAL if fit.labels.numbers else Scale.NOMINAL)).report


def _value(outcome: Outcome, kind: ScoreType) -> str | float | None:
    if kind is ScoreType.BOOLEAN and outcome.value is not None:
        return "true" if outcome.value >= 0.5 else "false"
    return outcome.label or outcome.value


def published_judges(set_name: str, folder: Path) -> Sequence[str]:
    """Returns the judges whose verdicts a set brings along, in the order of the file."""
    return list(dict.fromkeys(name for row in _rows(set_name, folder) for name in row.get("judges") or {}))


def measure_published(fit: Fit, judge: str, folder: Path) -> CalibrationReport:
    """Returns what a published judge came to on the labels of its set; both orders of a pair count as rows of it."""
    read = enumerate(_rows(fit.set, folder))
    rows = [each for number, row in read for each in _recorded(fit, judge, number, row)]
    numbers = fit.labels.numbers
    scale = Scale.INTERVAL if numbers else Scale.NOMINAL
    return calibrate(rows, Options(scale=scale, positive="" if numbers else _FIRST)).report


def _rows(set_name: str, folder: Path) -> Iterator[Mapping[str, Any]]:
    for name in labelled_sets()[set_name].files:
        yield from read_rows(find_file(folder, name))


def _recorded(fit: Fit, judge: str, number: int, row: Mapping[str, Any]) -> Iterable[LabelledRow]:
    said = (row.get("judges") or {}).get(judge)
    if said is None:
        return
    votes = votes_of(fit, row)
    for order in ORDERS if ORDERS[0] in said else ("label",):
        outcome = read_verdict(said if fit.labels.numbers else {"label": said.get(order)})
        scored = outcome.status is ScoreStatus.SCORED
        word = fit.labels.words.get(outcome.label) if not fit.labels.numbers else outcome.value
        yield LabelledRow(
            key=f"{number} {order}",
            group=group_of(fit, row) or str(number),
            votes=votes,
            judged=word if scored else None,
            status=outcome.status,
        )
