from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import shared_data

from evalwright.domain.experiment import Experiment, MetricComparison, Trial, TrialStatus
from evalwright.domain.score import Score, ScoreStatus, Target
from evalwright.experiments.comparison import TrialScore, compare, operational_rows, score_rows

RUN = Experiment(
    id="ex_1",
    project="p",
    name="base",
    dataset_id="ds_1",
    dataset_name="golden",
    dataset_version=1,
    evaluators={"correct": "v1"},
)


def _rows(values: Mapping[str, Sequence[float]], metric: str = "correct") -> list[TrialScore]:
    return [
        TrialScore(item_key=key, trial_index=index, metric=metric, value=value)
        for key, trials in values.items()
        for index, value in enumerate(trials)
    ]


def _only(
    baseline: Mapping[str, Sequence[float]], candidate: Mapping[str, Sequence[float]], **more: object
) -> MetricComparison:
    (metric,) = compare(RUN, RUN, _rows(baseline), _rows(candidate), **more).metrics
    return metric


def _bits(pattern: str) -> dict[str, list[float]]:
    return {f"item-{index:03}": [float(bit)] for index, bit in enumerate(pattern)}


def test_single_bits_are_compared_by_exact_mcnemar() -> None:
    found = _only(_bits("1" * 10 + "0" * 12 + "1" * 20), _bits("0" * 10 + "1" * 12 + "1" * 20))
    assert found.test == "mcnemar_exact"
    assert found.p_value == pytest.approx(scipy.stats.binomtest(10, 22).pvalue)
    assert (len(found.improved), len(found.regressed), len(found.unchanged)) == (12, 10, 20)
    assert found.difference.estimate == pytest.approx(2 / 42)


def test_the_difference_is_candidate_minus_baseline_as_shown() -> None:
    found = _only({"a": [1, 0], "b": [1, 1]}, {"a": [1, 1], "b": [0, 0, 0]})
    assert found.difference.estimate == pytest.approx(found.candidate.estimate - found.baseline.estimate)
    assert found.test == "sign_flip_permutation"
    assert found.improved == ("a",)
    assert found.regressed == ("b",)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=25), st.integers(2, 5))
def test_repeating_identical_trials_never_narrows_the_interval(pairs: list[tuple[int, int]], repeats: int) -> None:
    a, b = ({f"i{k}": [float(pair[side])] for k, pair in enumerate(pairs)} for side in (0, 1))
    once = _only(a, b)
    more = _only({k: v * repeats for k, v in a.items()}, {k: v * repeats for k, v in b.items()})
    assert (more.difference.low, more.difference.high) == pytest.approx((once.difference.low, once.difference.high))


def test_lower_is_better_turns_improvement_around() -> None:
    slow, fast = _rows({"a": [900.0], "b": [800.0]}, "latency_ms"), _rows({"a": [400.0], "b": [950.0]}, "latency_ms")
    (found,) = compare(RUN, RUN, slow, fast).metrics
    assert found.direction == "lower"
    assert found.improved == ("a",)
    assert found.difference.unit == "ms"
    (flipped,) = compare(RUN, RUN, slow, fast, directions={"latency_ms": "higher"}).metrics
    assert flipped.improved == ("b",)


def test_comparing_twice_gives_the_same_numbers() -> None:
    rng = np.random.default_rng(0)
    a, b = ({f"i{k}": list(rng.random(3)) for k in range(40)} for _ in range(2))
    assert _only(a, b) == _only(a, b)


def test_trials_that_failed_are_counted_and_named_never_dropped() -> None:
    baseline = _rows({f"i{k}": [1.0] for k in range(12)})
    lost = [
        TrialScore(item_key=f"i{k}", trial_index=0, metric="correct", value=None, status=ScoreStatus.ERRORED)
        for k in range(2)
    ]
    found = compare(RUN, RUN, baseline, [*lost, *baseline[2:]])
    (metric,) = found.metrics
    assert metric.candidate.denominators.errored == 2
    assert metric.candidate.n == 10
    assert metric.failed == ("i0", "i1")
    assert any("other denominators" in warning for warning in found.warnings)
    assert "2 of 12 items" in metric.difference.warnings[-1]


def test_a_score_that_is_not_a_number_is_an_error_of_the_evaluator() -> None:
    found = _only({"a": [1.0], "b": [0.0]}, {"a": [math.nan], "b": [1.0]})
    assert found.candidate.denominators.errored == 1


def test_what_weakens_a_comparison_is_said() -> None:
    other = replace(RUN, dataset_version=2, evaluators={"correct": "v2"}, trials=3, item_count=4, completed=7)
    found = compare(RUN, other, _rows({"a": [1.0]}), _rows({"a": [1.0]}) + _rows({"a": [1.0]}, "extra"))
    text = "\n".join(found.warnings)
    for part in (
        "dataset versions differ",
        "'correct' has another version",
        "trials per item",
        "7 of 12",
        "'extra'",
        "only 1 ",
    ):
        assert part in text


def test_items_of_one_side_only_are_counted() -> None:
    found = compare(RUN, RUN, _rows(_bits("1111")), _rows(_bits("11")))
    assert (found.common_items, found.only_baseline, found.only_candidate) == (2, 2, 0)


def test_the_adjusted_p_values_name_their_family() -> None:
    a, b = _bits("1" * 20), _bits("0" * 12 + "1" * 8)
    rows = [_rows(a) + _rows(a, "polite"), _rows(b) + _rows(a, "polite")]
    found = compare(RUN, RUN, *rows)
    p = {metric.metric: (metric.p_value, metric.p_adjusted) for metric in found.metrics}
    assert found.family == "Benjamini-Hochberg over 2 metrics: correct, polite"
    assert p["correct"][1] == pytest.approx(2 * (p["correct"][0] or 0))
    assert p["polite"] == (1.0, 1.0)


def test_no_common_item_means_no_number_and_no_crash() -> None:
    found = _only({"a": [1.0]}, {"b": [1.0]})
    assert math.isnan(found.difference.estimate)
    assert found.p_value is None


def test_trials_become_rows_for_what_they_cost_and_whether_they_failed() -> None:
    trials = [
        Trial(id="tr_1", experiment_id="ex_1", item_id="it_1", item_key="a", index=0, latency_ms=10.0),
        Trial(
            id="tr_2", experiment_id="ex_1", item_id="it_2", item_key="b", index=0, status=TrialStatus.TIMEOUT, cost=0.1
        ),
    ]
    rows = {(row.item_key, row.metric): row for row in operational_rows(trials)}
    assert rows["a", "latency_ms"].value == 10.0
    assert rows["a", "cost"].status is ScoreStatus.SKIPPED
    assert rows["b", "error_rate"].value == 1.0


def test_a_trial_without_a_score_is_a_row_of_its_own() -> None:
    trials = [
        Trial(id=f"tr_{key}", experiment_id="ex_1", item_id=key, item_key=key, index=0, status=status)
        for key, status in (("a", TrialStatus.OK), ("b", TrialStatus.TIMEOUT), ("c", TrialStatus.OK))
    ]
    scores = [Score(id="s", project="p", target=Target.TRIAL, name="correct", value=1.0, trial_id="tr_a")]
    assert [(row.item_key, row.status.value) for row in score_rows(trials, scores)] == [
        ("a", "scored"),
        ("b", "errored"),
        ("c", "unseen"),
    ]


@pytest.mark.shared_data
def test_the_gsm8k_systems_compare_as_published() -> None:
    lines = (shared_data() / "experiments" / "gsm8k_4_systems.public.jsonl").read_text().splitlines()
    systems = ("175b_finetuning", "175b_verification")
    baseline, candidate = (
        _rows({f"q{k}": [float(json.loads(line)[system]["is_correct"])] for k, line in enumerate(lines)})
        for system in systems
    )
    (found,) = compare(RUN, RUN, baseline, candidate).metrics
    assert (len(found.improved), len(found.regressed)) == (176, 43)
    assert found.difference.low > 0.15
