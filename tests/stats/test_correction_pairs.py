"""Corrected differences: the truth is covered whatever the judge's error is on either side."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evalwright.stats.correction_pairs import JudgedSide, ppi_difference

ITEMS, TRIALS = 120, 2
ROWS = ITEMS * TRIALS
NAMES = [str(item) for item in range(ITEMS) for _ in range(TRIALS)]


def _side(rng: np.random.Generator, quality: np.ndarray, bias: float, labels: int) -> tuple[np.ndarray, JudgedSide]:
    """An ordinal judge (0, .5, 1) who is off by ``bias``; people label a random choice of rows."""
    own = np.repeat(quality, TRIALS) + rng.normal(0.0, 0.15, ROWS)
    truth = np.clip(np.round(own * 2), 0, 2) / 2
    judged = np.clip(np.round((own + bias + rng.normal(0.0, 0.15, ROWS)) * 2), 0, 2) / 2
    said = np.full(ROWS, np.nan)
    chosen = rng.choice(ROWS, labels, replace=False)
    said[chosen] = truth[chosen]
    return truth, JudgedSide(items=NAMES, judged=judged, truth=said)


def test_a_judge_who_favours_one_side_is_seen_through() -> None:
    rng = np.random.default_rng(11)
    real = np.mean([_side(rng, rng.beta(3, 2, ITEMS) + 0.1, 0.0, 0)[0].mean() for _ in range(150)])
    real -= np.mean([_side(rng, rng.beta(3, 2, ITEMS), 0.0, 0)[0].mean() for _ in range(150)])
    hits = {"raw": 0, "corrected": 0}
    for _ in range(300):
        quality = rng.beta(3, 2, ITEMS)
        before = _side(rng, quality, 0.0, 80)[1]
        after = _side(rng, quality + 0.1, 0.1, 80)[1]
        found = ppi_difference(before, after)
        hits["corrected"] += found.low <= real <= found.high
        moved = (np.asarray(after.judged) - np.asarray(before.judged)).reshape(ITEMS, TRIALS).mean(axis=1)
        hits["raw"] += abs(moved.mean() - real) < 1.98 * moved.std(ddof=1) / math.sqrt(ITEMS)
    assert hits["raw"] / 300 < 0.3
    assert 0.92 <= hits["corrected"] / 300 <= 0.985


def test_labels_on_every_row_give_the_paired_difference_of_the_labels() -> None:
    rng = np.random.default_rng(3)
    quality = rng.beta(3, 2, ITEMS)
    (first, before), (second, after) = _side(rng, quality, 0.0, ROWS), _side(rng, quality, 0.2, ROWS)
    found = ppi_difference(before, after)
    assert found.estimate == pytest.approx(second.mean() - first.mean())
    moved = (second - first).reshape(ITEMS, TRIALS).mean(axis=1)
    assert (found.high - found.low) / 2 == pytest.approx(1.98 * moved.std(ddof=1) / math.sqrt(ITEMS), rel=0.03)


def test_only_items_of_both_sides_count() -> None:
    rng = np.random.default_rng(4)
    quality = rng.beta(3, 2, ITEMS)
    before, after = _side(rng, quality, 0.0, 100)[1], _side(rng, quality, 0.0, 100)[1]
    alone = JudgedSide(
        items=[*after.items, "new", "new"], judged=[*np.asarray(after.judged), 9.0, 9.0],
        truth=[*np.asarray(after.truth), math.nan, 9.0],
    )  # fmt: skip
    assert ppi_difference(before, alone) == ppi_difference(before, after)
    assert ppi_difference(before, after).n == ITEMS


def test_a_judge_who_was_never_wrong_is_not_taken_for_infallible() -> None:
    names = [str(n) for n in range(100)]
    values = [float(n % 2) for n in range(100)]
    labelled = [value if n < 40 else math.nan for n, value in enumerate(values)]
    side = JudgedSide(items=names, judged=values, truth=labelled)
    found = ppi_difference(side, side, bounded=True)
    assert found.estimate == pytest.approx(0.0)
    assert found.low < -0.05
    assert found.high > 0.05


def test_two_labels_are_too_few_for_an_interval() -> None:
    side = JudgedSide(items=["a", "b", "c"], judged=[1.0, 2.0, 3.0], truth=[1.0, 2.0, math.nan])
    found = ppi_difference(side, side)
    assert math.isnan(found.estimate)
    assert "fewer than three" in found.warnings[0]
