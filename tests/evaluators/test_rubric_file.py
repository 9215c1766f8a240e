from __future__ import annotations

import contextlib
import textwrap
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evalwright.domain.errors import InvalidInput
from evalwright.domain.score import ScoreType, Target
from evalwright.evaluators.judge import Judge, Rubric, parse_rubric
from evalwright.evaluators.registry import ready_rubrics

GOOD = """\
name: helpful
kind: judge
target: trace
inputs:
  question: input
  answer: output
output:
  type: categorical
  labels:
    good: It helps.
    bad: It does not help.
    unclear: It cannot be read.
  scores: {good: 1, bad: 0}
  abstain: [unclear]
rules:
  - Be fair.
examples:
  - inputs: {question: Say why., answer: Because.}
    label: bad
    why: It says nothing.
evidence: required
model: {role: evaluation}
"""


def change(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_the_five_parts_are_read() -> None:
    rubric = parse_rubric(GOOD)
    assert (rubric.name, rubric.target, rubric.type) == ("helpful", Target.TRACE, ScoreType.CATEGORICAL)
    assert rubric.inputs == {"question": "input", "answer": "output"}
    assert rubric.verdicts == ["good", "bad", "unclear"]
    assert rubric.scores == {"good": 1.0, "bad": 0.0}
    assert rubric.rules == ("Be fair.",)
    assert rubric.examples[0].label == "bad"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (change("kind: judge", "kin: judge"), 2, "unknown key 'kin'"),
        (change("rules:", "rule:"), 15, "did you mean 'rules'"),
        (change("target: trace", "target: traces"), 3, "did you mean 'trace'"),
        (change("type: categorical", "type: category"), 8, "did you mean 'categorical'"),
        (change("    bad: It does not help.", "    good: Again."), 11, "'good' is given twice"),
        (change("    bad: It does not help.", "    bad:"), 11, "'bad' has no definition"),
        (change("label: bad", "label: Bad"), 19, "did you mean 'bad'"),
        (change("{question: Say why., answer: Because.}", "{ask: Say why.}"), 18, "the input 'ask'"),
        (change("why: It says nothing.", "because: It says nothing."), 20, "unknown key 'because'"),
        (change("scores: {good: 1, bad: 0}", "scores: {good: 1}"), 13, "'bad' has no score"),
        (change("scores: {good: 1, bad: 0}", "scores: {good: 1, bad: high}"), 13, "must be a number"),
        (change("scores: {good: 1, bad: 0}", "scores: {good: 1, unclear: 0}"), 13, "'unclear', which is not a label"),
        (change("answer: output", "answer: outptu"), 6, "does not begin with a known name"),
        (change("answer: output", "answer: output.[x"), 6, "cannot be read at character 6"),
        (change("evidence: required", "evidence: must"), 21, "evidence must be one of"),
        (change("evidence: required", "limits: {input_chars: 0}"), 21, "whole number over 0"),
        (change("name: helpful", "nome: helpful"), 1, "did you mean 'name'"),
        (change("name: helpful\n", ""), 1, "'name' is missing"),
        (change("rules:\n  - Be fair.", "rules: Be fair."), 15, "rules must be a list"),
        (change("  - Be fair.", "  - 7"), 16, "must be a text"),
        (change("question: input", "question: &a input") + "description: *a\n", 23, "aliases are not allowed"),
        ("[1, 2]", 1, "must be a mapping"),
        ("a: [", 1, "expected"),
        ("", 1, "must be a mapping"),
    ],
)
def test_a_mistake_is_explained_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_rubric(text, where="r.yaml")
    assert message in str(caught.value)
    assert f"r.yaml, line {line}" in str(caught.value)


def output_of(text: str) -> Rubric:
    head, tail = GOOD.split("output:\n")[0], "rules: []\n"
    return parse_rubric(head + "output:\n" + textwrap.indent(textwrap.dedent(text), "  ") + tail)


def test_boolean_labels_may_be_words_or_true_and_false() -> None:
    plain = output_of("type: boolean\nlabels: {true: It is so., false: It is not.}\n")
    assert plain.scores == {"true": 1.0, "false": 0.0}
    words = output_of("type: boolean\nlabels: {yes: It is so., no: It is not.}\nscores: {yes: 1, no: 0}\n")
    assert words.verdicts == ["yes", "no"]
    with pytest.raises(InvalidInput, match="one label 1 and the other 0"):
        output_of("type: boolean\nlabels: {yes: It is so., no: It is not.}\n")
    with pytest.raises(InvalidInput, match="exactly two labels"):
        output_of("type: boolean\nlabels: {a: A., b: B., c: C.}\n")


def test_ordinal_labels_are_numbered_from_worst_to_best() -> None:
    rubric = output_of("type: ordinal\nlabels: {poor: P., fair: F., fine: G.}\n")
    assert rubric.scores == {"poor": 1.0, "fair": 2.0, "fine": 3.0}


def test_a_numeric_rubric_has_a_range_and_no_labels() -> None:
    rubric = output_of("type: numeric\nrange: [0, 10]\nabstain: [unclear]\n")
    assert (rubric.low, rubric.high, rubric.verdicts) == (0.0, 10.0, ["scored", "unclear"])
    with pytest.raises(InvalidInput, match="has no labels"):
        output_of("type: numeric\nlabels: {a: A.}\n")
    with pytest.raises(InvalidInput, match="not under"):
        output_of("type: numeric\nrange: [3, 1]\n")


def test_the_version_follows_meaning_not_layout() -> None:
    base = parse_rubric(GOOD).version
    assert parse_rubric("# a remark\n" + change("{good: 1, bad: 0}", "{bad: 0, good: 1}")).version == base
    assert parse_rubric(change("Be fair.", "Be strict.")).version != base
    swapped = change(
        "    good: It helps.\n    bad: It does not help.", "    bad: It does not help.\n    good: It helps."
    )
    assert parse_rubric(swapped).version != base, "the order in which labels are shown can change a verdict"


def test_a_bar_is_read_and_is_no_part_of_the_version() -> None:
    held = parse_rubric(GOOD + "min_agreement: 0.85\n")
    assert (parse_rubric(GOOD).min_agreement, held.min_agreement) == (None, 0.85)
    assert held.version == parse_rubric(GOOD).version
    assert Judge(held, model="m").spec.min_agreement == 0.85
    assert Judge(held, model="m").spec.version == Judge(parse_rubric(GOOD), model="m").spec.version


@pytest.mark.parametrize("bar", ["85", "-0.1", "high", "true", ".nan"])
def test_a_bar_outside_its_range_is_refused_with_its_line(bar: str) -> None:
    with pytest.raises(InvalidInput, match=r"line 23: min_agreement"):
        parse_rubric(f"{GOOD}min_agreement: {bar}\n")


def test_the_rubrics_that_come_with_it_are_good() -> None:
    rubrics = ready_rubrics()
    assert {"task_completion", "faithfulness", "tone", "refusal_quality"} <= set(rubrics)
    for rubric in rubrics.values():
        assert rubric.examples
        assert rubric.rules
        assert rubric.description


KEYS = ["name", "kind", "target", "inputs", "output", "rules", "examples", "evidence", "limits", "model", "odd"]
VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["trace", "boolean"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "labels", "type"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=len(KEYS)))
def test_no_document_makes_it_fail_in_another_way(document: Any) -> None:
    merged = yaml.safe_load(GOOD) | document
    with contextlib.suppress(InvalidInput):
        assert parse_rubric(yaml.safe_dump(merged)).name


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_makes_it_fail_in_another_way(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_rubric(text)
