from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Comparison, Experiment
from evalwright.domain.gate import Criterion, Verdict
from evalwright.domain.score import ScoreStatus
from evalwright.domain.trust import JudgeTrust, TrustState
from evalwright.experiments.comparison import TrialScore, compare, failed_items
from evalwright.release import check, load_criteria
from evalwright.stats.intervals import mean, wilson

RUN = Experiment(id="ex", project="p", name="run", dataset_id="ds", dataset_name="golden", dataset_version=1)


def _rows(values: np.ndarray, metric: str = "correct") -> list[TrialScore]:
    return [
        TrialScore(
            item_key=f"i{index:05}",
            trial_index=0,
            metric=metric,
            value=None if math.isnan(value) else float(value),
            status=ScoreStatus.ERRORED if math.isnan(value) else ScoreStatus.SCORED,
        )
        for index, value in enumerate(values)
    ]


def _comparison(baseline: np.ndarray, candidate: np.ndarray, metric: str = "correct") -> Comparison:
    return compare(RUN, RUN, _rows(baseline, metric), _rows(candidate, metric))


def _verdict(source: Comparison | dict[str, Estimate], metric: str = "correct", **bar: object) -> Verdict:
    return check(source, [Criterion(metric=metric, **bar)]).verdict


def test_every_key_of_the_file_is_read() -> None:
    text = """
    criteria:
      - {metric: correct, direction: higher, margin: 0.02, confidence: 0.9}
      - {metric: latency_ms, max: 3000}
      - {metric: polite, max_failed_items: 0}
    """
    assert load_criteria(text) == [
        Criterion(metric="correct", margin=0.02, confidence=0.9),
        Criterion(metric="latency_ms", direction="lower", max=3000.0),
        Criterion(metric="polite", max_failed_items=0),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("criteria:\n- {metrc: a, min: 1}", "did you mean 'metric'"),
        ("criterias: []", "did you mean 'criteria'"),
        ("criteria: []", "at least one"),
        ("criteria: [3]", "must be a mapping"),
        ("- 1", "start it with"),
        ("criteria:\n- {min: 1}", "needs a 'metric'"),
        ("criteria:\n- {metric: a}", "exactly one of"),
        ("criteria:\n- {metric: a, min: 1, max: 2}", "'min' and 'max'"),
        ("criteria:\n- {metric: a, min: true}", "must be a number"),
        ("criteria:\n- {metric: a, min: .nan}", "must be a number"),
        ("criteria:\n- {metric: a, margin: -0.1}", "negative"),
        ("criteria:\n- {metric: a, max_failed_items: 1.5}", "whole number"),
        ("criteria:\n- {metric: a, min: 1, confidence: 95}", "between 0.5 and 1"),
        ("criteria:\n- {metric: a, min: 1, confidence: 0}", "between 0.5 and 1"),
        ("criteria:\n- {metric: a, min: 1, direction: up}", "'higher' or 'lower'"),
        ("criteria: [", "line "),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_criteria(text)
    assert message in str(caught.value)


def test_a_clear_improvement_passes_a_clear_loss_fails_and_few_items_decide_nothing() -> None:
    rng = np.random.default_rng(0)
    a = (rng.random(600) < 0.7).astype(float)
    better, worse = np.where(rng.random(600) < 0.3, 1.0, a), np.where(rng.random(600) < 0.3, 0.0, a)
    assert _verdict(_comparison(a, better), margin=0.02) is Verdict.PASS
    assert _verdict(_comparison(a, worse), margin=0.02) is Verdict.FAIL
    assert _verdict(_comparison(a[:8], a[:8]), margin=0.02) is Verdict.INCONCLUSIVE


def test_an_undecided_gate_says_how_many_more_items_would_decide() -> None:
    a = np.array([1.0] * 50)
    (result,) = check(_comparison(a, a), [Criterion(metric="correct", margin=0.02)]).results
    assert "more items would probably decide it (pass)" in result.explanation


def test_the_evidence_is_said_in_one_sentence() -> None:
    (result,) = check({"correct": wilson(570, 600)}, [Criterion(metric="correct", min=0.9)]).results
    assert (
        result.explanation == "0.950 [0.933, 0.963] at 90% n=600: at least 0.933 with 0.95 confidence; the bar is 0.9"
    )
    (result,) = check({"correct": wilson(300, 600)}, [Criterion(metric="correct", min=0.9)]).results
    assert ": at most 0.53 with 0.95 confidence" in result.explanation


def test_lower_is_better_mirrors_the_margin() -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(1000, 50, 300)
    faster, slower = (
        _comparison(a, a - 200 + rng.normal(0, 9, 300), "latency_ms"),
        _comparison(a, a + 200 + rng.normal(0, 9, 300), "latency_ms"),
    )
    assert _verdict(faster, "latency_ms", direction="lower", margin=50) is Verdict.PASS
    assert _verdict(slower, "latency_ms", direction="lower", margin=50) is Verdict.FAIL


@settings(deadline=None)
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.05, 0.95))
def test_a_bar_is_judged_by_the_one_sided_bound(case: tuple[int, int], bar: float) -> None:
    one_sided = wilson(*case, level=0.9)
    expected = Verdict.PASS if one_sided.low >= bar else Verdict.FAIL if one_sided.high < bar else Verdict.INCONCLUSIVE
    assert _verdict({"correct": wilson(*case)}, min=bar) is expected


@settings(deadline=None)
@given(st.integers(0, 100), st.floats(0.05, 0.95))
def test_a_ceiling_is_the_mirror_of_a_floor(successes: int, bar: float) -> None:
    floor = _verdict({"correct": wilson(successes, 100)}, min=bar)
    ceiling = _verdict({"correct": wilson(100 - successes, 100)}, max=1 - bar)
    one_sided = wilson(successes, 100, level=0.9)
    if min(abs(one_sided.low - bar), abs(one_sided.high - bar)) > 1e-9:
        assert floor is ceiling


def test_a_candidate_cannot_pass_by_failing_to_be_scored() -> None:
    a = np.ones(400)
    b = np.ones(400)
    b[:60] = np.nan
    (result,) = check(_comparison(a, b), [Criterion(metric="correct", margin=0.05)]).results
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "15.0% of targets that have no score" in result.explanation
    assert _verdict(_comparison(a, np.ones(400)), margin=0.05) is Verdict.PASS


def test_failed_items_are_counted_and_named() -> None:
    a = np.ones(20)
    b = np.ones(20)
    b[[3, 7]] = 0.0
    b[11] = np.nan
    found = check(_comparison(a, b), [Criterion(metric="correct", max_failed_items=2)])
    assert found.verdict is Verdict.FAIL
    assert found.results[0].explanation == "3 failed items, 2 allowed: i00003, i00007, i00011"
    assert _verdict(_comparison(a, b), max_failed_items=3) is Verdict.PASS


def test_failed_items_need_no_baseline() -> None:
    rows = _rows(np.array([1.0, 0.0, np.nan, 1.0]))
    failed = failed_items(rows)
    assert failed == {"correct": ("i00001", "i00002")}
    criterion = Criterion(metric="correct", max_failed_items=1)
    assert check({"correct": wilson(2, 3)}, [criterion], failed_items=failed).verdict is Verdict.FAIL
    assert failed_items(_rows(np.array([3.0]))) == {}


def test_one_failure_outweighs_passes_and_an_open_question() -> None:
    estimates = {"good": wilson(400, 400), "bad": wilson(10, 400), "open": wilson(4, 5)}
    criteria = [Criterion(metric=name, min=0.8) for name in estimates]
    found = check(estimates, criteria)
    assert found.verdict is Verdict.FAIL
    assert found.summary == "fail: 1 of 3 criteria (bad)"
    assert check(estimates, [criteria[0], criteria[2]]).verdict is Verdict.INCONCLUSIVE
    assert check(estimates, criteria[:1]).summary == "pass: all 1 criteria hold"


def test_no_interval_never_passes() -> None:
    assert _verdict({"score": mean([7.0])}, "score", min=1.0) is Verdict.INCONCLUSIVE
    assert _verdict({"score": mean([])}, "score", min=1.0) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        (Criterion(metric="corect", min=0.5), "did you mean 'correct'"),
        (Criterion(metric="correct", margin=0.1), "needs a baseline"),
        (Criterion(metric="correct", max_failed_items=1), "needs to know the items"),
    ],
)
def test_what_cannot_be_checked_is_refused_not_skipped(criterion: Criterion, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check({"correct": wilson(9, 10)}, [criterion])
    assert message in str(caught.value)


def test_a_gate_without_criteria_is_refused() -> None:
    with pytest.raises(InvalidInput, match="would pass everything"):
        check({}, [])


def test_a_candidate_worse_by_exactly_the_margin_passes_rarely() -> None:
    rng = np.random.default_rng(6)
    passes = 0
    for _ in range(300):
        a = (rng.random(200) < 0.9).astype(float)
        b = (rng.random(200) < 0.85).astype(float)
        passes += _verdict(_comparison(a, b), margin=0.05) is Verdict.PASS
    assert passes / 300 <= 0.08


def _judge(metric: str, *, may_decide: bool, name: str = "polite") -> JudgeTrust:
    return JudgeTrust(
        metric=metric,
        evaluator=name,
        evaluator_version="v1",
        state=TrustState.HELD if may_decide else TrustState.UNCALIBRATED,
        may_decide=may_decide,
        explanation="nobody has compared it with people",
        next_step="calibrate it",
    )


@pytest.mark.parametrize("share", [1.0, 0.0])
def test_a_judge_that_may_not_decide_blocks_its_criterion_whatever_the_numbers_say(share: float) -> None:
    source = {"correct": wilson(int(200 * share), 200), "polite": wilson(200, 200)}
    criteria = [Criterion(metric="correct", min=0.5), Criterion(metric="polite", min=0.5)]
    trusted = check(source, criteria, judges=[_judge("polite", may_decide=True)])
    assert not any(result.blocked for result in trusted.results)
    decision = check(source, criteria, judges=[_judge("correct", may_decide=False), _judge("polite", may_decide=True)])
    first, second = decision.results
    assert (decision.verdict, first.verdict, second.verdict) == (
        Verdict.INCONCLUSIVE,
        Verdict.INCONCLUSIVE,
        Verdict.PASS,
    )
    assert (first.blocked, second.blocked) == (True, False)
    assert "nobody has compared it with people; next: calibrate it" in first.explanation
    assert f"Its numbers alone: {'pass' if share else 'fail'}" in first.explanation
    assert "no calibration lets these judges decide: correct" in decision.summary
    assert decision.allowed_untrusted == []


def test_letting_an_untrusted_judge_decide_is_written_into_the_decision() -> None:
    source = {"correct": wilson(200, 200), "polite": wilson(200, 200)}
    criteria = [Criterion(metric="correct", min=0.5), Criterion(metric="polite", min=0.5)]
    judges = [_judge("correct", may_decide=False), _judge("polite", may_decide=True)]
    decision = check(source, criteria, judges=judges, allow_untrusted=True)
    assert decision.verdict is Verdict.PASS
    assert decision.allowed_untrusted == ["correct"]
    assert "on request: correct" in decision.summary
    assert "allowed although polite v1 may not decide" in decision.results[0].explanation
    assert decision.results[0].judges == [judges[0]]
    untouched = check(source, criteria, judges=[judges[1]], allow_untrusted=True)
    assert untouched.allowed_untrusted == []
    assert untouched.summary == "pass: all 2 criteria hold"


def test_one_untrusted_judge_of_two_behind_a_metric_blocks_it() -> None:
    judges = [_judge("correct", may_decide=True, name="old"), _judge("correct", may_decide=False, name="new")]
    (result,) = check({"correct": wilson(200, 200)}, [Criterion(metric="correct", min=0.5)], judges=judges).results
    assert result.blocked
    assert "new v1 may not decide" in result.explanation
    assert "old" not in result.explanation


def test_an_untrusted_judge_blocks_counts_of_failed_items_too() -> None:
    decision = check(
        {"correct": wilson(9, 10)},
        [Criterion(metric="correct", max_failed_items=5)],
        failed_items={"correct": ["i1"]},
        judges=[_judge("correct", may_decide=False)],
    )
    assert decision.verdict is Verdict.INCONCLUSIVE
