from __future__ import annotations

import asyncio
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from subjects import only, step, subject

from evalwright.domain.errors import InvalidInput
from evalwright.domain.score import ScoreStatus, ScoreType
from evalwright.evaluators import Score, evaluator, load


def run(chosen: Any, judged: Any) -> Any:
    return asyncio.run(only(chosen, judged))


def test_arguments_are_bound_by_name() -> None:
    @evaluator
    def judged(output: str, expected: str, bonus: float = 0.5) -> float:
        return (output == expected) + bonus

    assert judged.spec.inputs == ("output", "expected")
    assert run(judged, subject(output="a", expected="a", input="not asked for")).value == 1.5
    assert run(judged, subject(output="a", expected="a", bonus=2.0)).value == 3.0
    assert judged("a", "b", bonus=0) == 0


def test_a_missing_argument_makes_the_target_unseen_and_is_named() -> None:
    @evaluator
    def judged(output: str, expected: str, context: list[str]) -> bool:
        return output == expected

    outcome = run(judged, subject(output="a"))
    assert outcome.status is ScoreStatus.UNSEEN
    assert outcome.reason == "expected, context are absent"
    assert outcome.value is None


def test_why_a_target_was_skipped_is_told_in_the_words_of_the_evaluator() -> None:
    @evaluator(type="boolean")
    def cites(output: str) -> bool | None:
        """The citation exists; skipped when nothing
        is cited."""
        return True if "[" in output else None

    @evaluator(type="boolean")
    def silent(output: str) -> bool | None:
        return None

    assert run(cites, subject(output="plain")).reason == "when nothing is cited"
    assert run(cites, subject(output="[1]")).reason == ""
    assert run(silent, subject(output="plain")).reason == "the evaluator had nothing to say about this target"


def test_an_empty_trajectory_is_absent_not_empty() -> None:
    @evaluator
    def judged(trajectory: Any) -> bool:
        return not trajectory

    assert run(judged, subject(output="x")).status is ScoreStatus.UNSEEN
    assert run(judged, subject(step("LLM"))).value == 0.0


def test_an_output_of_none_is_judged_and_an_expected_of_none_is_absent() -> None:
    @evaluator
    def judged(output: object) -> bool:
        return output is None

    @evaluator
    def needs(expected: object) -> bool:
        return True

    assert run(judged, subject(output=None)).value == 1.0
    assert run(needs, subject(expected=None)).status is ScoreStatus.UNSEEN


@pytest.mark.parametrize(
    ("returned", "kind", "value", "label"),
    [
        (True, ScoreType.BOOLEAN, 1.0, "true"),
        (0.25, ScoreType.NUMERIC, 0.25, ""),
        (3, ScoreType.NUMERIC, 3.0, ""),
        ("good", ScoreType.CATEGORICAL, None, "good"),
        (Score(value=False, label="bad"), ScoreType.BOOLEAN, 0.0, "bad"),
        (Score(label="so-so"), ScoreType.CATEGORICAL, None, "so-so"),
    ],
)
def test_each_kind_of_result_is_read(returned: object, kind: ScoreType, value: float | None, label: str) -> None:
    judged = evaluator(lambda output: returned)
    [(_, found, outcome)] = asyncio.run(judged.evaluate(subject(output="x")))
    assert (found, outcome.value, outcome.label, outcome.status) == (kind, value, label, ScoreStatus.SCORED)


@pytest.mark.parametrize("returned", [float("nan"), float("inf"), object(), "", "x" * 201, Score()])
def test_a_result_that_says_nothing_is_an_error_not_a_score(returned: object) -> None:
    outcome = run(evaluator(lambda output: returned), subject(output="x"))
    assert outcome.status is ScoreStatus.ERRORED
    assert outcome.reason


def test_none_means_skipped() -> None:
    assert run(evaluator(lambda output: None), subject(output="x")).status is ScoreStatus.SKIPPED


def test_an_exception_becomes_an_errored_outcome_with_its_message() -> None:
    @evaluator
    def broken(output: str) -> bool:
        raise KeyError("total")

    outcome = run(broken, subject(output="x"))
    assert outcome.status is ScoreStatus.ERRORED
    assert outcome.reason == "KeyError: 'total'"


def test_async_and_blocking_evaluators_run() -> None:
    @evaluator
    async def later(output: str) -> bool:
        await asyncio.sleep(0)
        return True

    @evaluator(blocking=True, name="slow")
    def waits(output: str) -> bool:
        return True

    assert run(later, subject(output="x")).value == 1.0
    assert run(waits, subject(output="x")).value == 1.0
    assert waits.spec.name == "slow"


def test_a_label_that_was_not_declared_is_an_error() -> None:
    judged = evaluator(labels=["good", "bad"])(lambda output: output)
    assert run(judged, subject(output="good")).label == "good"
    assert "'ugly' is not one of good, bad" in run(judged, subject(output="ugly")).reason


def test_a_parameter_that_has_no_name_to_bind_by_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"\*rest"):
        evaluator(lambda *rest: True)


def write(path: Path, text: str) -> str:
    path.write_text(textwrap.dedent(text))
    return str(path)


def version(path: Path, text: str) -> str:
    return load(write(path, text) + ":judged").spec.version


def test_the_version_follows_what_decides_the_verdict(tmp_path: Path) -> None:
    base = """
    WORDS = ["please"]
    OTHER = 1

    def polite(text):
        return any(word in text for word in WORDS)

    def judged(output):
        return polite(output)
    """
    path = tmp_path / "one.py"
    first = version(path, base)
    assert version(tmp_path / "two.py", base) == first
    assert version(tmp_path / "three.py", base.replace("OTHER = 1", "OTHER = 2")) == first
    assert version(tmp_path / "four.py", base.replace('["please"]', '["thanks"]')) != first
    assert version(tmp_path / "five.py", base.replace("any(", "all(")) != first
