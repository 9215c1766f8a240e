"""Rank correlation when rows of one document are alike: intervals count documents."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evalwright.stats import correlation

GROUPS, EACH, RUNS = 40, 15, 120


def drawn(groups: int, each: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two measures that share most of what they share within a document."""
    codes = np.repeat(np.arange(groups), each)
    shared = rng.normal(size=groups)[codes]
    other = 0.5 * shared + 0.87 * rng.normal(size=groups)[codes]
    return shared + rng.normal(size=codes.size), other + rng.normal(size=codes.size), codes


@pytest.mark.parametrize("measure", [correlation.spearman, correlation.kendall])
def test_intervals_over_documents_cover_and_those_over_rows_do_not(measure) -> None:
    rng = np.random.default_rng(11)
    x, y, _ = drawn(40_000, 1, rng)
    truth = measure(x, y).estimate
    covered = alone = 0
    for _ in range(RUNS):
        x, y, codes = drawn(GROUPS, EACH, rng)
        by_document, by_row = measure(x, y, codes), measure(x, y)
        covered += by_document.low <= truth <= by_document.high
        alone += by_row.low <= truth <= by_row.high
        assert by_document.estimate == by_row.estimate
        assert by_document.n_effective == GROUPS
    assert covered / RUNS > 0.9
    assert alone / RUNS < 0.8


def test_clusters_of_one_row_each_change_nothing() -> None:
    x, y, _ = drawn(30, 1, np.random.default_rng(2))
    assert correlation.spearman(x, y, np.arange(30)) == correlation.spearman(x, y)


def test_two_documents_have_no_interval_and_say_so() -> None:
    x, y, codes = drawn(2, 30, np.random.default_rng(3))
    found = correlation.kendall(x, y, codes)
    assert math.isfinite(found.estimate)
    assert math.isnan(found.low)
    assert "2 clusters are too few" in found.warnings[-1]


def test_an_interval_never_shrinks_by_counting_documents() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=200), rng.normal(size=200)
    by_row, by_document = correlation.spearman(x, y), correlation.spearman(x, y, np.arange(200) % 50)
    assert by_document.low <= by_row.low
    assert by_document.high >= by_row.high
