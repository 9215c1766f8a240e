"""Correcting a judged rate for the judge's error, from a sample that people labelled too."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import same_length, vector
from evalwright.stats.distributions import two_sided_quantile
from evalwright.stats.intervals import check_level, unknown

LABELS_REQUIRED = 200


def ppi_mean(
    truth: ArrayLike, judged_with_truth: ArrayLike, judged: ArrayLike, *, level: float = 0.95, unit: str = ""
) -> Estimate:
    """True mean of the population behind ``judged``, when the labelled sample comes from that same population.

    lambda * mean(F_u) + mean(Y - lambda F) with the variance-minimising lambda, clipped to [0, 1]: not worse than the
    people alone. Source: PPI++, Angelopoulos et al., arXiv 2311.01453.
    """
    check_level(level)
    y, f, u = vector(truth, "truth"), vector(judged_with_truth, "judged_with_truth"), vector(judged, "judged")
    same_length(y, f, "truth and judged_with_truth")
    counts = Denominators(scored=y.size + u.size)
    if y.size < 2 or u.size < 2:
        return unknown("ppi_plus_plus", level=level, unit=unit, denominators=counts, reason="fewer than two labels")
    variance = float(np.concatenate([f, u]).var(ddof=1))
    covariance = float(np.cov(y, f)[0, 1])
    tuned = covariance / ((1.0 + y.size / u.size) * variance) if variance > 0.0 else 0.0
    tuned = min(1.0, max(0.0, tuned))
    estimate = tuned * float(u.mean()) + float((y - tuned * f).mean())
    square = tuned**2 * float(u.var(ddof=1)) / u.size + float((y - tuned * f).var(ddof=1)) / y.size
    half = two_sided_quantile(level) * math.sqrt(square)
    return Estimate(
        estimate=estimate,
        low=max(0.0, estimate - half) if unit == "ratio" else estimate - half,
        high=min(1.0, estimate + half) if unit == "ratio" else estimate + half,
        level=level,
        n=y.size + u.size,
        n_effective=float(y.var(ddof=1)) / square if square > 0.0 else float(y.size),
        method="ppi_plus_plus",
        unit=unit,
        denominators=counts,
        warnings=_few_labels(y.size),
    )


def _few_labels(n: int) -> tuple[str, ...]:
    if n >= LABELS_REQUIRED:
        return ()
    return (
        f"only {n} human labels: with fewer than {LABELS_REQUIRED} the interval is too narrow for rates near 0 or 1",
    )


def rogan_gladen(
    judged_positive: int,
    judged: int,
    *,
    true_positive: int,
    positive: int,
    true_negative: int,
    negative: int,
    level: float = 0.95,
) -> Estimate:
    """True rate behind a judged rate, when calibration labels come from elsewhere (other prevalence).

    (p + Sp - 1) / (Se + Sp - 1), sensitivity from ``true_positive`` of ``positive`` calibration rows, specificity
    from ``true_negative`` of ``negative``. Source: Rogan & Gladen 1978; interval of Lang & Reiczigel 2014.
    """
    check_level(level)
    counts = Denominators(scored=judged)
    _refuse_parts((judged_positive, judged), (true_positive, positive), (true_negative, negative))
    if not (judged and positive and negative):
        return unknown("rogan_gladen", level=level, unit="ratio", denominators=counts, reason="an empty sample")
    se, sp = true_positive / positive, true_negative / negative
    if se + sp - 1.0 <= 0.0:
        reason = "the judge is no better than chance: nothing can be corrected"
        return unknown("rogan_gladen", level=level, unit="ratio", denominators=counts, reason=reason)
    estimate = min(1.0, max(0.0, (judged_positive / judged + sp - 1.0) / (se + sp - 1.0)))
    low, high = _lang_reiczigel(
        judged_positive, judged, (true_positive, positive), (true_negative, negative), two_sided_quantile(level)
    )
    return Estimate(
        estimate=estimate,
        low=min(low, estimate),
        high=max(high, estimate),
        level=level,
        n=judged,
        n_effective=float(judged),
        method="rogan_gladen",
        unit="ratio",
        denominators=counts,
        warnings=_few_labels(positive + negative),
    )


def _refuse_parts(*parts: tuple[int, int]) -> None:
    for part, whole in parts:
        if not 0 <= part <= whole:
            raise InvalidInput(f"a count must lie between 0 and its whole, got {part!r} of {whole!r}")


def _lang_reiczigel(
    judged_positive: int, judged: int, sensitive: tuple[int, int], specific: tuple[int, int], z: float
) -> tuple[float, float]:
    n = judged + z * z
    p = (judged_positive + z * z / 2.0) / n
    n_se, n_sp = sensitive[1] + 2.0, specific[1] + 2.0
    se, sp = (sensitive[0] + 1.0) / n_se, (specific[0] + 1.0) / n_sp
    youden = se + sp - 1.0
    if youden <= 0.0:
        return 0.0, 1.0
    prevalence = (p + sp - 1.0) / youden
    se_part, sp_part = se * (1.0 - se) / n_se, sp * (1.0 - sp) / n_sp
    shift = 2.0 * z * z * (prevalence * se_part - (1.0 - prevalence) * sp_part)
    square = p * (1.0 - p) / n + prevalence**2 * se_part + (1.0 - prevalence) ** 2 * sp_part
    half = z * math.sqrt(square) / youden
    return min(1.0, max(0.0, prevalence + shift - half)), min(1.0, max(0.0, prevalence + shift + half))
