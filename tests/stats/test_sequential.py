from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.domain.errors import InvalidInput
from evalwright.stats import intervals, sequential


def test_sixty_peeks_break_wilson_and_not_the_sequence() -> None:
    rng = np.random.default_rng(0)
    looks = np.arange(50, 3_050, 50)
    totals = np.cumsum(rng.random((400, 3_000)) < 0.9, axis=1)[:, looks - 1]
    low, high = sequential.rate_sequence(totals, np.broadcast_to(looks, totals.shape))
    watched = np.mean(np.any((low > 0.9) | (high < 0.9), axis=1))
    fixed = 0
    for row in totals:
        bounds = [intervals.wilson(int(s), int(n)) for s, n in zip(row, looks, strict=True)]
        fixed += any(not each.low <= 0.9 <= each.high for each in bounds)
    assert fixed / 400 > 0.3
    assert watched <= 0.05


@given(st.integers(1, 2_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_price_of_peeking_is_a_wider_interval(case: tuple[int, int]) -> None:
    watched, fixed = sequential.watched_rate(*case), intervals.wilson(*case)
    assert watched.low <= watched.estimate <= watched.high
    assert watched.high - watched.low >= (fixed.high - fixed.low) * 0.95


def test_mean_bounds_hold_at_every_look_and_close_in() -> None:
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(200):
        low, high = sequential.mean_sequence(rng.beta(8, 2, size=1_000))
        missed += bool(np.any((low > 0.8) | (high < 0.8)))
    assert missed / 200 <= 0.05
    assert high[-1] - low[-1] < 0.06


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_mean_bounds_only_ever_tighten(values: list[float]) -> None:
    low, high = sequential.mean_sequence(values)
    assert np.all(np.diff(low) >= 0)
    assert np.all(np.diff(high) <= 0)


def test_the_e_process_rarely_accuses_an_innocent_canary() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.random((1_000, 1_500)) < 0.9, rng.random((1_000, 1_500)) < 0.87
    d = (a.astype(float) - b - 0.03) / 1.03
    false_alarms = np.mean(np.any(sequential.log_wealth(d) >= math.log(20), axis=1))
    assert false_alarms <= 0.06


def test_a_real_drop_is_found_about_as_fast_as_a_fixed_sample_would() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(120):
        a, b = (rng.random(2_000) < 0.9).astype(float), (rng.random(2_000) < 0.82).astype(float)
        decision = sequential.noninferiority(a, b, margin=0.0)
        found.append(decision.decided_at if decision.verdict == "fail" else 2_000)
    assert np.median(found) < 300


def test_a_better_canary_passes_and_the_evidence_is_kept() -> None:
    rng = np.random.default_rng(4)
    a, b = (rng.random(800) < 0.7).astype(float), (rng.random(800) < 0.85).astype(float)
    decision = sequential.noninferiority(a, b, margin=0.03)
    assert decision.verdict == "pass"
    assert decision.evidence_for >= 20
    assert decision.difference.low <= 0.15 <= decision.difference.high


def test_without_pairs_the_canary_goes_on() -> None:
    decision = sequential.noninferiority([], [], margin=0.03)
    assert (decision.verdict, decision.decided_at, decision.evidence_against) == ("continue", None, 1.0)


def test_a_margin_of_one_or_more_is_refused() -> None:
    with pytest.raises(InvalidInput):
        sequential.noninferiority([1.0], [1.0], margin=1.0)


def test_scores_between_zero_and_one_are_watched_with_empirical_bernstein() -> None:
    found = sequential.watched_mean(np.random.default_rng(0).random(500))
    assert found.method == "empirical_bernstein_sequence"
    assert found.low < 0.5 < found.high
    assert sequential.watched_mean([1.0, 0.0]).method == "beta_binomial_sequence"
