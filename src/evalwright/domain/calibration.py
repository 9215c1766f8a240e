"""How far a judge can be trusted: what a calibration against people found, and the card that keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from evalwright.domain.estimate import Estimate
from evalwright.domain.gate import Verdict
from evalwright.domain.score import Denominators


class Scale(StrEnum):
    """What two verdicts can be compared by: equality, order, or distance."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionCounts:
    """``counts[i][j]``: how often people said ``labels[i]`` and the judge ``labels[j]``."""

    labels: Sequence[str]
    counts: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAgreement:
    """How well one label is judged; ``support`` is how often people gave it."""

    label: str
    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The judge against people on one part of the rows.

    Measures that do not exist for the scale are None; measures that exist and cannot be computed are estimates
    without a number, whose warnings say why. ``groups`` counts what is independent: sessions, traces or items.
    """

    rows: int
    groups: int
    agreement: Estimate | None = None
    kappa: Estimate | None = None
    weighted_kappa: Estimate | None = None
    macro_f1: Estimate | None = None
    sensitivity: Estimate | None = None
    specificity: Estimate | None = None
    spearman: Estimate | None = None
    kendall: Estimate | None = None
    difference: Estimate | None = None
    labels: Sequence[LabelAgreement] = ()
    confusion: ConfusionCounts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanCeiling:
    """How well people agree with each other, beside the judge on the same rows.

    ``person`` is one person against the majority of the others, ``judge`` the judge against those same majorities.
    ``alpha`` is among people; ``alpha_with_judge`` counts the judge as one more of them.
    """

    raters: int
    rows: int
    person: Estimate
    judge: Estimate
    alpha: Estimate
    alpha_with_judge: Estimate
    fleiss: Estimate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Agreement where an attribute has one value, against everywhere else. ``p_adjusted`` is over the whole family."""

    attribute: str
    value: str
    rows: int
    disagreements: int
    agreement: Estimate
    elsewhere: Estimate
    difference: Estimate
    p_value: float
    p_adjusted: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a judged thing is found; only the ids it has are set."""

    trace_id: str = ""
    span_id: str = ""
    session_id: str = ""
    experiment_id: str = ""
    item_id: str = ""
    trial_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A row on which judge and people differ. ``votes`` is what each person said."""

    key: str
    target: Place
    human: str
    judge: str
    votes: Mapping[str, str]
    explanation: str = ""
    judge_trace_id: str = ""
    holdout: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextLabel:
    """A row worth a person's time. ``gain`` is by how much the variance of the corrected mean would shrink."""

    key: str
    target: Place
    judge: str
    reason: str
    gain: float
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The bar a judge must hold: the lower bound of ``measure`` on the holdout, not its point."""

    measure: str
    at_least: float
    measured: Estimate
    verdict: Verdict
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationReport:
    """Everything a calibration found.

    ``judge`` counts what the judge did with the rows that people labelled; ``unasked`` rows have a label and no
    verdict of any kind, ``undecided`` ones have as many votes for one label as for another. ``statements`` say what
    a reader must know before using a number.
    """

    scale: Scale
    labels: Sequence[str]
    positive: str
    judge: Denominators
    unasked: int
    undecided: int
    overall: Agreement
    development: Agreement
    holdout: Agreement
    holdout_share: float
    ceiling: HumanCeiling | None
    slices: Sequence[Slice]
    family: str
    disagreements: int
    next_labels: Sequence[NextLabel]
    cost: Estimate | None
    latency_ms: Estimate | None
    bar: Bar | None
    statements: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationCard:
    """A stored calibration of one version of an evaluator.

    ``dataset`` and ``filter`` say where the labels are from; ``report`` is the ``CalibrationReport`` as plain JSON,
    so that a card can be read by programs that know more, or less, than the one that wrote it.
    """

    id: str
    project: str
    evaluator: str
    evaluator_version: str
    judge_score: str
    label_score: str
    dataset: str = ""
    filter: str = ""
    group_by: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    created_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateShift:
    """One rate in two calibrations; ``alarm`` when the interval of the difference leaves out zero."""

    measure: str
    before: Estimate
    after: Estimate
    difference: Estimate
    p_value: float
    alarm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """Targets whose verdict changed from ``before`` to ``after``."""

    before: str
    after: str
    count: int
    keys: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionBridge:
    """One criterion of a rubric in two versions. ``p_adjusted`` is that of the shift, over all criteria of the rubric.

    The alarms of ``drift`` are adjusted over every rate of every criterion: ten criteria alarm no more often by chance
    than one does.
    """

    criterion: str
    score: str
    targets: int
    mean_before: Estimate | None
    mean_after: Estimate | None
    shift: Estimate | None
    p_value: float | None
    p_adjusted: float | None
    kappa: Estimate | None
    flips: Sequence[Flip]
    drift: Sequence[RateShift] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """Two versions of an evaluator on the same targets: what its historical trend would jump by, and which way.

    ``before_run`` and ``after_run`` are set where two canary runs were compared; the versions may then be equal.
    ``drift_from`` says what ``drift`` was read from: canary items that people labelled, or the newest cards. A rubric
    with criteria has no mean of its own: each stands in ``criteria``, and ``family`` says what was adjusted over.
    """

    evaluator: str
    before: str
    after: str
    targets: int
    only_before: int
    only_after: int
    mean_before: Estimate | None
    mean_after: Estimate | None
    shift: Estimate | None
    p_value: float | None
    kappa: Estimate | None
    flips: Sequence[Flip]
    drift: Sequence[RateShift] = ()
    drift_from: str = ""
    before_run: str = ""
    after_run: str = ""
    criteria: Sequence[CriterionBridge] = ()
    family: str = ""
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeStanding:
    """One judge among several on the same labelled rows; ``on_front``: no other is better in every respect.

    Judges that give numbers have no agreement; what stands for it is the rank correlation ``spearman``.
    """

    evaluator: str
    evaluator_version: str
    rows: int
    agreement: Estimate
    kappa: Estimate
    cost: Estimate | None
    latency_ms: Estimate | None
    on_front: bool
    spearman: Estimate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeComparison:
    """Judges on the rows all of them judged and people labelled."""

    label_score: str
    common_rows: int
    metrics: Sequence[str]
    judges: Sequence[JudgeStanding]
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A judged mean beside what people would have said. ``corrected`` is None when ``refused`` says why."""

    raw: Estimate
    corrected: Estimate | None
    method: str
    labels: int
    reason: str
    refused: str = ""
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCorrection:
    """One judged metric of a comparison as people would see it: both sides, and the difference between them."""

    metric: str
    baseline: Correction
    candidate: Correction
    difference: Correction
