"""Drift of error rates on items that people labelled and both sides judged."""

from __future__ import annotations

import numpy as np
import pytest

from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec
from evalwright.domain.score import ScoreType, Target
from evalwright.evaluators.calibration import VersionedVerdict, paired_drift
from evalwright.server.canaries import human_label


def verdicts(words: list[str]) -> dict[str, VersionedVerdict]:
    return {f"t{n}": VersionedVerdict(label=word) for n, word in enumerate(words)}


def people(words: list[str]) -> dict[str, str]:
    return {f"t{n}": word for n, word in enumerate(words)}


def test_each_rate_moves_by_itself_and_only_the_one_that_moved_alarms() -> None:
    truth = ["true"] * 40 + ["false"] * 40
    later = ["true"] * 24 + ["false"] * 16 + ["false"] * 40
    found = {each.measure: each for each in paired_drift(people(truth), verdicts(truth), verdicts(later))}
    assert list(found) == ["sensitivity", "specificity", "agreement"]
    assert found["agreement"].difference.estimate == pytest.approx(-0.2)
    assert found["sensitivity"].before.estimate == 1.0
    assert found["sensitivity"].after.estimate == pytest.approx(0.6)
    assert found["sensitivity"].difference.estimate == pytest.approx(-0.4)
    assert found["sensitivity"].difference.high < 0.0
    assert found["sensitivity"].alarm
    assert not found["specificity"].alarm
    assert found["specificity"].difference.estimate == 0.0


def test_the_affirmative_word_of_two_is_what_sensitivity_is_about() -> None:
    truth = ["good", "bad"] * 20
    later = ["bad"] * 40
    found = {each.measure: each for each in paired_drift(people(truth), verdicts(truth), verdicts(later))}
    assert found["sensitivity"].after.estimate == 0.0
    assert found["specificity"].after.estimate == 1.0


def test_more_than_two_labels_have_agreement_instead() -> None:
    truth = ["low", "middle", "high"] * 10
    later = ["low", "low", "high"] * 10
    [only] = paired_drift(people(truth), verdicts(truth), verdicts(later))
    assert only.measure == "agreement"
    assert only.after.estimate == pytest.approx(2 / 3)
    assert only.alarm


def test_one_label_has_one_rate_and_nothing_labelled_has_none() -> None:
    only_false = ["false"] * 10
    assert [each.measure for each in paired_drift(people(only_false), verdicts(only_false), verdicts(only_false))] == [
        "specificity"
    ]
    assert paired_drift({}, verdicts(only_false), verdicts(only_false)) == []
    assert paired_drift({"elsewhere": "true"}, verdicts(only_false), verdicts(only_false)) == []


def test_a_judge_that_has_not_changed_alarms_in_few_of_many_reruns() -> None:
    rng = np.random.default_rng(20_261_121)
    truth = ["true"] * 60 + ["false"] * 60

    def rerun() -> dict[str, VersionedVerdict]:
        wrong = rng.random(120) < 0.15
        other = {"true": "false", "false": "true"}
        return verdicts([other[word] if w else word for word, w in zip(truth, wrong, strict=True)])

    alarms = sum(any(each.alarm for each in paired_drift(people(truth), rerun(), rerun())) for _ in range(200))
    # Adjusted over the two rates, at most 5 % in expectation: 18 of 200 or more would have a chance under 2 %.
    assert alarms < 18


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ("helpful", ScoreType.BOOLEAN, "true"),
        ({"label": "useless"}, ScoreType.BOOLEAN, "false"),
        (True, ScoreType.BOOLEAN, "true"),
        (0, ScoreType.BOOLEAN, "false"),
        ({"score": 4}, ScoreType.ORDINAL, "4"),
        ("polite", ScoreType.CATEGORICAL, "polite"),
        (None, ScoreType.BOOLEAN, ""),
        ([1], ScoreType.BOOLEAN, ""),
        ({}, ScoreType.BOOLEAN, ""),
    ],
)
def test_what_people_say_is_put_in_the_words_of_verdicts(given: object, kind: ScoreType, said: str) -> None:
    spec = EvaluatorSpec(
        name="helps",
        version="1",
        kind=EvaluatorKind.JUDGE,
        target=Target.TRACE,
        type=kind,
        definition={"scores": {"helpful": 1, "useless": 0}},
    )
    assert human_label(given, spec) == said
