from __future__ import annotations

import gzip
import json
import math

import krippendorff
import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import assume, given
from hypothesis import strategies as st
from shared import shared_data

from evalwright.domain.errors import InvalidInput
from evalwright.stats import agreement, confusion, correlation

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=60)
RATINGS = st.lists(st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=3, max_size=3), min_size=3, max_size=25)


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


@given(PAIRS, st.sampled_from([None, "linear", "quadratic"]))
def test_kappa_equals_scikit_learn(pairs: list[tuple[int, int]], weights: str | None) -> None:
    truth, judged = np.array(pairs).T
    assume(np.unique(np.array(pairs)).size > 1)
    table = confusion.confusion(truth, judged)
    found = confusion.cohen_kappa(table, _rng(), weights=weights, resamples=20)
    theirs = sklearn.metrics.cohen_kappa_score(truth, judged, weights=weights, labels=list(table.labels))
    assert found.estimate == pytest.approx(theirs, abs=1e-9)


@given(PAIRS)
def test_the_report_equals_scikit_learn_label_by_label(pairs: list[tuple[int, int]]) -> None:
    truth, judged = np.array(pairs).T
    assume(np.unique(np.array(pairs)).size > 1)
    report = confusion.agreement_report(truth, judged, _rng(), resamples=20)
    labels = list(report.table.labels)
    theirs = sklearn.metrics.precision_recall_fscore_support(truth, judged, labels=labels, zero_division=np.nan)
    for index, found in enumerate(report.labels):
        assert found.precision.estimate == pytest.approx(theirs[0][index], nan_ok=True)
        assert found.recall.estimate == pytest.approx(theirs[1][index], nan_ok=True)
        assert found.support == theirs[3][index]
    f1 = sklearn.metrics.f1_score(truth, judged, labels=labels, average="macro", zero_division=0)
    assert report.macro_f1.estimate == pytest.approx(f1)
    assert np.array_equal(report.table.counts, sklearn.metrics.confusion_matrix(truth, judged, labels=labels))


def test_sensitivity_and_specificity_read_the_right_cells() -> None:
    table = confusion.confusion([1] * 10 + [0] * 20, [1] * 9 + [0] + [0] * 16 + [1] * 4)
    assert confusion.sensitivity(table, 1).estimate == pytest.approx(0.9)
    assert confusion.specificity(table, 1).estimate == pytest.approx(0.8)


def test_a_label_outside_the_given_scale_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not among"):
        confusion.confusion(["good"], ["great"], labels=["good", "bad"])


def test_kappa_of_a_single_label_is_undefined_and_says_so() -> None:
    found = confusion.cohen_kappa(confusion.confusion([1, 1], [1, 1]), _rng())
    assert math.isnan(found.estimate)
    assert found.warnings


@given(RATINGS, st.sampled_from(["nominal", "ordinal", "interval"]))
def test_alpha_equals_the_reference_package_gaps_included(units: list[list[int | None]], scale: str) -> None:
    pairable = [[r for r in unit if r is not None] for unit in units]
    values = [r for unit in pairable if len(unit) >= 2 for r in unit]
    assume(len(set(values)) > 1)
    theirs = krippendorff.alpha(
        np.array([[np.nan if r is None else r for r in unit] for unit in units], float).T, level_of_measurement=scale
    )
    found = agreement.krippendorff_alpha(units, _rng(), scale=scale, resamples=20)
    assert found.estimate == pytest.approx(theirs, abs=1e-9)
    assert found.denominators.skipped == sum(len(unit) < 2 for unit in pairable)


def test_alpha_of_nothing_pairable_is_unknown() -> None:
    assert math.isnan(agreement.krippendorff_alpha([[1, None], [None, None]], _rng()).estimate)


def test_the_alpha_interval_covers_the_population_value() -> None:
    rng = np.random.default_rng(5)

    def sample(size: int) -> list[list[int]]:
        truth = rng.integers(0, 3, size)
        return np.where(rng.random((3, size)) < 0.8, truth, rng.integers(0, 3, (3, size))).T.tolist()

    truth = agreement.krippendorff_alpha(sample(60_000), rng, resamples=2).estimate
    found = [agreement.krippendorff_alpha(sample(120), rng, resamples=200) for _ in range(100)]
    assert sum(each.low <= truth <= each.high for each in found) >= 88


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=5, max_size=40))
def test_rank_correlations_equal_scipy(pairs: list[tuple[int, int]]) -> None:
    x, y = np.array(pairs).T
    assume(np.unique(x).size > 1 and np.unique(y).size > 1)
    assert correlation.spearman(x, y).estimate == pytest.approx(scipy.stats.spearmanr(x, y).statistic, abs=1e-9)
    assert correlation.kendall(x, y).estimate == pytest.approx(scipy.stats.kendalltau(x, y).statistic, abs=1e-9)


def test_a_constant_side_has_no_rank_correlation() -> None:
    assert math.isnan(correlation.spearman([1, 1, 1, 1], [1, 2, 3, 4]).estimate)
    assert correlation.kendall([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]).high == 1.0


@pytest.mark.shared_data
def test_pandalm_judges_and_annotators_agree_as_published() -> None:
    folder = shared_data()
    reference = json.loads((folder / "REFERENCES.public.json").read_text())["pandalm"]
    with gzip.open(folder / "judge" / "pandalm.public.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    people = agreement.fleiss_kappa([row["human"]["annotators"] for row in rows], _rng())
    assert people.estimate == pytest.approx(reference["fleiss_kappa"], abs=1e-6)
    assert people.low < people.estimate < people.high
    for judge in ("gpt-3.5-turbo", "pandalm-7b"):
        pairs = [(row["human"]["label"], row["judges"][judge]["label"]) for row in rows]
        judged = [pair for pair in pairs if pair[1] in (0, 1, 2)]
        report = confusion.agreement_report(*zip(*judged, strict=True), _rng())
        expected = reference[judge]
        assert report.table.total == expected["n"]
        assert report.accuracy.estimate == pytest.approx(expected["accuracy"], abs=1e-6)
        assert report.kappa.estimate == pytest.approx(expected["cohen_kappa"], abs=1e-6)
        cells = {f"{i}->{j}": int(report.table.counts[i, j]) for i in range(3) for j in range(3)}
        assert cells == expected["confusion"]


@pytest.mark.shared_data
def test_two_teams_blame_the_same_step_as_rarely_as_published() -> None:
    folder = shared_data()
    reference = json.loads((folder / "REFERENCES.public.json").read_text())["whowhen_vs_agentrx"]
    first, second = (
        [json.loads(line) for line in (folder / "whowhen" / name).read_text().splitlines()]
        for name in (
            "whowhen_handcrafted.annotations.public.jsonl",
            "whowhen_handcrafted.agentrx_annotations.public.jsonl",
        )
    )
    roots = {row["trace_id"]: row for row in second if row["is_root_cause"]}
    both = [(row, roots[row["trace_id"]]) for row in first if row["trace_id"] in roots]
    assert len(both) == reference["traces_with_both"]
    assert sum(a["step_0based"] == b["step_0based"] for a, b in both) == reference["same_step"]
    agents = confusion.confusion(
        [a["label"].casefold() for a, _ in both], [b["failed_agent"].casefold() for _, b in both]
    )
    assert int(np.trace(agents.counts)) == reference["same_agent"]
    assert confusion.cohen_kappa(agents, _rng()).estimate < 0.6


def test_measurements_with_thousands_of_values_need_little_memory() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(size=3_000)
    units = (truth + rng.normal(0, 0.5, (2, 3_000))).T
    found = agreement.krippendorff_alpha(units.tolist(), rng, scale="interval", resamples=100)
    closed_form = 1 - np.mean((units[:, 0] - units[:, 1]) ** 2) / (2 * units.var(ddof=1))
    assert found.estimate == pytest.approx(closed_form, abs=1e-9)
    with pytest.raises(InvalidInput, match="distinct labels"):
        agreement.krippendorff_alpha(units.tolist(), rng)
