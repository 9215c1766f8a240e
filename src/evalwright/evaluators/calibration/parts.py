"""The judge against people on one part of the rows: every measure its scale allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from evalwright.domain.calibration import Agreement, ConfusionCounts, LabelAgreement, Scale
from evalwright.domain.estimate import Estimate
from evalwright.evaluators.calibration.rows import Options, Pairs
from evalwright.stats.confusion import AgreementReport, LabelReport, agreement_report
from evalwright.stats.correlation import kendall, spearman
from evalwright.stats.intervals import rate
from evalwright.stats.paired import paired_difference

Mask = NDArray[np.bool_]


def measure(pairs: Pairs, labels: Sequence[str], positive: str, options: Options, rng: Generator) -> Agreement:
    """Returns the agreement on these pairs; on none of them every measure is an estimate without a number."""
    rows, groups = len(pairs.items), len(set(pairs.groups))
    if options.scale is Scale.INTERVAL:
        return _numeric(pairs, rows, groups, options)
    human, judge, clusters = pairs.human.astype(str), pairs.judge.astype(str), pairs.clusters
    keywords: dict[str, Any] = {"labels": labels, "clusters": clusters, "level": options.level}
    keywords["resamples"] = options.resamples
    ordered = options.scale is Scale.ORDINAL
    found = agreement_report(human, judge, rng, weights="quadratic" if ordered else None, **keywords)
    places = {label: place for place, label in enumerate(labels)}
    ranks = ([places[value] for value in human], [places[value] for value in judge])
    return Agreement(
        rows=rows,
        groups=groups,
        agreement=found.accuracy,
        kappa=found.kappa,
        weighted_kappa=found.weighted_kappa,
        macro_f1=found.macro_f1,
        sensitivity=_share(judge == positive, human == positive, clusters, options) if positive else None,
        specificity=_share(judge != positive, human != positive, clusters, options) if positive else None,
        spearman=spearman(*ranks, clusters, level=options.level) if ordered else None,
        kendall=kendall(*ranks, clusters, level=options.level) if ordered else None,
        labels=[_label(each, human, judge, clusters, options) for each in found.labels],
        confusion=_counts(found),
    )


def _numeric(pairs: Pairs, rows: int, groups: int, options: Options) -> Agreement:
    human, judge = pairs.human.astype(float), pairs.judge.astype(float)
    return Agreement(
        rows=rows,
        groups=groups,
        spearman=spearman(human, judge, pairs.clusters, level=options.level),
        kendall=kendall(human, judge, pairs.clusters, level=options.level),
        difference=paired_difference(human, judge, pairs.clusters, level=options.level),
    )


def _share(said: Mask, among: Mask, clusters: Sequence[str] | None, options: Options) -> Estimate:
    """Returns how often ``said`` holds where ``among`` does."""
    own = None if clusters is None else [cluster for cluster, kept in zip(clusters, among, strict=True) if kept]
    repeated = own if own is not None and len(set(own)) < len(own) else None
    return rate(said[among].astype(float), repeated, level=options.level)


def _label(
    each: LabelReport,
    human: NDArray[np.str_],
    judge: NDArray[np.str_],
    clusters: Sequence[str] | None,
    options: Options,
) -> LabelAgreement:
    hit, called = human == each.label, judge == each.label
    return LabelAgreement(
        label=str(each.label),
        precision=_share(hit, called, clusters, options),
        recall=_share(called, hit, clusters, options),
        f1=each.f1,
        support=each.support,
    )


def _counts(found: AgreementReport) -> ConfusionCounts:
    counts = [[int(count) for count in row] for row in found.table.counts]
    return ConfusionCounts(labels=[str(label) for label in found.table.labels], counts=counts)
