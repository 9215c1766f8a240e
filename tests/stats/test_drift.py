from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from evalwright.domain.errors import InvalidInput
from evalwright.stats import drift, pareto, ranking


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=60), st.lists(st.integers(0, 20), min_size=2, max_size=60))
def test_kolmogorov_smirnov_equals_scipy_with_ties(x: list[int], y: list[int]) -> None:
    theirs = scipy.stats.ks_2samp(x, y, method="asymp")
    found = drift.kolmogorov_smirnov(x, y)
    assert found.statistic == pytest.approx(theirs.statistic, abs=1e-12)
    root = np.sqrt(len(x) * len(y) / (len(x) + len(y)))
    assert found.p_value == pytest.approx(scipy.stats.kstwobign.sf(root * theirs.statistic), abs=1e-9)


@given(
    st.lists(st.sampled_from("abc"), min_size=2, max_size=60), st.lists(st.sampled_from("abc"), min_size=2, max_size=60)
)
def test_chi_square_equals_scipy(x: list[str], y: list[str]) -> None:
    found = drift.chi_square(x, y)
    table = [[side.count(label) for label in sorted(set(x + y))] for side in (x, y)]
    theirs = scipy.stats.chi2_contingency(table, correction=False)
    assert found.statistic == pytest.approx(theirs.statistic, abs=1e-9)
    assert found.p_value == pytest.approx(theirs.pvalue, abs=1e-9)


def test_psi_tells_a_shift_from_sampling_noise() -> None:
    rng = _rng()
    baseline = rng.normal(size=3_000)
    edges = drift.bin_edges(baseline)
    same = drift.psi(baseline, rng.normal(size=2_000), edges, rng)
    moved = drift.psi(baseline, rng.normal(0.6, 1, size=2_000), edges, rng)
    assert same.estimate < 0.02
    assert moved.low > 0.2
    assert moved.low <= moved.estimate <= moved.high


def test_psi_is_symmetric_and_zero_for_the_same_sample() -> None:
    x, y, edges = [1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 3.5, 9.0], [1.5, 2.5, 3.5]
    there, back = drift.psi(x, y, edges, _rng()), drift.psi(y, x, edges, _rng())
    assert there.estimate == pytest.approx(back.estimate)
    assert drift.psi(x, x, edges, _rng()).estimate == pytest.approx(0.0)
    assert "sampling alone" in drift.psi(x, x, edges, _rng()).warnings[0]


def test_embeddings_that_moved_are_noticed_and_others_are_not() -> None:
    rng = _rng()
    base = rng.normal(size=(80, 6))
    p_same = [
        drift.maximum_mean_discrepancy(base, rng.normal(size=(60, 6)), rng, permutations=199).p_value for _ in range(10)
    ]
    moved = drift.maximum_mean_discrepancy(base, rng.normal(0.7, 1, size=(60, 6)), rng, permutations=199)
    assert moved.p_value == pytest.approx(1 / 200)
    assert sum(p < 0.05 for p in p_same) <= 3


def test_embeddings_of_different_widths_are_refused() -> None:
    with pytest.raises(InvalidInput, match="one width"):
        drift.maximum_mean_discrepancy(np.zeros((3, 2)), np.zeros((3, 4)), _rng())


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=25),
    st.tuples(st.sampled_from(["higher", "lower"]), st.sampled_from(["higher", "lower"])),
)
def test_the_front_is_what_brute_force_finds(points: list[tuple[int, int]], directions: tuple[str, str]) -> None:
    signs = [1 if direction == "higher" else -1 for direction in directions]
    signed = [tuple(sign * value for sign, value in zip(signs, point, strict=True)) for point in points]
    expected = [
        not any(all(o >= m for o, m in zip(other, mine, strict=True)) and other != mine for other in signed)
        for mine in signed
    ]
    assert pareto.pareto_front(points, directions).tolist() == expected


def test_a_candidate_with_a_missing_metric_is_never_on_the_front() -> None:
    assert pareto.pareto_front([[1.0, np.nan], [0.0, 0.0]], ["higher", "higher"]).tolist() == [False, True]


def test_ranking_says_how_sure_the_first_place_is() -> None:
    rng = _rng()
    items = rng.random(200)
    scores = {"weak": items * 0.5, "strong": items * 0.9, "twin": items * 0.9}
    ranks = ranking.rank(scores, rng)
    assert [each.name for each in ranks[:2]] == ["strong", "twin"]
    assert ranks[0].probability_best.estimate == pytest.approx(0.5)
    assert ranks[2].probability_best.estimate == 0.0
    assert ranking.rank(scores, rng, direction="lower")[0].name == "weak"


def test_probabilities_of_being_best_add_up_to_one() -> None:
    rng = _rng()
    ranks = ranking.rank({str(index): rng.random(30) for index in range(5)}, rng)
    assert sum(each.probability_best.estimate for each in ranks) == pytest.approx(1.0)
