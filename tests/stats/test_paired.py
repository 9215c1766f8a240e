from __future__ import annotations

import json

import numpy as np
import pytest
import scipy.stats
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from shared import shared_data

from evalwright.domain.errors import InvalidInput
from evalwright.stats import intervals, multiplicity, paired

BITS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60)


def test_the_paired_difference_equals_statsmodels_with_clusters() -> None:
    rng = np.random.default_rng(1)
    a, b, groups = rng.normal(size=90), rng.normal(0.2, 1, size=90), np.repeat(np.arange(30), 3)
    found = paired.paired_difference(a, b, groups)
    fit = sm.OLS(b - a, np.ones(90)).fit(cov_type="cluster", cov_kwds={"groups": groups})
    half = float(fit.bse[0]) * scipy.stats.t.ppf(0.975, 29)
    assert found.estimate == pytest.approx(float(fit.params[0]))
    assert found.high - found.estimate == pytest.approx(half)


@given(BITS)
def test_the_adjusted_difference_of_bits_is_bonett_and_price_with_t(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs).T
    found = paired.paired_rate_difference(a, b)
    n = len(pairs)
    p12, p21 = (np.sum(b > a) + 1) / (n + 2), (np.sum(a > b) + 1) / (n + 2)
    error = np.sqrt((p12 + p21 - (p12 - p21) ** 2) / (n + 1))
    half = scipy.stats.t.ppf(0.975, n + 1) * error
    assert found.low == pytest.approx(max(-1, p12 - p21 - half), abs=1e-9)
    assert found.high == pytest.approx(min(1, p12 - p21 + half), abs=1e-9)


@given(BITS)
def test_swapping_the_sides_mirrors_the_difference(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs).T
    there, back = paired.paired_rate_difference(a, b), paired.paired_rate_difference(b, a)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)


@given(BITS, st.sampled_from([0.8, 0.9, 0.98]))
def test_a_paired_interval_can_be_read_at_another_level(pairs: list[tuple[int, int]], level: float) -> None:
    a, b = np.array(pairs).T
    found = paired.paired_rate_difference(a, b)
    if found.low > -1.0 or found.high < 1.0:
        direct, moved = paired.paired_rate_difference(a, b, level=level), intervals.at_level(found, level)
        assert (moved.low, moved.high) == pytest.approx((direct.low, direct.high), abs=1e-9)


def test_no_discordant_pair_is_not_certainty() -> None:
    found = paired.paired_rate_difference(np.ones(50), np.ones(50))
    assert found.estimate == 0.0
    assert found.high > 0.05


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_equals_the_exact_binomial_test(b: int, c: int) -> None:
    theirs = scipy.stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert paired.mcnemar_exact(b, c) == pytest.approx(theirs, rel=1e-6, abs=1e-12)


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=9))
def test_few_items_try_every_sign_pattern_like_scipy(values: list[int]) -> None:
    d = np.array(values, dtype=float)
    ours = paired.sign_flip_test(d, np.random.default_rng(0))
    patterns = (np.arange(2**d.size)[:, None] >> np.arange(d.size)) & 1
    totals = np.abs((2 * patterns - 1) @ d)
    assert ours == pytest.approx(np.mean(totals >= abs(d.sum()) - 1e-9))


def test_many_items_agree_with_scipy_permutation_test() -> None:
    d = np.random.default_rng(3).normal(0.25, 1, size=60)
    theirs = scipy.stats.permutation_test(
        (d,), np.mean, permutation_type="samples", n_resamples=9_999, rng=np.random.default_rng(1)
    ).pvalue
    assert paired.sign_flip_test(d, np.random.default_rng(2)) == pytest.approx(theirs, abs=0.012)


def test_bca_agrees_with_scipy_on_skewed_values() -> None:
    x = np.random.default_rng(5).exponential(size=60)
    ours = paired.bca_bootstrap(x, np.random.default_rng(0), resamples=9_999)
    theirs = scipy.stats.bootstrap((x,), np.mean, n_resamples=9_999, rng=np.random.default_rng(1)).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_unpaired_lengths_are_refused() -> None:
    with pytest.raises(InvalidInput, match="one length"):
        paired.paired_difference([1.0], [1.0, 2.0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_equals_scipy(p: list[float]) -> None:
    assert multiplicity.benjamini_hochberg(p) == pytest.approx(scipy.stats.false_discovery_control(p), abs=1e-12)


@pytest.mark.parametrize(("items", "most"), [(10, 1.0), (300, 0.98)])
def test_differences_cover_the_truth_as_often_as_they_say(items: int, most: float) -> None:
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(500):
        a = (rng.random(items) < 0.8).astype(float)
        b = np.where(rng.random(items) < 0.5, a, (rng.random(items) < 0.7).astype(float))
        found = paired.paired_rate_difference(a, b)
        hits += found.low <= -0.05 <= found.high
    assert 0.93 <= hits / 500 <= most


@pytest.mark.shared_data
def test_the_four_gsm8k_systems_give_the_published_discordant_pairs() -> None:
    folder = shared_data()
    reference = json.loads((folder / "REFERENCES.public.json").read_text())["gsm8k_4_systems"]
    lines = (folder / "experiments" / "gsm8k_4_systems.public.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    correct = {name: np.array([row[name]["is_correct"] for row in rows], float) for name in reference["accuracy"]}
    for name, accuracy in reference["accuracy"].items():
        assert intervals.rate(correct[name]).estimate == pytest.approx(accuracy, abs=1e-6)
    lost, won = paired.discordant_pairs(correct["175b_finetuning"], correct["175b_verification"])
    assert [won, lost] == reference["mcnemar_175b_verification_vs_finetuning_b_c"]
    assert paired.mcnemar_exact(lost, won) < 1e-15
    difference = paired.paired_rate_difference(correct["175b_finetuning"], correct["175b_verification"])
    assert difference.low > 0.1
