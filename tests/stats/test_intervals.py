from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from evalwright.domain.errors import InvalidInput
from evalwright.stats import distributions, intervals

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(
    st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.8, 0.95, 0.99])
)
def test_wilson_and_clopper_pearson_equal_scipy(case: tuple[int, int], level: float) -> None:
    successes, n = case
    for ours, name in ((intervals.wilson, "wilson"), (intervals.clopper_pearson, "exact")):
        theirs = scipy.stats.binomtest(successes, n).proportion_ci(level, method=name)
        found = ours(successes, n, level=level)
        assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_no_success_at_all_still_has_a_real_interval() -> None:
    found = intervals.wilson(0, 10)
    assert found.low == 0.0
    assert found.high == pytest.approx(0.2775, abs=1e-4)


@given(st.lists(st.tuples(st.floats(-100, 100), st.integers(0, 5)), min_size=6, max_size=50))
def test_the_clustered_standard_error_equals_statsmodels(rows: list[tuple[float, int]]) -> None:
    values, clusters = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    codes, count = np.unique(clusters, return_inverse=True)[1], np.unique(clusters).size
    if count < 2 or values.std() < 1e-6:
        return
    ours = intervals.cluster_standard_error(values, codes, count)
    fit = sm.OLS(values, np.ones_like(values)).fit(cov_type="cluster", cov_kwds={"groups": codes})
    assert ours == pytest.approx(float(fit.bse[0]), rel=1e-6, abs=1e-9)


def test_independent_values_get_the_classical_t_interval() -> None:
    values = np.array([3.0, 4.5, 1.0, 8.0, 2.2])
    found = intervals.mean(values)
    low, high = scipy.stats.t.interval(0.95, 4, values.mean(), scipy.stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert found.n_effective == pytest.approx(5.0)


@given(SCORES, st.integers(1, 6))
def test_a_rate_interval_holds_its_estimate_and_never_leaves_zero_to_one(values: list[float], groups: int) -> None:
    found = intervals.rate(values, [index % groups for index in range(len(values))])
    assert 0.0 <= found.low <= found.estimate + 1e-12
    assert found.estimate - 1e-12 <= found.high <= 1.0
    assert found.high > found.low


def test_repeating_every_trial_ten_times_adds_no_certainty() -> None:
    once = intervals.rate([1, 0, 1, 1, 0, 1, 1, 0], list(range(8)))
    repeated = intervals.rate([1, 0, 1, 1, 0, 1, 1, 0] * 10, list(range(8)) * 10)
    assert (repeated.low, repeated.high) == pytest.approx((once.low, once.high))
    assert repeated.n == 80
    assert repeated.n_effective < 9


def test_one_cluster_gives_an_estimate_and_says_that_it_has_no_interval() -> None:
    found = intervals.mean([10.0, 12.0], ["a", "a"])
    assert math.isnan(found.low)
    assert "one cluster" in found.warnings[0]


def test_nothing_observed_is_nan_and_not_zero() -> None:
    assert math.isnan(intervals.average([]).estimate)
    assert intervals.average([]).n == 0


@pytest.mark.parametrize("values", [[1.0, math.nan], [math.inf], [[1.0]]])
def test_values_that_would_poison_a_mean_are_refused(values: list[float]) -> None:
    with pytest.raises(InvalidInput):
        intervals.mean(values)


def test_an_impossible_level_is_refused_with_a_hint() -> None:
    with pytest.raises(InvalidInput, match=r"0\.95 for 95"):
        intervals.wilson(1, 2, level=95)


@given(SCORES, st.sampled_from([0.6, 0.9, 0.98]))
def test_moving_an_interval_to_another_level_equals_estimating_there(values: list[float], level: float) -> None:
    clusters = [index // 2 for index in range(len(values))]
    for estimator in (intervals.rate, intervals.mean):
        direct, moved = estimator(values, clusters, level=level), intervals.at_level(estimator(values, clusters), level)
        if not math.isnan(direct.low):
            assert (moved.low, moved.high) == pytest.approx((direct.low, direct.high), abs=1e-9)


def test_clustered_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(400):
        p = rng.beta(4, 1, size=30)
        values = (rng.random((30, 5)) < p[:, None]).astype(float).ravel()
        found = intervals.rate(values, np.repeat(np.arange(30), 5))
        hits += found.low <= 0.8 <= found.high
    assert 0.92 <= hits / 400 <= 0.98


@given(st.floats(0.001, 0.999), st.floats(0.5, 3000))
def test_t_quantiles_equal_scipy(probability: float, df: float) -> None:
    assert distributions.t_quantile(probability, df) == pytest.approx(
        scipy.stats.t.ppf(probability, df), rel=1e-6, abs=1e-8
    )


@given(st.floats(0, 1), st.floats(0.1, 2000), st.floats(0.1, 2000))
def test_the_incomplete_beta_function_equals_scipy(x: float, a: float, b: float) -> None:
    assert distributions.beta_cdf(x, a, b) == pytest.approx(scipy.stats.beta.cdf(x, a, b), abs=1e-9)


@given(st.floats(0, 300), st.integers(1, 80))
def test_the_chi_square_tail_equals_scipy(x: float, df: int) -> None:
    assert distributions.chi2_sf(x, df) == pytest.approx(scipy.stats.chi2.sf(x, df), abs=1e-10)


@given(st.floats(0, 4))
def test_the_kolmogorov_tail_equals_scipy(x: float) -> None:
    assert distributions.kolmogorov_sf(x) == pytest.approx(scipy.stats.kstwobign.sf(x), abs=1e-9)
