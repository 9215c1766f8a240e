"""Corrected means: the right method for the labels there are, and silence where there are too few."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import Generator

from evalwright.evaluators.calibration import LabelCounts, correct
from evalwright.stats.correction import ppi_mean, rogan_gladen
from evalwright.stats.intervals import average

ELSEWHERE = LabelCounts(true_positive=90, positive=100, true_negative=80, negative=100)


def judged(rng: Generator, count: int, prevalence: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    """Truth and what a judge of sensitivity .9 and specificity .8 says."""
    truth = (rng.random(count) < prevalence).astype(float)
    wrong = rng.random(count) > np.where(truth == 1.0, 0.9, 0.8)
    return truth, np.where(wrong, 1.0 - truth, truth)


def test_labels_of_the_same_population_correct_by_ppi() -> None:
    truth, said = judged(np.random.default_rng(2), 2_200)
    made = correct(average(said), said[200:], truth=truth[:200], judged_with_truth=said[:200])
    assert made.method == "ppi_plus_plus"
    assert made.corrected == ppi_mean(truth[:200], said[:200], said[200:], unit="ratio")
    assert made.corrected is not None
    assert made.corrected.low <= truth.mean() <= made.corrected.high
    assert (made.labels, made.refused) == (200, "")
    assert "look like the other 2000" in made.reason


def test_labels_of_another_prevalence_correct_by_the_judges_error_rates() -> None:
    rng = np.random.default_rng(2)
    truth, said = judged(rng, 300, prevalence=0.2)
    population, rest = judged(rng, 3_000, prevalence=0.9)
    made = correct(average(rest), rest, truth=truth, judged_with_truth=said)
    assert made.method == "rogan_gladen"
    assert "prevalence differs" in made.reason
    assert made.corrected is not None
    assert made.corrected.low <= np.concatenate([population, truth]).mean() <= made.corrected.high


def test_few_labels_here_borrow_the_calibrations_error() -> None:
    _, said = judged(np.random.default_rng(2), 1_000)
    made = correct(average(said), said, elsewhere=ELSEWHERE)
    assert made.method == "rogan_gladen"
    assert made.corrected == rogan_gladen(
        int(said.sum()), 1_000, true_positive=90, positive=100, true_negative=80, negative=100
    )
    assert made.labels == 200


def test_under_thirty_labels_nothing_is_corrected() -> None:
    truth, said = judged(np.random.default_rng(2), 500)
    made = correct(average(said), said[29:], truth=truth[:29], judged_with_truth=said[:29])
    assert made.corrected is None
    assert made.refused == "29 human labels: under 30 nothing can be corrected"


def test_under_two_hundred_labels_there_is_a_warning() -> None:
    truth, said = judged(np.random.default_rng(2), 1_000)
    made = correct(average(said), said[100:], truth=truth[:100], judged_with_truth=said[:100])
    assert made.corrected is not None
    assert any("100 human labels" in warning for warning in made.warnings)
    enough = correct(average(said), said[250:], truth=truth[:250], judged_with_truth=said[:250])
    assert not any("human labels" in warning for warning in enough.warnings)


def test_when_people_labelled_everything_their_mean_is_the_answer() -> None:
    truth, said = judged(np.random.default_rng(2), 60)
    made = correct(average(said), [], truth=truth, judged_with_truth=said)
    assert made.method == "labels"
    assert made.corrected == average(truth)


def test_numbers_cross_no_difference_in_population() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(0.0, 1.0, 200)
    far = correct(average(truth), truth + 5.0, truth=truth, judged_with_truth=truth + rng.normal(0, 0.1, 200))
    assert far.corrected is None
    assert "only yes/no scores" in far.refused
    near = correct(average(truth), rng.normal(0.3, 1.0, 900), truth=truth, judged_with_truth=truth + 0.3)
    assert near.method == "ppi_plus_plus"
    assert near.corrected is not None
    assert near.corrected.unit == ""
    assert correct(average(truth), truth, elsewhere=ELSEWHERE).corrected is None


def test_a_judge_no_better_than_chance_corrects_nothing() -> None:
    coin = LabelCounts(true_positive=50, positive=100, true_negative=50, negative=100)
    made = correct(average([1.0, 0.0] * 50), [1.0, 0.0] * 50, elsewhere=coin)
    assert made.corrected is None
    assert "no better than chance" in made.refused


@pytest.mark.parametrize(("prevalence", "method"), [(0.8, "ppi_plus_plus"), (0.3, "rogan_gladen")])
def test_corrected_intervals_hold_the_truth_about_as_often_as_they_say(prevalence: float, method: str) -> None:
    rng = np.random.default_rng(77)
    held, used = 0, 0
    for _ in range(200):
        truth, said = judged(rng, 250, prevalence)
        _, rest = judged(rng, 1_500, 0.8)
        made = correct(average(rest), rest, truth=truth, judged_with_truth=said)
        assert made.corrected is not None
        used += made.method == method
        # Rogan-Gladen's population is the labelled rows and the rest together.
        target = 0.8 if made.method == "ppi_plus_plus" else (0.8 * 1_500 + prevalence * 250) / 1_750
        held += made.corrected.low <= target <= made.corrected.high
    assert used >= 195
    assert held >= 180
