"""Is today's judge yesterday's, and which judge is worth its price."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from evalwright.domain.calibration import Scale
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.calibration import (
    LabelledRow,
    Options,
    VersionedVerdict,
    bridge,
    calibrate,
    compare_judges,
    drift,
    model_family,
    self_grading,
)


def said(*values: bool) -> dict[str, VersionedVerdict]:
    return {f"t{n}": VersionedVerdict(label=str(v).lower(), value=float(v)) for n, v in enumerate(values)}


def test_a_bridge_tells_how_far_the_mean_moves_and_what_flips() -> None:
    old = said(*[True] * 60, *[False] * 40)
    new = said(*[True] * 45, *[False] * 15, *[True] * 2, *[False] * 38)
    found = bridge("polite", ("v1", old), ("v2", new))
    assert found.shift is not None
    assert found.shift.estimate == pytest.approx(-0.13)
    assert found.shift.high < 0.0
    assert found.p_value is not None
    assert found.p_value < 0.01
    assert [(each.before, each.after, each.count) for each in found.flips] == [
        ("true", "false", 15),
        ("false", "true", 2),
    ]
    assert found.flips[1].keys == ["t60", "t61"]
    assert any("the trend has a step" in said for said in found.warnings)
    assert found.kappa is not None
    assert 0.5 < found.kappa.estimate < 0.9


def test_a_bridge_between_equal_versions_is_silent() -> None:
    verdicts = said(True, False, True, True, False, True, False, False)
    found = bridge("polite", ("v1", verdicts), ("v2", verdicts))
    assert found.shift is not None
    assert found.shift.estimate == 0.0
    assert found.flips == []
    assert found.warnings == []


def test_a_bridge_counts_what_only_one_side_judged() -> None:
    found = bridge("polite", ("v1", said(True, True, False)), ("v2", {"t0": VersionedVerdict(label="true", value=1.0)}))
    assert (found.targets, found.only_before, found.only_after) == (1, 2, 0)
    nothing = bridge("polite", ("v1", said(True)), ("v2", {"other": VersionedVerdict(label="x")}))
    assert nothing.shift is None
    assert nothing.kappa is None
    assert any("no target in common" in warning for warning in nothing.warnings)


def test_labels_without_numbers_still_flip() -> None:
    old = {f"t{n}": VersionedVerdict(label="good") for n in range(5)}
    new = {f"t{n}": VersionedVerdict(label="good" if n else "bad") for n in range(5)}
    found = bridge("tone", ("v1", old), ("v2", new))
    assert found.shift is None
    assert found.flips[0].keys == ["t0"]


def card(sensitivity: float, specificity: float, count: int = 400) -> Any:
    """A stored report of a judge with these error rates."""
    rows = []
    for n in range(count):
        truth = n % 2 == 0
        place = (n // 2) / (count / 2)
        right = place < (sensitivity if truth else specificity)
        rows.append(
            LabelledRow(key=str(n), votes={"a": "yes" if truth else "no"}, judged="yes" if truth is right else "no")
        )
    report = calibrate(rows, Options(resamples=20)).report
    return msgspec.json.decode(msgspec.json.encode(report))


def test_drift_of_one_error_rate_raises_one_alarm() -> None:
    shifts = drift(card(0.9, 0.8), card(0.9, 0.6))
    assert [(each.measure, each.alarm) for each in shifts] == [("sensitivity", False), ("specificity", True)]
    assert shifts[1].difference.estimate == pytest.approx(-0.2)
    assert shifts[1].difference.high < 0.0
    found = bridge("polite", ("v1", said(True)), ("v2", said(True)), drift_of=shifts)
    assert any(warning.startswith("specificity moved by") for warning in found.warnings)


def test_equal_cards_and_cards_without_rates_raise_none() -> None:
    assert not any(each.alarm for each in drift(card(0.9, 0.8), card(0.9, 0.8)))
    assert drift({"overall": {}}, card(0.9, 0.8)) == []


def test_false_alarms_of_drift_are_rare() -> None:
    rng = np.random.default_rng(4)

    def report() -> Any:
        rates = {
            name: {"estimate": float(rng.binomial(200, share) / 200), "n": 200, "n_effective": 200.0}
            for name, share in (("sensitivity", 0.9), ("specificity", 0.8))
        }
        return {"overall": rates}

    alarms = sum(any(each.alarm for each in drift(report(), report())) for _ in range(400))
    assert alarms <= 32, "BH over two rates at .05, with the slack of 400 draws"


def judge(share: float, cost: float | None, *, seed: int = 1, silent: int = 0) -> list[LabelledRow]:
    rng = np.random.default_rng(seed)
    return [
        LabelledRow(
            key=str(n),
            votes={"a": "yes"},
            judged=None if n < silent else "yes" if rng.random() < share else "no",
            status=ScoreStatus.ERRORED if n < silent else ScoreStatus.SCORED,
            cost=cost,
        )
        for n in range(300)
    ]


def test_a_judge_that_is_worse_and_dearer_is_off_the_front() -> None:
    found = compare_judges(
        "gold", {("best", "1"): judge(0.95, 0.02), ("cheap", "1"): judge(0.8, 0.001), ("bad", "1"): judge(0.6, 0.03)}
    )
    assert found.metrics == ["agreement", "cost"]
    assert [(each.evaluator, each.on_front) for each in found.judges] == [
        ("best", True),
        ("cheap", True),
        ("bad", False),
    ]
    assert found.common_rows == 300


def test_judges_that_give_numbers_are_compared_by_rank_and_gaps_are_told() -> None:
    rng = np.random.default_rng(8)
    truth = rng.normal(size=300)

    def rows(noise: float, silent: int = 0) -> list[LabelledRow]:
        said = truth + rng.normal(scale=noise, size=300)
        return [
            LabelledRow(key=str(n), votes={"a": float(truth[n])}, judged=None if n < silent else float(said[n]),
                        status=ScoreStatus.ERRORED if n < silent else ScoreStatus.SCORED)
            for n in range(300)
        ]  # fmt: skip

    judges = {("near", "1"): rows(0.3), ("far", "1"): rows(2.0, silent=20)}
    found = compare_judges("gold", judges, Options(scale=Scale.INTERVAL))
    assert found.metrics == ["spearman"]
    near, far = found.judges
    assert (near.evaluator, near.on_front, far.on_front) == ("near", True, False)
    assert near.spearman is not None
    assert far.spearman is not None
    assert near.spearman.low > far.spearman.high
    assert np.isnan(near.agreement.estimate)
    assert found.warnings == ["far gave no number on 20 of the rows: they are left out"]


def test_a_judge_that_stays_silent_on_what_is_hard_gains_nothing() -> None:
    found = compare_judges("gold", {("talks", "1"): judge(0.8, None), ("silent", "1"): judge(1.0, None, silent=150)})
    assert [each.evaluator for each in found.judges] == ["talks", "silent"]
    assert found.judges[1].agreement.estimate == pytest.approx(0.5)


def test_judges_without_a_common_row_are_not_compared() -> None:
    other = [LabelledRow(key="elsewhere", votes={"a": "yes"}, judged="yes")]
    found = compare_judges("gold", {("one", "1"): judge(0.8, None), ("two", "1"): other})
    assert found.common_rows == 0
    assert "no row" in found.warnings[0]


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("anthropic/claude-sonnet-4", "anthropic"),
        ("gpt-4o-mini", "openai"),
        ("ChatGPT-0301", "openai"),
        ("us.anthropic.claude-3-5-haiku-20241022-v1:0", "anthropic"),
        ("meta-llama/llama-4-maverick", "meta"),
        ("us.meta.llama3-70b-instruct", "meta"),
        ("qwen2.5-72b", "alibaba"),
        ("gemini-2.5-pro", "gcp.gen_ai"),
        ("my-own-model", ""),
        ("", ""),
    ],
)
def test_the_maker_of_a_model_is_read_from_its_name(model: str, family: str) -> None:
    assert model_family(model) == family


def test_a_judge_of_its_own_kin_is_pointed_out() -> None:
    warning = self_grading("gpt-4o", {"openai/gpt-4.1-mini": 30, "claude-sonnet-4": 10})
    assert "its own maker (openai) in 30 of 40 rows" in warning
    assert self_grading("gpt-4o", {"claude-sonnet-4": 10}) == ""
    assert self_grading("my-own-model", {"my-own-model": 10}) == ""
