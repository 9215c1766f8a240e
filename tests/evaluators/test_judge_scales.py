"""The order in which a judge sees its scale changes what it reads, never what a verdict means."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from test_judge import verdict
from test_rubric_file import GOOD

from evalwright.domain.errors import InvalidInput
from evalwright.evaluators.judge import parse_rubric
from evalwright.evaluators.judge.prompt import system_prompt

HEAD = GOOD.split("output:")[0]


def ordinal(shown: str) -> str:
    return f"{HEAD}output: {{type: ordinal, labels: {{poor: P., fair: F., fine: G.}}, shown: {shown}}}\n"


def numeric(shown: str) -> str:
    example = "examples: [{inputs: {question: q}, value: 2, why: w}]\n"
    return f"{HEAD}output: {{type: numeric, range: [0, 10]{shown}}}\n{example}"


def test_labels_are_shown_in_the_order_asked_for_and_score_the_same() -> None:
    rubric = parse_rubric(ordinal("[fair, fine, poor]"))
    said = system_prompt(rubric)
    assert said.index("- fair") < said.index("- fine") < said.index("- poor")
    assert "From worst to best the verdicts are: poor, fair, fine." in said
    assert rubric.scores == {"poor": 1.0, "fair": 2.0, "fine": 3.0}
    outcome, model = verdict(
        {"explanation": "x", "evidence": [], "label": "fine"}, rubric=ordinal("[fair, fine, poor]")
    )
    assert outcome.value == 3.0
    assert (model.asked[0].schema or {})["properties"]["label"]["enum"] == ["fair", "fine", "poor"]


def test_a_reversed_scale_of_labels_runs_from_best_to_worst() -> None:
    said = system_prompt(parse_rubric(ordinal("reversed")))
    assert said.index("- fine") < said.index("- fair") < said.index("- poor")
    assert "from best to worst" in said


def test_a_reversed_scale_of_numbers_counts_down_and_is_turned_back() -> None:
    straight, turned = (parse_rubric(numeric(shown)) for shown in ("", ", shown: reversed"))
    assert "from 0 (worst) to 10 (best)" in system_prompt(straight)
    assert "from 10 (worst) to 0 (best)" in system_prompt(turned)
    assert "Verdict: scored, value 8" in system_prompt(turned)
    answer = {"explanation": "x", "evidence": [], "label": "scored", "value": 3}
    assert verdict(answer, rubric=numeric(""))[0].value == 3.0
    assert verdict(answer, rubric=numeric(", shown: reversed"))[0].value == 7.0
    assert straight.version != turned.version


@pytest.mark.parametrize("shown", ["[poor, fair]", "[poor, fair, fine, fine]", "[poor, fair, great]", "sorted", "3"])
def test_an_order_that_is_none_of_the_labels_is_refused(shown: str) -> None:
    with pytest.raises(InvalidInput, match=r"shown must be"):
        parse_rubric(ordinal(shown))


def test_numbers_have_no_order_but_the_two() -> None:
    with pytest.raises(InvalidInput, match="no labels"):
        parse_rubric(numeric(", shown: []"))
