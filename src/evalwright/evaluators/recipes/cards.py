"""Cards that come with Evalwright: ready checks and published judges on labelled sets. No text of a set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec

from evalwright.domain.calibration import Agreement, CalibrationReport, ConfusionCounts
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators

FILE: Final = "cards.json"
MEASURES: Final = (
    "agreement", "kappa", "weighted_kappa", "macro_f1", "sensitivity", "specificity", "spearman", "kendall",
)  # fmt: skip


class ReadyCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calibration made once from public labels; ``rows`` are compared, ``counts`` say what became of all labelled.

    Attributes:
        evaluator: the ready evaluator it speaks for.
        judge: whose verdicts were compared: the evaluator's own reference, or a published judge.
        version: of the evaluator; empty for a published judge, whose verdicts are what they are.
        set: name of the labelled set.
        measured: the day, ISO 8601.
        positive: the label that sensitivity is about.
    """

    evaluator: str
    judge: str
    version: str = ""
    set: str
    measured: str
    rows: int
    groups: int
    counts: Denominators
    undecided: int = 0
    positive: str = ""
    measures: Mapping[str, Estimate]
    confusion: ConfusionCounts | None = None
    person: Estimate | None = None
    statements: Sequence[str] = ()

    @property
    def published(self) -> bool:
        """Whether the verdicts were published with the set, rather than given by the evaluator itself."""
        return not self.version


def card_of(report: CalibrationReport, **about: Any) -> ReadyCard:
    """Returns the card of a report; ``about`` names evaluator, judge, version, set and day."""
    overall = report.overall
    return ReadyCard(
        **about,
        rows=overall.rows,
        groups=overall.groups,
        counts=report.judge,
        undecided=report.undecided,
        positive=report.positive,
        measures=_measures(overall),
        confusion=overall.confusion,
        person=report.ceiling.person if report.ceiling else None,
        statements=list(report.statements),
    )


def _measures(overall: Agreement) -> dict[str, Estimate]:
    found = {name: getattr(overall, name) for name in MEASURES}
    return {name: each for name, each in found.items() if each is not None}


@cache
def ready_cards() -> Sequence[ReadyCard]:
    """Returns the cards that come with Evalwright."""
    text = (resources.files("evalwright.evaluators.recipes") / "data" / FILE).read_bytes()
    return msgspec.convert(_without_gaps(msgspec.json.decode(text)), list[ReadyCard])


def _without_gaps(value: Any) -> Any:
    """JSON has no NaN: a measure that could not be computed is written as null, and read as NaN again."""
    if isinstance(value, dict):
        numbers = {name: math.nan for name in ("estimate", "low", "high") if name in value and value[name] is None}
        return {**{name: _without_gaps(each) for name, each in value.items()}, **numbers}
    return [_without_gaps(each) for each in value] if isinstance(value, list) else value


def cards_for(evaluator: str) -> Sequence[ReadyCard]:
    """Returns those that speak for one evaluator."""
    return [card for card in ready_cards() if card.evaluator == evaluator]


def write_cards(cards: Sequence[ReadyCard]) -> bytes:
    """Returns the file of cards: a card a line, numbers to six digits, so that a change can be read in a diff."""
    lines = [msgspec.json.encode(_rounded(msgspec.to_builtins(card))).decode() for card in cards]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value
