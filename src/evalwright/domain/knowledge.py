"""What public labels say of an evaluator, before anybody labelled anything of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalwright.domain.calibration import ConfusionCounts
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCard:
    """A calibration made once from public labels, not from yours.

    ``judge`` is whose verdicts were compared: the evaluator itself, or (``published``) another judge or metric whose
    verdicts were published with the set. ``this_version``: the card is of the very version asked about. ``people`` says
    who labelled the set; ``person`` is how well one of them agrees with the others, where that is known.
    """

    judge: str
    published: bool
    version: str
    this_version: bool
    set: str
    source: str
    licence: str
    people: str
    measured: str
    rows: int
    groups: int
    undecided: int
    counts: Denominators
    positive: str
    measures: Mapping[str, Estimate]
    confusion: ConfusionCounts | None
    person: Estimate | None
    statements: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSet:
    """Public labels that fit an evaluator; ``found`` counts them by label, ``about`` says what they cannot tell."""

    set: str
    source: str
    licence: str
    people: str
    rows: int
    found: Mapping[str, int]
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKnowledge:
    """What public labels say of an evaluator.

    Attributes:
        status: in a few words.
        advice: what to do next, in plain words; the command stands between backquotes.
        cards: made from public labels, its own first.
        sets: public labels that fit, for ``evaluators calibrate-ready``.
        missing: which labels are needed that no public set has.
    """

    status: str
    advice: str
    cards: Sequence[PublicCard] = ()
    sets: Sequence[PublicSet] = ()
    missing: str = ""
