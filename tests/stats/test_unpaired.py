"""Differences of independent rates, and agreement when rows come in groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from evalwright.stats.confusion import agreement_report
from evalwright.stats.intervals import rate, wilson
from evalwright.stats.unpaired import rate_difference


@pytest.mark.parametrize("counts", [(30, 50, 20, 45), (0, 20, 5, 30), (98, 100, 400, 500)])
def test_the_difference_of_two_rates_equals_newcombes_interval_and_the_score_test(
    counts: tuple[int, int, int, int],
) -> None:
    a, n, b, m = counts
    found = rate_difference(wilson(a, n), wilson(b, m))
    low, high = confint_proportions_2indep(a, n, b, m, method="newcomb")
    assert (found.difference.low, found.difference.high) == pytest.approx((low, high))
    assert found.p_value == pytest.approx(proportions_ztest([a, b], [n, m])[1])


@given(n=st.integers(1, 200), m=st.integers(1, 200), data=st.data())
def test_the_difference_of_two_rates_stays_in_range_around_its_estimate(n: int, m: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = rate_difference(wilson(a, n), wilson(b, m))
    assert -1.0 <= found.difference.low <= found.difference.estimate <= found.difference.high <= 1.0
    assert 0.0 <= found.p_value <= 1.0


def test_a_side_without_an_interval_makes_no_difference() -> None:
    found = rate_difference(wilson(0, 0), wilson(3, 9))
    assert np.isnan(found.difference.estimate)
    assert found.p_value == 1.0


def test_repeating_every_row_tells_nothing_new_once_rows_are_grouped() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, 300)
    judged = np.where(rng.random(300) < 0.7, truth, rng.integers(0, 3, 300))
    once = agreement_report(truth, judged, np.random.default_rng(1))
    four_times = [np.repeat(each, 4) for each in (truth, judged, np.arange(300))]
    naive = agreement_report(four_times[0], four_times[1], np.random.default_rng(1))
    grouped = agreement_report(four_times[0], four_times[1], np.random.default_rng(1), clusters=four_times[2])
    assert grouped.kappa.estimate == pytest.approx(once.kappa.estimate)
    width = once.kappa.high - once.kappa.low
    assert grouped.kappa.high - grouped.kappa.low == pytest.approx(width, rel=0.1)
    assert naive.kappa.high - naive.kappa.low < 0.6 * width
    assert grouped.accuracy == rate(four_times[0] == four_times[1], four_times[2])


def test_groups_of_one_row_are_the_rows_themselves() -> None:
    rng = np.random.default_rng(5)
    truth, judged = rng.integers(0, 2, 400), rng.integers(0, 2, 400)
    alone = agreement_report(truth, judged, np.random.default_rng(1))
    grouped = agreement_report(truth, judged, np.random.default_rng(2), clusters=np.arange(400))
    assert grouped.kappa.estimate == alone.kappa.estimate
    assert (grouped.kappa.low, grouped.kappa.high) == pytest.approx((alone.kappa.low, alone.kappa.high), abs=0.03)
