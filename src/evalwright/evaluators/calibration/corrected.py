"""What people would have said on average: the judged mean corrected by the judge's known error, and why this way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.calibration import Correction
from evalwright.domain.estimate import Estimate, render
from evalwright.stats.arrays import FloatArray, is_binary, vector
from evalwright.stats.correction import LABELS_REQUIRED, ppi_mean, rogan_gladen
from evalwright.stats.drift import chi_square, kolmogorov_smirnov
from evalwright.stats.intervals import average

LABELS_NEEDED = 30
SAME_POPULATION = 0.01
NONE, PPI, ROGAN_GLADEN = "", "ppi_plus_plus", "rogan_gladen"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCounts:
    """What a calibration elsewhere knows of the judge's error on yes/no questions."""

    true_positive: int
    positive: int
    true_negative: int
    negative: int

    @property
    def total(self) -> int:
        """Labels behind it."""
        return self.positive + self.negative


def correct(
    raw: Estimate,
    judged: ArrayLike,
    *,
    truth: ArrayLike = (),
    judged_with_truth: ArrayLike = (),
    elsewhere: LabelCounts | None = None,
    level: float = 0.95,
) -> Correction:
    """Returns the corrected mean, by the method that fits the labels there are.

    PPI++ when the labelled rows look like those they stand for (their verdicts are distributed alike), for it is
    narrower and takes numbers too. Rogan-Gladen when they do not, or come from elsewhere: sensitivity and specificity
    carry over to another prevalence, a difference of means does not. Under 30 labels nothing is corrected.

    Args:
        raw: the judged mean as it is shown.
        judged: verdicts without a label.
        truth: labels of rows of the same population.
        judged_with_truth: verdicts of those rows, in their order.
        elsewhere: the judge's error from other rows, used where there are too few of the same.
        level: of the interval.
    """
    y, f, u = vector(truth, "truth"), vector(judged_with_truth, "judged_with_truth"), vector(judged, "judged")
    if y.size < LABELS_NEEDED:
        return _from_elsewhere(raw, np.concatenate([f, u]), y.size, elsewhere, level)
    if u.size < 2:
        found = average(y, level=level)
        return _corrected(raw, found, "labels", y.size, "people labelled every row: this is the mean of their labels")
    if (p := _alike(f, u)) >= SAME_POPULATION:
        unit = "ratio" if is_binary(y) and is_binary(f) and is_binary(u) else ""
        why = f"the {y.size} labelled rows look like the other {u.size} to the judge (p = {p:.2g}): PPI++"
        return _corrected(raw, ppi_mean(y, f, u, level=level, unit=unit), PPI, y.size, why)
    if not (is_binary(y) and is_binary(f) and is_binary(u)):
        refusal = "the labelled rows differ from the rest, and only yes/no scores can be corrected across that"
        return Correction(raw=raw, corrected=None, method=NONE, labels=y.size, reason="", refused=refusal)
    why = f"the labelled rows are not like the rest to the judge (p = {p:.2g}): their prevalence differs, Rogan-Gladen"
    return _by_error(raw, np.concatenate([f, u]), label_counts(y, f), why, level)


def label_counts(truth: ArrayLike, judged: ArrayLike) -> LabelCounts:
    """Returns the counts behind sensitivity and specificity of 0/1 labels and verdicts."""
    y, f = vector(truth, "truth"), vector(judged, "judged")
    return LabelCounts(
        true_positive=int(np.sum((y == 1.0) & (f == 1.0))),
        positive=int(np.sum(y == 1.0)),
        true_negative=int(np.sum((y == 0.0) & (f == 0.0))),
        negative=int(np.sum(y == 0.0)),
    )


def _alike(labelled: FloatArray, rest: FloatArray) -> float:
    """Returns the p-value that verdicts with and without a label are distributed alike."""
    if len(np.unique(np.concatenate([labelled, rest]))) > 10:
        return kolmogorov_smirnov(labelled, rest).p_value
    return chi_square(labelled, rest).p_value


def _from_elsewhere(
    raw: Estimate, judged: FloatArray, here: int, elsewhere: LabelCounts | None, level: float
) -> Correction:
    known = here if elsewhere is None else elsewhere.total
    if elsewhere is None or known < LABELS_NEEDED:
        refusal = f"{known} human labels: under {LABELS_NEEDED} nothing can be corrected"
        return Correction(raw=raw, corrected=None, method=NONE, labels=known, reason="", refused=refusal)
    if not is_binary(judged):
        refusal = "the labels are from elsewhere, and only yes/no scores can be corrected across that"
        return Correction(raw=raw, corrected=None, method=NONE, labels=known, reason="", refused=refusal)
    why = f"{here} labels here, {known} from the calibration, whose prevalence may differ: Rogan-Gladen"
    return _by_error(raw, judged, elsewhere, why, level)


def _by_error(raw: Estimate, judged: FloatArray, counts: LabelCounts, why: str, level: float) -> Correction:
    found = rogan_gladen(
        int(judged.sum()),
        judged.size,
        true_positive=counts.true_positive,
        positive=counts.positive,
        true_negative=counts.true_negative,
        negative=counts.negative,
        level=level,
    )
    return _corrected(raw, found, ROGAN_GLADEN, counts.total, why)


def _corrected(raw: Estimate, found: Estimate, method: str, labels: int, why: str) -> Correction:
    if np.isnan(found.estimate):
        refusal = "; ".join(found.warnings) or "nothing to correct by"
        return Correction(raw=raw, corrected=None, method=NONE, labels=labels, reason=why, refused=refusal)
    return Correction(
        raw=raw, corrected=found, method=method, labels=labels, reason=why, warnings=_warnings(raw, found, labels)
    )


def _warnings(raw: Estimate, found: Estimate, labels: int) -> Sequence[str]:
    said = list(found.warnings)
    if labels < LABELS_REQUIRED and not any("human labels" in warning for warning in said):
        said.append(f"only {labels} human labels: {LABELS_REQUIRED} are needed for an interval to be relied on")
    if not found.low <= raw.estimate <= found.high:
        said.append(f"the judged mean {render(raw)} lies outside what its known error allows")
    return said
