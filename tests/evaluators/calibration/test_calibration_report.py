"""A calibration report says what is known of a judge, and what is not."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score

from evalwright.domain.calibration import CalibrationReport, Scale
from evalwright.domain.errors import InvalidInput
from evalwright.domain.gate import Verdict
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.calibration import LabelledRow, Options, calibrate
from evalwright.evaluators.calibration.next_labels import recommend


def row(key: int | str, human: Any, judge: Any, **fields: Any) -> LabelledRow:
    votes = human if isinstance(human, dict) else {} if human is None else {"ann": human}
    status = fields.pop("status", ScoreStatus.SCORED)
    return LabelledRow(key=str(key), votes=votes, judged=judge, status=status, **fields)


def noisy(count: int, labels: list[str], share: float, seed: int = 1, **fields: Any) -> list[LabelledRow]:
    rng = np.random.default_rng(seed)
    truth = rng.choice(labels, count)
    judged = np.where(rng.random(count) < share, truth, rng.choice(labels, count))
    return [row(place, str(truth[place]), str(judged[place]), **fields) for place in range(count)]


def report_of(rows: list[LabelledRow], **options: Any) -> CalibrationReport:
    return calibrate(rows, Options(**{"resamples": 200, **options})).report


def test_every_measure_equals_the_reference_library() -> None:
    rows = noisy(400, ["bad", "good", "ok"], 0.7)
    human, judge = [each.votes["ann"] for each in rows], [each.judged for each in rows]
    found = report_of(rows).overall
    assert found.kappa is not None
    assert found.kappa.estimate == pytest.approx(cohen_kappa_score(human, judge))
    labels = ["bad", "good", "ok"]
    for each, p, r, f in zip(
        found.labels,
        precision_score(human, judge, labels=labels, average=None),
        recall_score(human, judge, labels=labels, average=None),
        f1_score(human, judge, labels=labels, average=None),
        strict=True,
    ):
        assert (each.precision.estimate, each.recall.estimate, each.f1.estimate) == pytest.approx((p, r, f))
        assert each.recall.low < each.recall.estimate < each.recall.high
    assert found.confusion is not None
    assert sum(map(sum, found.confusion.counts)) == 400


def test_sensitivity_and_specificity_speak_of_the_affirmative_label() -> None:
    rows = [row(n, "yes", "yes" if n < 8 else "no") for n in range(10)]
    rows += [row(n, "no", "no" if n < 25 else "yes") for n in range(10, 30)]
    found = report_of(rows)
    assert found.positive == "yes"
    assert found.overall.sensitivity is not None
    assert found.overall.specificity is not None
    assert found.overall.sensitivity.estimate == pytest.approx(0.8)
    assert found.overall.specificity.estimate == pytest.approx(15 / 20)
    assert report_of(rows, positive="no").overall.sensitivity == found.overall.specificity


def test_ordered_labels_get_weighted_kappa_and_rank_correlations() -> None:
    rows = noisy(300, ["low", "mid", "high"], 0.6)
    found = report_of(rows, scale=Scale.ORDINAL, labels=["low", "mid", "high"]).overall
    place = ["low", "mid", "high"].index
    human, judge = [place(each.votes["ann"]) for each in rows], [place(each.judged) for each in rows]
    assert found.weighted_kappa is not None
    assert found.weighted_kappa.estimate == pytest.approx(cohen_kappa_score(human, judge, weights="quadratic"))
    assert found.spearman is not None
    assert found.spearman.low < found.spearman.estimate < found.spearman.high


def test_measurements_are_correlated_and_their_bias_is_shown() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=200)
    rows = [row(n, {"a": float(t), "b": float(t + 0.2)}, float(t + 0.6)) for n, t in enumerate(truth)]
    found = report_of(rows, scale=Scale.INTERVAL, min_agreement=0.7)
    assert found.overall.agreement is None
    assert found.overall.spearman is not None
    assert found.overall.spearman.estimate == pytest.approx(1.0)
    assert found.overall.difference is not None
    assert found.overall.difference.estimate == pytest.approx(0.5)
    assert found.bar is not None
    assert (found.bar.measure, found.bar.verdict) == ("spearman", Verdict.PASS)
    assert found.ceiling is not None
    assert found.ceiling.alpha.estimate > 0.9


def test_numbers_far_apart_in_rank_stand_as_disagreements_furthest_first() -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(size=100)
    said = truth * 3 + 1  # another scale is no disagreement
    said[7] = -100.0 if truth[7] > 0 else 100.0
    made = calibrate([row(n, float(t), float(s)) for n, (t, s) in enumerate(zip(truth, said, strict=True))],
                     Options(scale=Scale.INTERVAL))  # fmt: skip
    assert made.disagreements[0].key == "7"
    assert made.report.disagreements == len(made.disagreements) == 10
    assert calibrate([row(n, float(n), float(n)) for n in range(50)], Options(scale=Scale.INTERVAL)).disagreements == []


def test_groups_stay_on_one_side_of_the_split_whatever_is_labelled_later() -> None:
    rows = [row(n, "a", "a" if n % 3 else "b", group=f"session-{n // 4}") for n in range(400)]
    made = calibrate(rows)
    first = {each.key: each.holdout for each in made.disagreements}
    sides = {}
    for each in made.disagreements:
        assert sides.setdefault(int(each.key) // 4, each.holdout) is each.holdout
    later = calibrate([*rows, *(row(n, "a", "b", group=f"session-{n // 4}") for n in range(400, 500))])
    assert all(first.get(each.key, each.holdout) is each.holdout for each in later.disagreements)
    report = made.report
    assert report.development.rows + report.holdout.rows == report.overall.rows == 400
    assert 0.35 < report.holdout.rows / 400 < 0.65
    assert any("come from 100 groups" in said for said in report.statements)


def test_every_labelled_row_is_compared_or_counted() -> None:
    rows = [
        row(1, "a", "a"),
        row(2, "a", "b"),
        row(3, "a", None, status=ScoreStatus.ERRORED),
        row(4, "a", None, status=ScoreStatus.UNSEEN),
        row(5, "a", None, status=ScoreStatus.SKIPPED),
        row(6, "a", None, status=None),
        row(7, {"x": "a", "y": "b"}, "a"),
        row(8, "a", float("nan")),
        row(9, None, "a"),
        row(10, float("nan"), "a"),
    ]
    found = report_of(rows)
    counts = found.judge
    assert (counts.scored, counts.skipped, counts.unseen, counts.errored, found.unasked) == (3, 1, 1, 2, 1)
    assert found.undecided == 1
    assert found.overall.rows == 2
    assert any("6 of 8 labelled rows could not be compared" in said for said in found.statements)


@pytest.mark.parametrize(
    ("rows", "statement"),
    [
        ([], "nobody has labelled"),
        ([row(1, "a", None, status=ScoreStatus.ERRORED)], "nothing to compare"),
        ([row(n, "a", "ab"[n % 2]) for n in range(20)], "people gave 'a' to every row"),
        ([row(n, "ab"[n % 2], "a") for n in range(20)], "the judge gave 'a' to every row"),
        ([row(n, "a", "b") for n in range(20)], "no label in common"),
        ([row(n, "ab"[n % 2], "ab"[n % 2]) for n in range(20)], "only 20 rows"),
    ],
)
def test_what_cannot_be_known_is_said_and_never_raised(rows: list[LabelledRow], statement: str) -> None:
    assert any(statement in said for said in report_of(rows, min_agreement=0.5).statements)


def test_kappa_of_one_label_is_undefined_and_says_so() -> None:
    found = report_of([row(n, "a", "a") for n in range(30)]).overall
    assert found.kappa is not None
    assert math.isnan(found.kappa.estimate)
    assert any("one label fills the table" in said for said in found.kappa.warnings)
    assert found.agreement is not None
    assert found.agreement.estimate == 1.0


def test_more_labels_than_a_report_can_show_are_refused_with_a_way_out() -> None:
    with pytest.raises(InvalidInput, match="60 different labels") as error:
        calibrate([row(n, f"text {n}", f"text {n}") for n in range(60)])
    assert "threshold" in error.value.hint


@pytest.mark.parametrize("fields", [{"holdout_share": 0.0}, {"holdout_share": 1.0}, {"min_agreement": 1.5}])
def test_options_out_of_range_are_refused(fields: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        Options(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("share", "bar", "verdict"), [(1.0, 0.9, "pass"), (0.1, 0.9, "fail"), (0.8, 0.85, "inconclusive")]
)
def test_the_bar_is_read_on_the_whole_interval_of_the_holdout(share: float, bar: float, verdict: str) -> None:
    found = report_of(noisy(200, ["a", "b"], share), min_agreement=bar).bar
    assert found is not None
    assert found.verdict == verdict
    assert "holdout" in found.explanation


def test_people_are_measured_against_the_others_and_the_judge_against_the_same_others() -> None:
    rows = [row(n, {"x": "a", "y": "a", "z": "b"}, "a") for n in range(40)]
    ceiling = report_of(rows).ceiling
    assert ceiling is not None
    assert (ceiling.raters, ceiling.rows) == (3, 40)
    # x and y have one a and one b against them, which decides nothing; z alone meets a majority, and differs.
    assert ceiling.person.estimate == 0.0
    assert ceiling.judge.estimate == 1.0
    assert ceiling.fleiss is not None


def test_gaps_between_annotators_leave_alpha_but_no_fleiss() -> None:
    rows = [row(n, {"x": "ab"[n % 2], "y": "ab"[n % 2]}, "a") for n in range(20)]
    rows += [row(n, {"x": "a", "y": "a", "z": "a"}, "a") for n in range(20, 30)]
    ceiling = report_of(rows).ceiling
    assert ceiling is not None
    assert ceiling.fleiss is None
    assert ceiling.alpha.estimate == pytest.approx(1.0)


def test_a_weak_spot_is_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(8)
    rows = []
    for n in range(1_000):
        topic, colour = "law" if n % 5 == 0 else "chat", ("red", "green", "blue")[int(rng.integers(0, 3))]
        right = rng.random() < (0.5 if topic == "law" else 0.9)
        rows.append(row(n, "yes", "yes" if right else "no", attributes={"topic": topic, "colour": colour}))
    found = report_of(rows)
    worst = found.slices[0]
    assert {(each.attribute, each.value) for each in found.slices[:2]} == {("topic", "law"), ("topic", "chat")}
    assert worst.p_adjusted < 1e-6
    assert all(each.p_adjusted > 0.05 for each in found.slices if each.attribute == "colour")
    assert all(each.p_adjusted >= each.p_value for each in found.slices)
    assert found.family == "5 slices of colour, topic"


def test_the_disagreements_are_those_of_the_table_with_everybodys_vote() -> None:
    rows = [row(n, {"x": "a", "y": "a", "z": "b"}, "b" if n < 3 else "a", explanation=f"why {n}") for n in range(9)]
    made = calibrate(rows)
    assert [each.key for each in made.disagreements] == ["0", "1", "2"]
    assert made.report.disagreements == 3
    assert (made.disagreements[0].human, made.disagreements[0].judge) == ("a", "b")
    assert made.disagreements[0].votes == {"x": "a", "y": "a", "z": "b"}
    assert made.disagreements[0].explanation == "why 0"


def test_labels_are_asked_for_where_they_teach_most() -> None:
    known = [row(f"k{n}", "yes", "yes", attributes={"topic": "easy"}) for n in range(200)]
    tied = [row("tie", {"x": "yes", "y": "no"}, "yes")]
    easy = [row(f"e{n}", None, "yes", attributes={"topic": "easy"}) for n in range(100)]
    hard = [row(f"h{n}", None, "no", attributes={"topic": "hard"}) for n in range(100)]
    silent = [row(f"s{n}", None, None, status=ScoreStatus.ERRORED, attributes={"topic": "hard"}) for n in range(60)]
    found = report_of([*known, *tied, *easy, *hard, *silent], next_labels=20).next_labels
    assert found[0].key == "tie"
    kinds = Counter(each.key[0] for each in found[1:])
    assert kinds["h"] > kinds["s"] > 0
    assert kinds["e"] == 0
    assert len({each.key for each in found}) == 20
    assert any("not one label" in each.reason for each in found)
    assert any("no verdict" in each.reason for each in found)


def test_no_labels_are_asked_for_when_none_are_wanted_or_all_are_there() -> None:
    rows = noisy(50, ["a", "b"], 0.9)
    assert report_of(rows).next_labels == []
    assert recommend([row("p", None, "a")], [], Options(next_labels=0)) == []


def test_cost_and_latency_are_means_over_what_is_known() -> None:
    rows = [row(n, "a", "a", cost=0.01 if n else None, latency_ms=10.0 + n) for n in range(11)]
    found = report_of(rows)
    assert found.cost is not None
    assert (found.cost.estimate, found.cost.denominators.unseen) == (pytest.approx(0.01), 1)
    assert found.latency_ms is not None
    assert found.latency_ms.estimate == pytest.approx(15.0)


def test_a_report_can_be_made_again() -> None:
    rows = noisy(120, ["a", "b"], 0.8)
    assert calibrate(rows) == calibrate(rows)


values = st.sampled_from(["a", "b", "", None, float("nan"), float("inf")])


@given(
    rows=st.lists(
        st.builds(
            lambda key, votes, judge, status, group: row(
                key, {f"p{n}": v for n, v in enumerate(votes) if v is not None}, judge, status=status, group=group
            ),
            st.uuids().map(str),
            st.lists(values, max_size=4),
            values,
            st.sampled_from([*ScoreStatus, None]),
            st.sampled_from(["", "g1", "g2"]),
        ),
        max_size=25,
    ),
    bar=st.none() | st.just(0.5),
)
@settings(deadline=None, max_examples=60)
def test_no_rows_break_a_report(rows: list[LabelledRow], bar: float | None) -> None:
    found = report_of(rows, min_agreement=bar, resamples=50)
    labelled = sum(any(vote in ("a", "b") for vote in each.votes.values()) for each in rows)
    assert found.judge.total + found.unasked == labelled
    assert found.overall.rows <= labelled


numbers = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, float("nan")])


@given(pairs=st.lists(st.tuples(numbers, numbers, numbers), max_size=20))
@settings(deadline=None, max_examples=60)
def test_no_numbers_break_a_report(pairs: list[tuple[float, float, float]]) -> None:
    rows = [row(n, {"x": a, "y": b}, judge) for n, (a, b, judge) in enumerate(pairs)]
    found = report_of(rows, scale=Scale.INTERVAL, resamples=50, min_agreement=0.5)
    assert found.overall.rows <= len(pairs)
