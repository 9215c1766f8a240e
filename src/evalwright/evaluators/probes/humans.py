"""A judge beside people: does it favour its own family, and is it as sure as it is right?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evalwright.domain.estimate import Estimate
from evalwright.domain.probing import Finding
from evalwright.evaluators.pairwise import FIRST, SECOND
from evalwright.evaluators.probes.findings import finding, not_applicable
from evalwright.evaluators.probes.items import Bench
from evalwright.evaluators.probes.pairs import Columns, collect
from evalwright.evaluators.probes.perturb import chance
from evalwright.evaluators.probes.run import AS_IT_IS
from evalwright.evaluators.probes.verdicts import Table, Verdict
from evalwright.stats.arrays import FloatArray, IntArray, cluster_codes
from evalwright.stats.distributions import two_sided_quantile
from evalwright.stats.intervals import average, cluster_standard_error, cluster_warnings, unknown
from evalwright.stats.resampling import percentile_estimate, share_reach
from evalwright.stats.unvaried import is_negligible, reaching

OWN: Final = "favour for answers of its own family, against people"
SURE: Final = "gap between how sure and how right it is (ECE)"
ACCEPTED_FAVOUR: Final = 0.05
ACCEPTED_GAP: Final = 0.05
BINS: Final = 10
RESAMPLES: Final = 1_000


def self_preference(bench: Bench, table: Table, family: str) -> Finding:
    """Returns how much better than people do the judge rates its own family than others.

    One answer at a time: the mean of judge minus human on own answers, less that on others'. Pairs with exactly one
    answer of its own: how much more often than people it prefers that one.
    """
    if not family:
        return not_applicable("self_preference", OWN, "the judge's model family is not known")
    if not any(item.human is not None for item in bench.items):
        return not_applicable("self_preference", OWN, "no human labels")
    authors = {name for item in bench.items for name in item.families.values()}
    if family not in authors or len(authors) < 2:
        return not_applicable("self_preference", OWN, f"the items have no answers by {family!r} and by others")
    return _pairs(bench, table, family) if bench.shape.pairwise else _single(bench, table, family)


def _pairs(bench: Bench, table: Table, family: str) -> Finding:
    def read(index: int, verdicts: Sequence[Verdict]) -> tuple[float, ...] | str:
        item = bench.items[index]
        own = [side for side in (FIRST, SECOND) if item.families.get(side) == family]
        people, judge = bench.shape.unit_of(item.human), verdicts[0].unit
        if len(own) != 1:
            return "not exactly one answer is by its own family"
        if people is None or judge is None:
            return "no human label"
        return (people, judge) if own[0] == FIRST else (1.0 - people, 1.0 - judge)

    found = collect(bench, table, (AS_IT_IS,), read)
    effect = found.difference()
    return finding("self_preference", OWN, effect, bar=ACCEPTED_FAVOUR, null=0.0, reasons=found.tally.reasons)


def _single(bench: Bench, table: Table, family: str) -> Finding:
    def read(index: int, verdicts: Sequence[Verdict]) -> tuple[float, ...] | str:
        item = bench.items[index]
        people, judge, author = bench.shape.unit_of(item.human), verdicts[0].unit, item.families.get("output")
        if people is None or judge is None or not author:
            return "no human label" if people is None else "no verdict on a scale" if author else "author not known"
        return judge - people, float(author == family)

    found = collect(bench, table, (AS_IT_IS,), read)
    effect = _difference_of_means(found)
    return finding("self_preference", OWN, effect, bar=ACCEPTED_FAVOUR, null=0.0, reasons=found.tally.reasons)


def _difference_of_means(found: Columns) -> Estimate:
    """Mean where the second column is 1, less the mean where it is 0; clusters may hold both (linearised variance)."""
    x, own = (np.asarray(column, dtype=np.float64) for column in found.values)
    mine, others = own == 1.0, own == 0.0
    counts = found.tally.denominators
    if not mine.any() or not others.any():
        return unknown("clustered_t", denominators=counts, reason="only one side has human labels")
    centre = float(x[mine].mean() - x[others].mean())
    influence = np.where(mine, (x - x[mine].mean()) / mine.mean(), -(x - x[others].mean()) / others.mean())
    codes, count = cluster_codes(found.clusters, x.size)
    error = cluster_standard_error(influence, codes, count)
    half = error * two_sided_quantile(0.95, count - 1) if count > 1 else math.nan
    effect = Estimate(
        estimate=centre,
        low=centre - half,
        high=centre + half,
        n=int(x.size),
        n_effective=float(count),
        df=count - 1,
        method="clustered_t",
        unit="ratio",
        denominators=counts,
        warnings=cluster_warnings(count),
    )
    if not is_negligible(error, 1.0):
        return effect
    fewest = min(count, int(mine.sum()), int(others.sum()))
    return reaching(effect, fewest, (-2.0, 2.0), f"all {x.size} differences are equal")


def calibration(bench: Bench, table: Table) -> Finding:
    """Returns the expected calibration error of the judge's confidence, with its Brier score in the details.

    The p-value simulates a judge that is right exactly as often as it is sure on these very items (consistency
    resampling, Broecker & Smith 2007), so that the error which bins show by chance is not held against it. Source:
    Guo et al. 2017 for ECE (here with bins of equal size), Brier 1950.
    """
    if not any(item.human is not None for item in bench.items):
        return not_applicable("calibration", SURE, "no human labels")
    verdicts = table.of(AS_IT_IS).values()
    if any(verdict.scored for verdict in verdicts) and all(verdict.confidence is None for verdict in verdicts):
        return not_applicable(
            "calibration", SURE, "the judge gives no confidence: neither log-probabilities nor stated"
        )

    def read(index: int, verdicts: Sequence[Verdict]) -> tuple[float, ...] | str:
        human, verdict = bench.items[index].human, verdicts[0]
        if human is None or verdict.confidence is None:
            return "no human label" if human is None else "no confidence"
        return verdict.confidence, float(_agrees(bench, human, verdict))

    found = collect(bench, table, (AS_IT_IS,), read)
    return _calibration(found, bench.seed)


def _agrees(bench: Bench, human: str | float, verdict: Verdict) -> bool:
    if isinstance(human, str):
        return human == verdict.label
    place = bench.shape.unit_of(human)
    return place is not None and verdict.unit is not None and abs(place - verdict.unit) <= 1e-9


def _calibration(found: Columns, seed: int) -> Finding:
    sure, right = (np.asarray(column, dtype=np.float64) for column in found.values)
    counts = found.tally.denominators
    if found.groups < 2:
        empty = unknown("bootstrap", denominators=counts, reason="fewer than two items with confidence and human label")
        return finding("calibration", SURE, empty, bar=ACCEPTED_GAP, reasons=found.tally.reasons)
    rng = np.random.default_rng(chance(seed, "calibration").getrandbits(64))
    observed = expected_calibration_error(sure, right)
    codes, groups = cluster_codes(found.clusters, sure.size)
    members = [np.flatnonzero(codes == group) for group in range(groups)]
    draws = np.array([_resampled_error(sure, right, members, rng) for _ in range(RESAMPLES)])
    calm = np.array([expected_calibration_error(sure, rng.random(sure.size) < sure) for _ in range(RESAMPLES)])
    reach = share_reach(observed, groups, 0.95)
    effect = percentile_estimate(
        observed, draws, n=sure.size, level=0.95, unit="ratio", denominators=counts, reach=reach
    )
    return finding(
        "calibration",
        SURE,
        replace(effect, n_effective=float(groups)),
        bar=ACCEPTED_GAP,
        null=0.0,
        p=float((1 + np.sum(calm >= observed)) / (RESAMPLES + 1)),
        reasons=found.tally.reasons,
        details={
            "brier": average((sure - right) ** 2, found.clusters),
            "ECE of a calibrated judge": float(calm.mean()),
        },
    )


def _resampled_error(
    sure: FloatArray, right: FloatArray, members: Sequence[IntArray], rng: np.random.Generator
) -> float:
    rows = np.concatenate([members[group] for group in rng.integers(0, len(members), len(members))])
    return expected_calibration_error(sure[rows], right[rows])


def expected_calibration_error(sure: FloatArray, right: NDArray[Any]) -> float:
    """Returns the mean gap between confidence and accuracy over bins of about equal size, weighted by size.

    Equal confidences share a bin, so a judge that always says 0.9 has one bin.
    """
    edges = np.unique(np.quantile(sure, np.linspace(0.0, 1.0, BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, sure, side="right")
    return float(np.abs(np.bincount(bins, weights=sure - right)).sum() / sure.size)
