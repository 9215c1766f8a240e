"""What people would have said on average: the judged mean corrected by the judge's known error, and why this way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.calibration import Correction
from evalwright.domain.estimate import Estimate, render
from evalwright.stats.arrays import FloatArray, is_binary, vector
from evalwright.stats.correction import LABELS_REQUIRED, ppi_mean, rogan_gladen, rogan_gladen_difference
from evalwright.stats.correction_pairs import METHOD as PPI_PAIRED
from evalwright.stats.correction_pairs import JudgedSide, ppi_difference
from evalwright.stats.drift import chi_square, kolmogorov_smirnov
from evalwright.stats.intervals import average, rate

LABELS_NEEDED = 30
SAME_POPULATION = 0.01
NONE, PPI, ROGAN_GLADEN = "", "ppi_plus_plus", "rogan_gladen"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCounts:
    """What a calibration elsewhere knows of the judge's error on yes/no questions.

    Where labels come in groups, one is worth less than an independent observation: ``positive_worth`` and
    ``negative_worth``.
    """

    true_positive: int
    positive: int
    true_negative: int
    negative: int
    positive_worth: float = 1.0
    negative_worth: float = 1.0

    @property
    def total(self) -> int:
        """Labels behind it."""
        return self.positive + self.negative

    @property
    def effective(self) -> dict[str, float]:
        """The counts as the independent observations they are worth."""
        return {
            "true_positive": self.true_positive * self.positive_worth,
            "positive": self.positive * self.positive_worth,
            "true_negative": self.true_negative * self.negative_worth,
            "negative": self.negative * self.negative_worth,
        }


def correct(
    raw: Estimate,
    judged: ArrayLike,
    *,
    truth: ArrayLike = (),
    judged_with_truth: ArrayLike = (),
    elsewhere: LabelCounts | None = None,
    groups: tuple[Sequence[str], Sequence[str]] | None = None,
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
        groups: what each row of ``truth`` and of ``judged`` belongs to, where rows of one group are not independent.
        level: of the interval.
    """
    y, f, u = vector(truth, "truth"), vector(judged_with_truth, "judged_with_truth"), vector(judged, "judged")
    everything = np.concatenate([f, u])
    together = None if groups is None else [*groups[0], *groups[1]]
    if y.size < LABELS_NEEDED:
        return _from_elsewhere(raw, everything, together, y.size, elsewhere, level)
    if u.size < 2:
        found = average(y, groups[0] if groups else None, level=level)
        return _corrected(raw, found, "labels", y.size, "people labelled every row: this is the mean of their labels")
    binary = is_binary(np.concatenate([y, everything]))
    if (p := _alike(f, u)) >= SAME_POPULATION:
        why = f"the {y.size} labelled rows look like the other {u.size} to the judge (p = {p:.2g}): PPI++"
        found = ppi_mean(y, f, u, groups, level=level, unit="ratio" if binary else "")
        return _corrected(raw, found, PPI, y.size, why)
    if not binary:
        refusal = "the labelled rows differ from the rest, and only yes/no scores can be corrected across that"
        return Correction(raw=raw, corrected=None, method=NONE, labels=y.size, reason="", refused=refusal)
    why = f"the labelled rows are not like the rest to the judge (p = {p:.2g}): their prevalence differs, Rogan-Gladen"
    return _by_error(raw, everything, together, label_counts(y, f, groups[0] if groups else None), why, level)


def correct_difference(
    raw: Estimate,
    counts: LabelCounts | None,
    *,
    binary: bool,
    sides: tuple[JudgedSide, JudgedSide] | None = None,
    one_judge: bool = True,
) -> Correction:
    """Returns a difference of two judged means as people would see it, by the method that fits the labels there are.

    PPI++ over pairs where each side has 30 labelled rows that look like its others: it takes any score, and no equal
    error on both sides. Otherwise Rogan-Gladen, for yes/no scores of one judge, from what is known of its error.

    Args:
        raw: the judged difference.
        counts: the judge's error, from the labels on both sides or from its card; None where nothing is known.
        binary: whether every score is yes or no.
        sides: verdicts and labels of baseline and candidate.
        one_judge: whether one version of the judge judged both.
    """
    why_not = "no labels on the two sides" if sides is None else next(filter(None, map(_unlike, sides)), "")
    known = counts.total if counts else 0
    if sides is not None and not why_not:
        labels = sum(_labelled(side) for side in sides)
        found = ppi_difference(*sides, level=raw.level, bounded=raw.unit == "ratio")
        why = f"{labels} labels on the two sides, which look like the rest to the judge: PPI++, paired by item"
        return _corrected(raw, found, PPI_PAIRED, labels, why)
    if not one_judge:
        refusal = f"the two sides were judged by different versions, and for PPI++ {why_not}"
    elif not binary:
        refusal = f"for PPI++ {why_not}, and only yes/no scores can be corrected from labels elsewhere"
    elif counts is None or known < LABELS_NEEDED:
        refusal = f"{known} human labels: under {LABELS_NEEDED} nothing can be corrected"
    else:
        why = f"an imperfect judge shrinks differences; {known} labels say by how much, if it errs alike on both sides"
        return _corrected(raw, rogan_gladen_difference(raw, **counts.effective), ROGAN_GLADEN, known, why)
    return Correction(raw=raw, corrected=None, method=NONE, labels=known, reason="", refused=refusal)


def _labelled(side: JudgedSide) -> int:
    return int(np.sum(~np.isnan(np.asarray(side.truth, dtype=np.float64))))


def _unlike(side: JudgedSide) -> str:
    """Returns why the labels of one side cannot stand for its other rows; empty when they can."""
    judged, known = vector(side.judged, "judged"), ~np.isnan(np.asarray(side.truth, dtype=np.float64))
    items = len({item for item, labelled in zip(side.items, known, strict=True) if labelled})
    if items < LABELS_NEEDED:
        return f"each side needs {LABELS_NEEDED} labelled items, and one has {items}"
    labelled, rest = judged[known], judged[~known]
    if rest.size >= 2 and (p := _alike(labelled, rest)) < SAME_POPULATION:
        return f"the labelled rows of each side must look like its others, and those of one do not (p = {p:.2g})"
    return ""


def label_counts(truth: ArrayLike, judged: ArrayLike, groups: Sequence[str] | None = None) -> LabelCounts:
    """Returns the counts behind sensitivity and specificity of 0/1 labels and verdicts."""
    y, f = vector(truth, "truth"), vector(judged, "judged")
    yes, no = y == 1.0, y == 0.0
    names = None if groups is None else np.asarray(groups, dtype=object)
    return LabelCounts(
        true_positive=int(np.sum(yes & (f == 1.0))),
        positive=int(yes.sum()),
        true_negative=int(np.sum(no & (f == 0.0))),
        negative=int(no.sum()),
        positive_worth=_worth(f[yes], None if names is None else names[yes]),
        negative_worth=_worth(f[no], None if names is None else names[no]),
    )


def _worth(hits: FloatArray, groups: Any) -> float:
    """Returns how many independent observations one row is worth."""
    if groups is None or len(set(groups)) == len(groups):
        return 1.0
    return min(1.0, rate(hits, [str(group) for group in groups]).n_effective / hits.size)


def _alike(labelled: FloatArray, rest: FloatArray) -> float:
    """Returns the p-value that verdicts with and without a label are distributed alike."""
    if len(np.unique(np.concatenate([labelled, rest]))) > 10:
        return kolmogorov_smirnov(labelled, rest).p_value
    return chi_square(labelled, rest).p_value


def _from_elsewhere(
    raw: Estimate,
    judged: FloatArray,
    groups: Sequence[str] | None,
    here: int,
    elsewhere: LabelCounts | None,
    level: float,
) -> Correction:
    known = here if elsewhere is None else elsewhere.total
    if elsewhere is None or known < LABELS_NEEDED:
        refusal = f"{known} human labels: under {LABELS_NEEDED} nothing can be corrected"
        return Correction(raw=raw, corrected=None, method=NONE, labels=known, reason="", refused=refusal)
    if not is_binary(judged):
        refusal = "the labels are from elsewhere, and only yes/no scores can be corrected across that"
        return Correction(raw=raw, corrected=None, method=NONE, labels=known, reason="", refused=refusal)
    why = f"{here} labels here, {known} from the calibration, whose prevalence may differ: Rogan-Gladen"
    return _by_error(raw, judged, groups, elsewhere, why, level)


def _by_error(
    raw: Estimate,
    judged: FloatArray,
    groups: Sequence[str] | None,
    counts: LabelCounts,
    why: str,
    level: float,
) -> Correction:
    worth = _worth(judged, groups)
    found = rogan_gladen(float(judged.sum()) * worth, judged.size * worth, **counts.effective, level=level)
    kept = replace(found, n=judged.size, denominators=replace(found.denominators, scored=judged.size))
    return _corrected(raw, kept, ROGAN_GLADEN, counts.total, why)


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
    if raw.estimate < found.low or raw.estimate > found.high:
        said.append(f"the judged mean {render(raw)} lies outside what its known error allows")
    return said
