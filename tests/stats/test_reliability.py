from __future__ import annotations

import json
import math
from collections import defaultdict
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared_data

from evalwright.domain.errors import InvalidInput
from evalwright.stats import power, reliability

ITEM = st.integers(1, 7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(1, n)))


@given(ITEM)
def test_pass_at_k_and_pass_hat_k_equal_counting_every_subset(case: tuple[int, int, int]) -> None:
    c, n, k = case
    subsets = list(combinations([1] * c + [0] * (n - c), k))
    assert reliability.pass_at_k([c], [n], k).estimate == pytest.approx(np.mean([any(s) for s in subsets]))
    assert reliability.pass_hat_k([c], [n], k).estimate == pytest.approx(np.mean([all(s) for s in subsets]))


def test_eight_of_ten_at_three_is_not_the_naive_power() -> None:
    assert reliability.pass_hat_k([8], [10], 3).estimate == pytest.approx(0.467, abs=5e-4)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=30))
def test_both_measures_meet_at_one_trial_and_part_monotonically(successes: list[int]) -> None:
    at = [reliability.pass_at_k(successes, [5] * len(successes), k).estimate for k in range(1, 6)]
    hat = [reliability.pass_hat_k(successes, [5] * len(successes), k).estimate for k in range(1, 6)]
    assert at[0] == pytest.approx(hat[0])
    assert all(a <= b + 1e-12 for a, b in pairwise(at))
    assert all(a >= b - 1e-12 for a, b in pairwise(hat))


def test_items_with_too_few_trials_are_counted_as_skipped() -> None:
    found = reliability.pass_hat_k([1, 4], [2, 4], 3)
    assert (found.denominators.scored, found.denominators.skipped) == (1, 1)
    assert math.isnan(reliability.pass_hat_k([1], [2], 3).estimate)


def test_more_successes_than_trials_are_refused() -> None:
    with pytest.raises(InvalidInput):
        reliability.pass_at_k([3], [2], 1)


@pytest.mark.shared_data
def test_the_airline_trajectories_give_the_published_reliability() -> None:
    lines = (shared_data() / "tau-bench" / "tau_airline_gpt4o.run.labels.jsonl").read_text().splitlines()
    trials: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        row = json.loads(line)
        if row["name"] == "reward":
            trials[row["task_id"]].append(row["score"])
    c, n = [sum(each) for each in trials.values()], [len(each) for each in trials.values()]
    found = [reliability.pass_hat_k(c, n, k) for k in range(1, 5)]
    assert [round(each.estimate, 3) for each in found] == [0.420, 0.273, 0.220, 0.200]
    assert all(0.05 < each.high - each.estimate < 0.2 for each in found)


def test_the_power_formula_gives_the_published_example() -> None:
    assert power.items_needed(0.03, omega2=1 / 9) == 969


@given(st.floats(0.01, 0.5), st.floats(0.01, 1), st.floats(0, 1), st.integers(1, 10))
def test_items_needed_and_the_detectable_difference_are_inverse(
    difference: float, omega2: float, sigma2: float, trials: int
) -> None:
    given = {"omega2": omega2, "sigma2_a": sigma2, "sigma2_b": sigma2, "trials_a": trials, "trials_b": trials}
    items = power.items_needed(difference, **given)
    assert power.minimal_detectable_difference(items, **given) <= difference * (1 + 1e-9)
    if items > 1:
        assert power.minimal_detectable_difference(items - 1, **given) >= difference * (1 - 1e-9)


def test_traffic_and_sampling_set_the_time_to_detect() -> None:
    assert power.seconds_to_detect(969, per_second=2.0, sample_rate=0.05, share=0.5) == pytest.approx(19_380)
    with pytest.raises(InvalidInput):
        power.seconds_to_detect(10, per_second=0.0)


def test_items_to_decide_shrinks_with_the_gap_and_gives_up_on_the_bar() -> None:
    near, far = (power.items_to_decide(100, 0.05, gap) for gap in (0.01, 0.04))
    assert near is not None
    assert far is not None
    assert near > far
    assert power.items_to_decide(100, 0.05, 0.0) is None
