"""Every ready rubric over the real traces: it reads what it needs, or says what is not there."""

from __future__ import annotations

import gzip
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from shared import shared_data
from subjects import step, subject

from evalwright.domain.content import Document
from evalwright.domain.evaluator import StepContent, Subject
from evalwright.domain.score import Target
from evalwright.evaluators.judge.inputs import JudgeInputs, collect
from evalwright.evaluators.judge.prompt import system_prompt
from evalwright.evaluators.registry import ready_rubrics
from evalwright.evaluators.selectors import parse_selector
from evalwright.ingest.json import decode_json
from evalwright.scoring.subjects import session_subject, trace_subject
from evalwright.semconv import content, normalise

RUBRICS = ready_rubrics()
SOURCES: Mapping[str, Sequence[str]] = {
    "frameworks": ["frameworks/frameworks.public.otlp.jsonl.gz"],
    "trail": ["trail/trail_gaia.public.otlp.jsonl.gz", "trail/trail_swebench.public.otlp.jsonl.gz"],
    "tau": ["tau-bench/tau_airline_gpt4o.turns.otlp.jsonl.gz"],
    "whowhen": [
        "whowhen/whowhen_algorithm.public.otlp.jsonl.gz",
        "whowhen/whowhen_handcrafted.public.otlp.jsonl.gz",
    ],
}
NEEDS_RETRIEVAL = {"citation_support", "document_relevance", "faithfulness"}
NEEDS_EXPECTED = {"correctness"}
CONVERSATIONS = {"session_outcome", "user_frustration"}
"""What these need is not in runs of agents without retrieval, without a dataset, without sessions."""


@lru_cache(maxsize=4)
def subjects(source: str, target: Target) -> Sequence[Subject]:
    groups: dict[str, list[StepContent]] = {}
    for name in SOURCES[source]:
        with gzip.open(shared_data() / name) as lines:
            for raw in (raw for line in lines for raw in decode_json(line, max_value_chars=1_000_000, now_ns=1).spans):
                span = normalise(raw, project="p", received_ns=1)
                key = span.trace_id if target is Target.TRACE else span.session_id
                if key:
                    groups.setdefault(key, []).append(StepContent(span=span, content=content(span)))
    if target is Target.TRACE:
        return [trace_subject(steps) for steps in groups.values()]
    return [session_subject(key, steps) for key, steps in groups.items()]


def read(name: str, about: Subject) -> JudgeInputs:
    rubric = RUBRICS[name]
    selectors = {given: parse_selector(text) for given, text in rubric.inputs.items()}
    return collect(selectors, about, rubric.max_input_chars)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(RUBRICS))
@pytest.mark.parametrize("source", SOURCES)
def test_a_rubric_reads_real_runs_or_says_what_is_not_there(source: str, name: str) -> None:
    about = subjects(source, RUBRICS[name].target)
    found = [read(name, each) for each in about]
    missing = Counter(part for each in found for part in each.missing)
    if name in NEEDS_RETRIEVAL:
        assert missing["documents (documents)"] == len(about)
    elif name in NEEDS_EXPECTED:
        assert missing["expected (expected)"] == len(about)
    elif name in CONVERSATIONS and source == "trail":
        assert not about
    else:
        bound = sum(not each.missing for each in found)
        assert bound >= 0.95 * len(about) > 0, missing
    assert sum(bool(each.cut) for each in found) <= 0.05 * len(about)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["task_completion", "refusal_quality", "escalation_quality", "tool_invocation"])
def test_the_rules_of_the_service_reach_the_judge(name: str) -> None:
    """The airline's policy stands in the system prompt; a judge without it would call right refusals failures."""
    for about in subjects("tau", Target.TRACE):
        texts = read(name, about).texts
        assert "cancel" in texts["instructions"].lower()
        assert texts["instructions"].count("# Airline Agent Policy") <= 1


@pytest.mark.shared_data
@pytest.mark.parametrize("source", ["frameworks", "trail", "whowhen"])
def test_instructions_are_found_in_every_convention_that_records_them(source: str) -> None:
    for about in subjects(source, Target.TRACE):
        roles = {message.role for each in about.steps for message in each.content.input_messages}
        assert ("instructions" in read("task_completion", about).texts) == bool({"system", "developer"} & roles)


def test_documents_come_with_their_ids_so_that_citations_can_be_checked() -> None:
    found = step("RETRIEVER", "search", documents=(Document(id="refunds.md", content="Refunds take 5 days."),))
    about = subject(found, input="How long?", output="5 days [refunds.md].", context=["Refunds take 5 days."])
    for name in NEEDS_RETRIEVAL:
        assert read(name, about).texts["documents"] == "[refunds.md] Refunds take 5 days."


def test_where_no_retrieval_was_recorded_the_context_stands_for_the_documents() -> None:
    about = subject(input="How long?", output="5 days.", context=["Refunds take 5 days."])
    assert read("faithfulness", about).texts["documents"] == "Refunds take 5 days."


def test_an_instruction_that_every_call_repeats_is_read_once() -> None:
    calls = [step("LLM", at=place, system="Be kind.") for place in range(3)]
    about = subject(*calls, step("LLM", at=3, system="Be brief."), input="hi", output="hello")
    assert read("refusal_quality", about).texts["instructions"] == "Be kind.\n\nBe brief."


def test_a_chat_without_steps_can_be_judged_for_hallucination() -> None:
    found = read("hallucination", subject(input="Who wrote it?", output="Somebody."))
    assert found.missing == []
    assert set(found.texts) == {"request", "answer"}


def test_every_rubric_has_hard_examples_of_most_of_its_labels() -> None:
    for name, rubric in RUBRICS.items():
        shown = {example.label for example in rubric.examples}
        assert len(rubric.examples) >= 4, name
        assert set(rubric.abstain) <= shown, f"{name} shows no case in which nothing can be said"
        chosen = set(rubric.labels) - set(rubric.abstain)
        assert len(chosen - shown) <= (1 if name in ("document_relevance", "session_outcome") else 0), (
            name,
            chosen - shown,
        )


def test_examples_of_one_criterion_are_shown_only_where_it_is_judged() -> None:
    parts = {part.name.partition(".")[2]: part for part in RUBRICS["summary_quality"].parts}
    for name, part in parts.items():
        assert {example.criterion for example in part.examples} == {"", name}
        assert sum(example.criterion == "" for example in part.examples) == 2


def test_an_example_of_one_criterion_says_so_where_all_are_judged_together() -> None:
    whole = system_prompt(RUBRICS["summary_quality"])
    assert "Example 1\n" in whole
    assert "Example 2, for coverage alone\n" in whole
    assert "alone\n" not in system_prompt(RUBRICS["summary_quality"].parts[0])
