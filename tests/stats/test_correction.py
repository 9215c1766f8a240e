from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.domain.errors import InvalidInput
from evalwright.stats import correction, intervals, sampling, unpaired


def _world(rng: np.random.Generator, labels: int, judged: int, truth: float) -> tuple[np.ndarray, ...]:
    """Truth and verdicts of a judge with sensitivity .9 and specificity .8, labelled and unlabelled."""
    y = (rng.random(labels + judged) < truth).astype(float)
    f = np.where(rng.random(y.size) < np.where(y == 1, 0.9, 0.8), y, 1 - y)
    return y[:labels], f[:labels], f[labels:]


def test_correction_covers_the_truth_where_the_raw_judge_does_not() -> None:
    rng = np.random.default_rng(3)
    hits = {"raw": 0, "ppi": 0, "gladen": 0}
    for _ in range(300):
        y, f, u = _world(rng, 200, 2_000, 0.8)
        positive = int(y.sum())
        found = {
            "raw": intervals.rate(u),
            "ppi": correction.ppi_mean(y, f, u, unit="ratio"),
            "gladen": correction.rogan_gladen(
                int(u.sum()),
                u.size,
                true_positive=int((y * f).sum()),
                positive=positive,
                true_negative=int(((1 - y) * (1 - f)).sum()),
                negative=y.size - positive,
            ),
        }
        for name, each in found.items():
            hits[name] += each.low <= 0.8 <= each.high
    assert hits["raw"] < 15
    assert 0.91 <= hits["ppi"] / 300 <= 0.98
    assert 0.91 <= hits["gladen"] / 300 <= 0.985


def test_prevalence_elsewhere_needs_rogan_gladen_and_breaks_ppi() -> None:
    rng = np.random.default_rng(4)
    hits = {"ppi": 0, "gladen": 0}
    for _ in range(200):
        y, f, _ = _world(rng, 300, 1, 0.5)
        _, _, u = _world(rng, 1, 2_000, 0.9)
        positive = int(y.sum())
        gladen = correction.rogan_gladen(
            int(u.sum()),
            u.size,
            true_positive=int((y * f).sum()),
            positive=positive,
            true_negative=int(((1 - y) * (1 - f)).sum()),
            negative=y.size - positive,
        )
        ppi = correction.ppi_mean(y, f, u)
        hits["gladen"] += gladen.low <= 0.9 <= gladen.high
        hits["ppi"] += ppi.low <= 0.9 <= ppi.high
    assert hits["gladen"] / 200 >= 0.91
    assert hits["ppi"] / 200 < 0.5


def _grouped(rng: np.random.Generator, groups: int, size: int) -> tuple[np.ndarray, ...]:
    """Truth that moves together in groups of ``size``, a judge whose errors do too, and who belongs where."""
    share = rng.beta(2.0, 1.0, groups)  # mean 2/3
    names = np.repeat(np.arange(groups), size)
    y = (rng.random(groups * size) < share[names]).astype(float)
    careless = rng.random(groups) < 0.15
    f = np.where((rng.random(y.size) < 0.05) | (careless[names] & (rng.random(y.size) < 0.8)), 1.0 - y, y)
    return y, f, names


def test_rows_that_come_in_groups_are_counted_as_groups() -> None:
    rng = np.random.default_rng(12)
    hits = {"rows": 0, "groups": 0}
    for _ in range(300):
        y, f, names = _grouped(rng, 150, 5)
        seen = names < 50  # people label whole groups
        clusters = (list(names[seen]), list(names[~seen]))
        for name, given_clusters in (("rows", None), ("groups", clusters)):
            found = correction.ppi_mean(y[seen], f[seen], f[~seen], given_clusters, unit="ratio")
            hits[name] += found.low <= 2 / 3 <= found.high
    assert hits["rows"] / 300 < 0.85
    assert 0.92 <= hits["groups"] / 300 <= 0.98


def test_groups_of_one_change_nothing_but_the_quantile() -> None:
    y, f, u = _world(np.random.default_rng(5), 250, 1_000, 0.7)
    alone = correction.ppi_mean(y, f, u)
    own = correction.ppi_mean(y, f, u, (list(range(250)), list(range(250, 1_250))))
    assert own.estimate == alone.estimate
    assert own.df == 1_249
    assert own.high - own.low == pytest.approx(alone.high - alone.low, rel=0.01)


def test_groups_that_balance_out_make_no_interval_narrower() -> None:
    y = np.array([1.0, 0.0] * 100)
    f = np.where(np.arange(200) % 7 == 0, 1.0 - y, y)
    names = list(range(100)) * 2
    pairs = sorted(names)  # each group holds one of each
    alone = correction.ppi_mean(y[:100], f[:100], f[100:])
    grouped = correction.ppi_mean(y[:100], f[:100], f[100:], (pairs[:100], pairs[100:]))
    assert grouped.high - grouped.low >= alone.high - alone.low
    assert grouped.n_effective == pytest.approx(alone.n_effective)


def test_one_group_of_all_rows_has_no_interval() -> None:
    y, f, u = _world(np.random.default_rng(5), 30, 30, 0.7)
    found = correction.ppi_mean(y, f, u, ([0] * 30, [0] * 30))
    assert math.isnan(found.low)


def test_a_difference_that_a_judge_shrank_is_found_again() -> None:
    rng = np.random.default_rng(21)
    hits = {"raw": 0, "corrected": 0}
    for _ in range(300):
        y, f, _ = _world(rng, 400, 1, 0.6)
        before = _world(rng, 1, 1_500, 0.6)[2]
        after = _world(rng, 1, 1_500, 0.8)[2]
        raw = unpaired.rate_difference(intervals.rate(after), intervals.rate(before)).difference
        found = correction.rogan_gladen_difference(
            raw,
            true_positive=float((y * f).sum()),
            positive=float(y.sum()),
            true_negative=float(((1 - y) * (1 - f)).sum()),
            negative=float((1 - y).sum()),
        )
        hits["raw"] += raw.low <= 0.2 <= raw.high
        hits["corrected"] += found.low <= 0.2 <= found.high
    assert hits["raw"] / 300 < 0.2
    assert 0.92 <= hits["corrected"] / 300 <= 0.98


def test_a_perfect_judge_leaves_a_difference_as_it_is() -> None:
    raw = unpaired.rate_difference(intervals.wilson(700, 1_000), intervals.wilson(600, 1_000)).difference
    found = correction.rogan_gladen_difference(
        raw, true_positive=10**6, positive=10**6, true_negative=10**6, negative=10**6
    )
    assert found.estimate == pytest.approx(raw.estimate)
    assert (found.low, found.high) == pytest.approx((raw.low, raw.high), abs=0.002)
    assert found.method == "rogan_gladen"


def test_no_difference_is_corrected_by_a_judge_no_better_than_chance() -> None:
    raw = unpaired.rate_difference(intervals.wilson(70, 100), intervals.wilson(60, 100)).difference
    found = correction.rogan_gladen_difference(raw, true_positive=5, positive=10, true_negative=5, negative=10)
    assert math.isnan(found.estimate)
    assert "no better than chance" in found.warnings[0]


def test_the_ppi_standard_error_is_the_papers_formula() -> None:
    y, f, u = _world(np.random.default_rng(8), 250, 1_000, 0.7)
    variance = np.concatenate([f, u]).var(ddof=1)
    tuned = np.cov(y, f)[0, 1] / ((1 + y.size / u.size) * variance)
    error = math.sqrt(tuned**2 * u.var(ddof=1) / u.size + (y - tuned * f).var(ddof=1) / y.size)
    found = correction.ppi_mean(y, f, u)
    assert found.estimate == pytest.approx(tuned * u.mean() + (y - tuned * f).mean())
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 * error, rel=1e-6)


def test_a_useless_judge_leaves_the_people_alone() -> None:
    rng = np.random.default_rng(1)
    y = (rng.random(400) < 0.6).astype(float)
    found = correction.ppi_mean(y, np.ones(400), np.ones(4_000))
    assert found.estimate == pytest.approx(y.mean())


def test_few_labels_are_warned_about() -> None:
    assert "only 50 human labels" in correction.ppi_mean(*_world(np.random.default_rng(0), 50, 500, 0.8)).warnings[0]


def test_a_judge_no_better_than_chance_corrects_nothing() -> None:
    found = correction.rogan_gladen(50, 100, true_positive=5, positive=10, true_negative=5, negative=10)
    assert math.isnan(found.estimate)
    assert "no better than chance" in found.warnings[0]


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(InvalidInput):
        correction.rogan_gladen(101, 100, true_positive=5, positive=10, true_negative=5, negative=10)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.floats(0.01, 1))
def test_equal_inclusion_is_the_plain_average(values: list[float], pi: float) -> None:
    assert sampling.hajek(values, [pi] * len(values)) == intervals.average(values)


def test_unequal_sampling_is_undone() -> None:
    rng = np.random.default_rng(9)
    hits = 0
    for _ in range(300):
        y = (rng.random(4_000) < 0.3).astype(float)
        pi = np.where(y == 1, 0.2, 0.05)
        kept = rng.random(4_000) < pi
        found = sampling.hajek(y[kept], pi[kept])
        hits += found.low <= 0.3 <= found.high
    assert 0.92 <= hits / 300 <= 0.98


def test_inclusion_probabilities_of_zero_are_refused() -> None:
    with pytest.raises(InvalidInput):
        sampling.hajek([1.0, 0.0], [0.0, 0.5])


def test_stratified_means_weigh_by_population_and_cover() -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(300):
        found = sampling.stratified([rng.normal(1, 1, 40), rng.normal(5, 3, 25)], [900, 100])
        hits += found.low <= 1.4 <= found.high
    assert 0.92 <= hits / 300 <= 0.98


def test_a_stratum_of_one_has_no_interval() -> None:
    assert math.isnan(sampling.stratified([[1.0, 2.0], [3.0]], [10, 10]).estimate)
