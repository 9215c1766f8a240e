"""Correcting a judged rate for the judge's error, from a sample that people labelled too."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators
from evalwright.stats.arrays import FloatArray, Labels, cluster_codes, same_length, vector
from evalwright.stats.distributions import two_sided_quantile
from evalwright.stats.intervals import check_level, cluster_warnings, unknown
from evalwright.stats.unvaried import is_negligible, reaching, with_width

OUTSIDE = "the judged rate lies outside what the judge's error allows"

LABELS_REQUIRED = 200


def ppi_mean(
    truth: ArrayLike,
    judged_with_truth: ArrayLike,
    judged: ArrayLike,
    clusters: tuple[Labels, Labels] | None = None,
    *,
    level: float = 0.95,
    unit: str = "",
) -> Estimate:
    """True mean of the population behind ``judged``, when the labelled sample comes from that same population.

    lambda * mean(F_u) + mean(Y - lambda F) with the variance-minimising lambda, clipped to [0, 1]: not worse than the
    people alone. Source: PPI++, Angelopoulos et al., arXiv 2311.01453.

    ``clusters`` names the cluster of each labelled and of each unlabelled row; the standard error is then that of the
    sums of each cluster's influence on the estimate (the sandwich of Miller, arXiv 2411.00640), with Student's t.
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
    square, df = _ppi_variance(y - tuned * f, tuned * u, clusters)
    half = two_sided_quantile(level, df) * math.sqrt(square)
    found = Estimate(
        estimate=estimate,
        low=max(0.0, estimate - half) if unit == "ratio" else estimate - half,
        high=min(1.0, estimate + half) if unit == "ratio" else estimate + half,
        level=level,
        n=y.size + u.size,
        n_effective=float(y.var(ddof=1)) / square if square > 0.0 else float(y.size),
        df=df,
        method="ppi_plus_plus",
        unit=unit,
        denominators=counts,
        warnings=(*few_labels(y.size), *(cluster_warnings(df + 1) if df is not None else ())),
    )
    if not is_negligible(math.sqrt(square), estimate):
        return found
    labels = cluster_codes(clusters[0] if clusters else None, y.size)[1]
    return reaching(found, labels, (0.0, 1.0) if unit == "ratio" else None, f"all {y.size} labels are equal")


def _ppi_variance(
    rest: FloatArray, predicted: FloatArray, clusters: tuple[Labels, Labels] | None
) -> tuple[float, int | None]:
    """Squared standard error of mean(rest) + mean(predicted), and the degrees of freedom where clusters are counted.

    Clusters never make it smaller than single rows would: that they balance out is more often chance than design.
    """
    alone = float(predicted.var(ddof=1)) / predicted.size + float(rest.var(ddof=1)) / rest.size
    if clusters is None:
        return alone, None
    codes, count = cluster_codes([*clusters[0], *clusters[1]], rest.size + predicted.size)
    if count < 2:
        return math.nan, None
    influence = np.concatenate([(rest - rest.mean()) / rest.size, (predicted - predicted.mean()) / predicted.size])
    sums = np.bincount(codes, weights=influence, minlength=count)
    return max(alone, count / (count - 1) * float(sums @ sums)), count - 1


def few_labels(n: int) -> tuple[str, ...]:
    """What a reader must know of an interval that rests on this few labels."""
    if n >= LABELS_REQUIRED:
        return ()
    return (
        f"only {n} human labels: with fewer than {LABELS_REQUIRED} the interval is too narrow for rates near 0 or 1",
    )


def rogan_gladen(
    judged_positive: float,
    judged: float,
    *,
    true_positive: float,
    positive: float,
    true_negative: float,
    negative: float,
    level: float = 0.95,
) -> Estimate:
    """True rate behind a judged rate, when calibration labels come from elsewhere (other prevalence).

    (p + Sp - 1) / (Se + Sp - 1), sensitivity from ``true_positive`` of ``positive`` calibration rows, specificity
    from ``true_negative`` of ``negative``. Rows that come in clusters are given as the effective counts they are worth.
    Source: Rogan & Gladen 1978; interval of Lang & Reiczigel 2014.
    """
    check_level(level)
    counts = Denominators(scored=round(judged))
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
    found = Estimate(
        estimate=estimate,
        low=min(low, estimate),
        high=max(high, estimate),
        level=level,
        n=round(judged),
        n_effective=float(judged),
        method="rogan_gladen",
        unit="ratio",
        denominators=counts,
        warnings=few_labels(round(positive + negative)),
    )
    return with_width(found, OUTSIDE)


def rogan_gladen_difference(
    difference: Estimate, *, true_positive: float, positive: float, true_negative: float, negative: float
) -> Estimate:
    """True difference behind the difference of two judged rates, when the judge errs equally often on both sides.

    d / (Se + Sp - 1): an imperfect judge shrinks differences. Delta method over the difference's own standard error and
    the errors of sensitivity and specificity, each with one success and one failure added. Source: Rogan & Gladen 1978
    applied to both sides; the p-value of a test of no difference is that of the judged difference.
    """
    _refuse_parts((true_positive, positive), (true_negative, negative))
    if math.isnan(difference.low) or not (positive and negative):
        return unknown("rogan_gladen", level=difference.level, unit="ratio", reason="an empty sample")
    youden = true_positive / positive + true_negative / negative - 1.0
    if youden <= 0.0:
        reason = "the judge is no better than chance: nothing can be corrected"
        return unknown("rogan_gladen", level=difference.level, unit="ratio", reason=reason)
    quantile = two_sided_quantile(difference.level, difference.df)
    error = (difference.high - difference.low) / 2.0 / quantile
    rates = (((true_positive + 1.0) / (positive + 2.0), positive), ((true_negative + 1.0) / (negative + 2.0), negative))
    spread = sum(share * (1.0 - share) / (size + 2.0) for share, size in rates)
    half = quantile * math.sqrt(error**2 / youden**2 + difference.estimate**2 * spread / youden**4)
    centre = difference.estimate / youden
    found = replace(
        difference,
        estimate=min(1.0, max(-1.0, centre)),
        low=max(-1.0, centre - half),
        high=min(1.0, centre + half),
        method="rogan_gladen",
        unit="ratio",
        warnings=(*difference.warnings, *few_labels(round(positive + negative))),
    )
    return with_width(found, OUTSIDE)


def _refuse_parts(*parts: tuple[float, float]) -> None:
    for part, whole in parts:
        if not 0 <= part <= whole:
            raise InvalidInput(f"a count must lie between 0 and its whole, got {part!r} of {whole!r}")


def _lang_reiczigel(
    judged_positive: float, judged: float, sensitive: tuple[float, float], specific: tuple[float, float], z: float
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
