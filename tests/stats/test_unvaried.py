"""No estimator may claim certainty: an interval without width is widened by what is known, or is none at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate, render
from evalwright.stats import (
    agreement,
    confusion,
    correction,
    correlation,
    drift,
    intervals,
    paired,
    ranking,
    reliability,
    resampling,
    sampling,
    sequential,
    unpaired,
    unvaried,
)
from evalwright.stats.correction_pairs import JudgedSide, ppi_difference

SCALE = (1.0, 5.0)
Rows = Sequence[tuple[float, float]]
Estimator = Callable[[Rows], Sequence[Estimate]]


def _sides(rows: Rows) -> tuple[list[float], list[float], list[int]]:
    return [a for a, _ in rows], [b for _, b in rows], [place // 2 for place in range(len(rows))]


def _unit(values: Sequence[float]) -> list[float]:
    return [(value - 1.0) / 4.0 for value in values]


def _means(rows: Rows) -> Sequence[Estimate]:
    a, b, groups = _sides(rows)
    pi = [0.5 if place % 2 else 1.0 for place in range(len(a))]
    return [
        *(
            estimator(a, clusters, **bounds)
            for estimator in (intervals.mean, intervals.average)
            for clusters in (None, groups)
            for bounds in ({}, {"bounds": SCALE})
        ),
        *(paired.paired_difference(a, b, clusters, bounds=at) for clusters in (None, groups) for at in (None, SCALE)),
        *(sampling.hajek(a, pi, clusters, bounds=at) for clusters in (None, groups) for at in (None, SCALE)),
        sampling.stratified([a, b], [3.0, 1.0]),
        paired.bca_bootstrap(a, np.random.default_rng(0), resamples=200),
        paired.bca_bootstrap(a, np.random.default_rng(0), lambda x: np.median(x, axis=-1), resamples=200),
        *(each.score for each in ranking.rank({"a": a, "b": b}, np.random.default_rng(0), resamples=100)),
        *(each.probability_best for each in ranking.rank({"a": a, "b": b}, np.random.default_rng(0), resamples=100)),
    ]


def _rates(rows: Rows) -> Sequence[Estimate]:
    a, b, groups = _sides(rows)
    x, y = _unit(a), _unit(b)
    passed = [int(value >= 0.5) for value in x]
    return [
        intervals.rate(x),
        intervals.rate(x, groups),
        intervals.clopper_pearson(sum(passed), len(passed)),
        paired.paired_rate_difference(x, y),
        paired.paired_rate_difference(x, y, groups),
        unpaired.rate_difference(intervals.rate(x), intervals.rate(y, groups)).difference,
        reliability.pass_at_k(passed, [1] * len(passed), 1),
        reliability.pass_hat_k(passed, [1] * len(passed), 1, groups),
        sequential.watched_rate(sum(passed), len(passed)),
        sequential.watched_mean(x),
        sequential.noninferiority(x, y, margin=0.1).difference,
    ]


def _corrected(rows: Rows) -> Sequence[Estimate]:
    a, b, groups = _sides(rows)
    x, y = _unit(a), _unit(b)
    seen = sum(value >= 0.5 for value in x)
    error = {"true_positive": seen, "positive": len(x), "true_negative": len(x) - 1, "negative": len(x)}
    sides = [JudgedSide(items=list(map(str, range(len(x)))), judged=one, truth=one[::-1]) for one in (x, y)]
    return [
        *(
            correction.ppi_mean(x, y, y + x, clusters, unit=unit)
            for clusters in (None, (groups, groups + groups))
            for unit in ("ratio", "")
        ),
        correction.rogan_gladen(seen, len(x), **error),
        correction.rogan_gladen_difference(paired.paired_rate_difference(x, y), **error),
        ppi_difference(*sides, bounded=True),
        ppi_difference(*sides),
    ]


def _agreements(rows: Rows) -> Sequence[Estimate]:
    a, b, groups = _sides(rows)
    found = []
    for clusters in (None, groups):
        rng = np.random.default_rng(1)
        kinds = {"labels": [1.0, 2.0, 3.0, 4.0, 5.0], "weights": "quadratic", "clusters": clusters, "resamples": 100}
        report = confusion.agreement_report(a, b, rng, **kinds)
        found += [report.accuracy, report.kappa, report.macro_f1, report.weighted_kappa]
        found += [each for label in report.labels for each in (label.precision, label.recall, label.f1)]
    for scale in ("nominal", "ordinal", "interval"):
        found.append(agreement.krippendorff_alpha(rows, np.random.default_rng(2), scale=scale, resamples=100))
    found.append(agreement.fleiss_kappa(rows, np.random.default_rng(2), resamples=100))
    for correlate in (correlation.spearman, correlation.kendall):
        found += [correlate(a, b), correlate(a, b, groups)]
    found.append(drift.psi(a, b, drift.bin_edges(a, 4), np.random.default_rng(3), resamples=100))
    return found


_STEPS = st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0])
_SAMPLES = st.one_of(
    st.lists(st.tuples(_STEPS, _STEPS), min_size=1, max_size=24),
    st.tuples(_STEPS, _STEPS, st.integers(1, 24)).map(lambda each: [(each[0], each[1])] * each[2]),
    st.tuples(_STEPS, st.integers(1, 24)).map(lambda each: [(each[0], each[0])] * each[1]),
    st.lists(_STEPS, min_size=1, max_size=24).map(lambda values: [(value, value) for value in values]),
    st.lists(_STEPS, min_size=1, max_size=24).map(lambda values: [(value, 6.0 - value) for value in values]),
    st.integers(1, 12).map(lambda pairs: [(1.0, 5.0), (5.0, 1.0)] * pairs),
)


@pytest.mark.parametrize("estimators", [_means, _rates, _corrected, _agreements])
@settings(max_examples=60)
@given(rows=_SAMPLES)
def test_an_interval_has_width_or_says_why_there_is_none(estimators: Estimator, rows: Rows) -> None:
    for found in estimators(rows):
        assert {type(found.low), type(found.high)} == {float}, "anything else does not encode"
        assert math.isnan(found.low) is math.isnan(found.high)
        if math.isnan(found.low):
            assert found.warnings, found
        else:
            assert found.high - found.low > 1e-4, found
            assert found.low <= found.estimate + 1e-9, found
            assert found.estimate <= found.high + 1e-9, found


@given(st.floats(-1e9, 1e9), st.integers(2, 50))
def test_equal_values_of_unknown_range_have_no_interval_and_say_so(value: float, n: int) -> None:
    found = intervals.mean([value] * n)
    assert math.isnan(found.low)
    assert found.estimate == pytest.approx(value)
    assert found.warnings[-1] == f"interval not estimable: all {n} values are equal"
    assert "[n/a]" in render(found)


def test_clusters_of_equal_mean_are_named_rather_than_their_values() -> None:
    found = intervals.mean([2.0, 9.0] * 12, [place // 2 for place in range(24)])
    assert found.warnings[-1] == "interval not estimable: all means of 12 clusters are equal"


def test_ten_of_ten_on_one_step_of_a_scale_reach_as_far_as_unseen_answers_could() -> None:
    found = intervals.mean([4.0] * 10, bounds=SCALE)
    share = 1.0 - 0.025**0.1
    assert (found.low, found.high) == pytest.approx((4.0 - 3.0 * share, 4.0 + share))
    assert found.method == unvaried.RULE_OF_THREE


@given(st.integers(1, 400), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_what_may_be_unseen_equals_the_exact_bound_of_none_of_n(n: int, level: float) -> None:
    assert unvaried.unseen_share(n, level) == pytest.approx(intervals.clopper_pearson(0, n, level=level).high, abs=1e-9)


@given(st.integers(2, 40), st.sampled_from([0.6, 0.9, 0.98]))
def test_the_interval_of_equal_values_moves_to_another_level(n: int, level: float) -> None:
    moved = intervals.at_level(intervals.mean([4.0] * n, bounds=SCALE), level)
    direct = intervals.mean([4.0] * n, bounds=SCALE, level=level)
    assert moved.low <= direct.low + 1e-9
    assert moved.high >= direct.high - 1e-9


def test_a_sample_of_ones_on_a_scale_from_one_to_five_is_no_rate() -> None:
    found = intervals.average([1.0] * 10, bounds=SCALE)
    assert found.low == 1.0
    assert found.high == pytest.approx(1.0 + 4.0 * (1.0 - 0.025**0.1))


def test_values_off_the_scale_they_are_said_to_have_are_refused() -> None:
    with pytest.raises(InvalidInput, match="must lie in"):
        intervals.mean([0.0, 3.0], bounds=SCALE)


def test_a_perfect_judge_of_few_rows_may_still_err() -> None:
    few = confusion.agreement_report(["a"] * 6 + ["b"] * 4, ["a"] * 6 + ["b"] * 4, np.random.default_rng(0))
    many = confusion.agreement_report(["a"] * 600 + ["b"] * 400, ["a"] * 600 + ["b"] * 400, np.random.default_rng(0))
    for name in ("kappa", "macro_f1"):
        narrow, wide = getattr(many, name), getattr(few, name)
        assert wide.estimate == narrow.estimate == wide.high == 1.0
        assert wide.low < 0.6
        assert 0.97 < narrow.low < 1.0


def test_the_f1_of_a_rare_label_is_worth_the_rows_of_that_label() -> None:
    truth = ["common"] * 990 + ["rare"] * 2
    rare = confusion.agreement_report(truth, truth, np.random.default_rng(0)).labels[1]
    assert rare.label == "rare"
    assert rare.f1.low < 0.2


@pytest.mark.parametrize("correlate", [correlation.spearman, correlation.kendall])
def test_a_perfect_rank_correlation_of_few_pairs_is_not_certain(
    correlate: Callable[..., Estimate],
) -> None:
    assert correlate(range(8), range(8)).low < 0.5
    assert correlate(range(8), range(8)[::-1]).high > -0.5
    assert 0.9 < correlate(range(1000), range(1000)).low < 1.0


def test_a_series_that_jumps_while_watched_has_no_one_mean() -> None:
    found = sequential.watched_mean([0.01] * 3000 + [0.99] * 3000)
    assert math.isnan(found.low)
    assert found.warnings == ("interval not estimable: the mean moved while it was watched",)


def test_bootstrap_draws_that_are_all_alike_give_no_interval() -> None:
    found = resampling.percentile_estimate(0.3, np.full(50, 0.3), n=50, denominators=None)
    assert math.isnan(found.low)
    assert found.warnings[-1] == "interval not estimable: all 50 resamples give the same"


@pytest.mark.parametrize("n", [10, 30, 100])
@pytest.mark.parametrize("rare", [0.005, 0.01, 0.02, 0.035, 0.05, 0.1])
def test_rare_answers_at_the_end_of_a_scale_are_covered_as_often_as_said(n: int, rare: float) -> None:
    rng = np.random.default_rng(round(n + 1000 * rare))
    truth = 4.0 - 3.0 * rare
    bad = rng.binomial(n, rare, size=4000)
    known = {k: intervals.mean([1.0] * k + [4.0] * (n - k), bounds=SCALE) for k in set(bad.tolist())}
    covered = np.mean([known[k].low <= truth <= known[k].high for k in bad.tolist()])
    assert covered >= 0.93
    assert all(found.high > found.low for found in known.values())
