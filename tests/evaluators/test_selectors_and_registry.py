from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from subjects import only, step, subject
from test_rubric_file import GOOD

from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.evaluators import Judge, load, ready
from evalwright.evaluators.judge import parse_rubric
from evalwright.evaluators.judge.inputs import render
from evalwright.evaluators.registry import find, ready_rubrics, split_references
from evalwright.evaluators.selectors import MISSING, parse_selector
from evalwright.ports.models import ChatReply

STEPS = (step("LLM", at=1, gave="plan"), step("TOOL", "find", at=2, gave="A"), step("TOOL", "pay", at=3, gave="B"))
SUBJECT = subject(
    *STEPS,
    input="q",
    output={"answer": "a", "parts": [{"n": 1}, {"n": 2}]},
    metadata={"customer": {"tier": "gold"}},
    attributes={"gen_ai.request.model": "m"},
    messages=[{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input", "q"),
        ("output.answer", "a"),
        ("output.parts[1].n", 2),
        ("output.parts.n", [1, 2]),
        ("metadata.customer.tier", "gold"),
        ('attributes["gen_ai.request.model"]', "m"),
        ("messages[-1].content", "u"),
        ("messages[role=SYSTEM].content", ["s"]),
        ("steps[kind=tool].output", ["A", "B"]),
        ("steps[tool_name=pay]", [STEPS[2]]),
        ('steps[name="find"][0].span_id', STEPS[1].span.span_id),
        ("trajectory", STEPS),
        ("expected", MISSING),
        ("metadata.customer.age", MISSING),
        ("messages[9]", MISSING),
        ("steps[kind=RETRIEVER]", MISSING),
        ("input.x", MISSING),
        ("steps[0].__class__", MISSING),
        ("steps[0].total_tokens", MISSING),
    ],
)
def test_a_selector_finds_what_it_names(text: str, expected: Any) -> None:
    assert parse_selector(text).select(SUBJECT) == expected


@pytest.mark.parametrize("text", ["", "nothing", "subject", "input..x", "steps[", "steps[kind]", "input x", "steps[0"])
def test_a_selector_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_selector(text)


@settings(deadline=None)
@given(st.text(max_size=30), st.sampled_from(["", "input", "steps", "metadata"]))
def test_no_selector_fails_in_another_way(text: str, head: str) -> None:
    try:
        selector = parse_selector(head + text)
    except InvalidInput:
        return
    selector.select(SUBJECT)


def test_steps_are_rendered_as_a_numbered_list() -> None:
    assert render(list(STEPS[:2])) == "1. LLM llm\n   out: plan\n2. TOOL find\n   out: A"


def test_an_optional_input_may_be_absent() -> None:
    class Model:
        async def chat(self, request: Any) -> Any:
            return ChatReply(text='{"explanation": "x", "evidence": ["It left"], "label": "good"}', model="m")

    text = GOOD.replace("  answer: output", "  answer: output\n  work: steps?")
    judge = Judge(parse_rubric(text), model="m", client=Model())
    assert asyncio.run(only(judge, subject(input="q", output="It left."))).label == "good"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("_dot_", ".")).write_text(text)
    return folder


PYTHON = """
from evalwright.evaluators import evaluator

@evaluator
def short(output):
    return len(output) < 5

@evaluator(name="exact_match")
def mine(output):
    return True

def plain(output):
    return False
"""


def test_evaluators_in_a_folder_are_found_by_name_and_win_over_ready_ones(tmp_path: Path) -> None:
    folder = write(tmp_path, checks_dot_py=PYTHON, helpful_dot_yaml=GOOD, notes_dot_txt="x")
    assert set(find(folder)) == {"short", "exact_match", "helpful"}
    assert load("short", folder=folder).spec.name == "short"
    assert load("exact_match", folder=folder).spec.inputs == ("output",)
    judge = load("helpful", folder=folder, model="m", client=object())  # type: ignore[arg-type]
    assert isinstance(judge, Judge)


def test_a_function_is_loaded_by_file_and_name(tmp_path: Path) -> None:
    path = write(tmp_path, checks_dot_py=PYTHON) / "checks.py"
    assert asyncio.run(only(load(f"{path}:plain"), subject(output="x"))).value == 0.0
    with pytest.raises(NotFound, match="no evaluator 'shrt'"):
        load(f"{path}:shrt")
    with pytest.raises(NotFound, match="has 2 evaluators"):
        load(str(path))
    with pytest.raises(NotFound, match="no file"):
        load("nowhere.py:x")


def test_a_file_that_cannot_be_imported_is_explained(tmp_path: Path) -> None:
    path = write(tmp_path, broken_dot_py="import nothing_of_that_name") / "broken.py"
    with pytest.raises(InvalidInput, match="ModuleNotFoundError"):
        load(f"{path}:x")


def test_two_evaluators_of_one_name_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, a_dot_yaml=GOOD, b_dot_yaml=GOOD)
    with pytest.raises(InvalidInput, match="defined twice"):
        find(folder)


def test_a_judge_without_a_model_says_what_to_set() -> None:
    with pytest.raises(InvalidInput, match="EVALWRIGHT_JUDGE_MODEL"):
        load("faithfulness")


def test_a_list_of_references_is_split_between_references_only() -> None:
    text = "valid_json,output_length:min=1,max=80, checks.py:polite,, regex_match:pattern=a"
    expected = ["valid_json", "output_length:min=1,max=80", "checks.py:polite", "regex_match:pattern=a"]
    assert split_references(text) == expected
    assert load(expected[1]).spec.definition["config"] == {"min": 1, "max": 80}


def test_every_ready_name_is_documented() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "evaluators.md").read_text()
    for name in [*ready(), *ready_rubrics()]:
        assert f"`{name}" in page, name


def test_a_folder_or_a_whole_file_stands_for_all_evaluators_in_it(tmp_path: Path) -> None:
    from evalwright.evaluators.registry import expand

    file = tmp_path / "checks.py"
    file.write_text(
        "from evalwright import evaluator\n\n"
        "@evaluator\ndef polite(output: str) -> bool:\n    return 'please' in output\n\n"
        "@evaluator(name='short')\ndef brief(output: str) -> bool:\n    return len(output) < 80\n"
    )
    both = [f"{file}:polite", f"{file}:brief"]
    assert expand(str(file)) == both
    assert expand(str(tmp_path)) == both
    assert [load(each).spec.name for each in both] == ["polite", "short"]
    for other in ("exact_match", f"{file}:polite", "latency_under:ms=2000"):
        assert expand(other) == [other]


def test_a_folder_without_evaluators_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    from evalwright.evaluators.registry import expand

    with pytest.raises(NotFound, match="no evaluator in"):
        expand(str(tmp_path))
