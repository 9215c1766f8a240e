from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from subjects import subject

from evalwright.domain.errors import InvalidInput
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators import Score, all_of, any_of, evaluator, weighted

SAYS = {"yes": True, "no": False, "skip": None}


def part(name: str, says: str) -> Any:
    if says == "unseen":
        return evaluator(name=name, type="boolean")(lambda expected: True)

    def judged(output: str) -> Score | None:
        if says == "fail":
            raise ValueError("broken")
        return None if says == "skip" else Score(value=SAYS[says])

    return evaluator(name=name, type="boolean")(judged)


def run(chosen: Any) -> Any:
    return asyncio.run(chosen.evaluate(subject(output="x")))


@pytest.mark.parametrize(
    ("says", "both", "either"),
    [
        (("yes", "yes"), 1.0, 1.0),
        (("yes", "no"), 0.0, 1.0),
        (("no", "no"), 0.0, 0.0),
        (("no", "fail"), 0.0, ScoreStatus.ERRORED),
        (("yes", "unseen"), ScoreStatus.UNSEEN, 1.0),
        (("skip", "unseen"), ScoreStatus.UNSEEN, ScoreStatus.UNSEEN),
        (("skip", "fail"), ScoreStatus.ERRORED, ScoreStatus.ERRORED),
    ],
)
def test_what_decides_decides_and_what_is_missing_stays_missing(says: Any, both: Any, either: Any) -> None:
    for combine, expected in ((all_of, both), (any_of, either)):
        (name, _, outcome), *parts = run(combine("together", part("p0", says[0]), part("p1", says[1])))
        assert name == "together"
        assert [each for each, _, _ in parts] == ["p0", "p1"], "the parts stay visible"
        if isinstance(expected, float):
            assert (outcome.status, outcome.value) == (ScoreStatus.SCORED, expected)
        else:
            assert (outcome.status, outcome.value) == (expected, None)
            assert "p1: " in outcome.reason


def numeric(name: str, value: float) -> Any:
    return evaluator(name=name)(lambda output: value)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 9)), min_size=1, max_size=5))
def test_a_weighted_mean_lies_between_its_parts_and_names_them(parts: list[tuple[float, float]]) -> None:
    made = [(numeric(f"p{n}", value), weight) for n, (value, weight) in enumerate(parts)]
    (_, _, outcome), *rest = run(weighted("mean", *made))
    values = [value for value, _ in parts]
    assert min(values) - 1e-9 <= outcome.value <= max(values) + 1e-9
    assert outcome.metadata["parts"] == {f"p{n}": value for n, value in enumerate(values)}
    assert len(rest) == len(parts)


def test_a_mean_over_fewer_parts_or_off_the_scale_is_none() -> None:
    missing = run(weighted("mean", (numeric("a", 1.0), 1), (part("b", "unseen"), 1)))[0][2]
    assert missing.status is ScoreStatus.UNSEEN
    off = run(weighted("mean", (numeric("a", 7.0), 1)))[0][2]
    assert (off.status, off.reason) == (ScoreStatus.ERRORED, "a gave no value between 0 and 1")


def test_the_version_follows_the_parts() -> None:
    one, two = part("p0", "yes"), part("p1", "no")
    assert all_of("x", one, two).spec.version == all_of("x", one, two).spec.version
    assert all_of("x", one, two).spec.version != all_of("x", one).spec.version
    assert all_of("x", one, two).spec.version != any_of("x", one, two).spec.version
    assert weighted("x", (one, 1)).spec.version != weighted("x", (one, 2)).spec.version
    assert list(all_of("x", one, part("p2", "unseen")).spec.inputs) == ["output", "expected"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: all_of("x"), "parts must have names"),
        (lambda: all_of("x", part("a", "yes"), part("a", "no")), "parts must have names"),
        (lambda: all_of("a", part("a", "yes")), "other than 'a'"),
        (lambda: any_of("x", numeric("n", 1.0)), "'n' is not boolean"),
        (lambda: weighted("x", (numeric("n", 1.0), 0)), "over 0"),
        (lambda: all_of("x", part("a", "yes"), evaluator(target="span")(lambda output: True)), "not boolean"),
    ],
)
def test_what_cannot_be_joined_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make()
