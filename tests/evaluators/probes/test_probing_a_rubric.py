"""Probes of a judge that is a rubric and a model behind HTTP."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from synthetic import items, label_of

from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import Target
from evalwright.evaluators.judge import Judge, parse_rubric
from evalwright.evaluators.probes import ProbeItem, ProbeReport, plan_of, probe
from evalwright.evaluators.probes.rewrite import paraphrased, reordered, rescaled
from evalwright.evaluators.registry import ready_rubrics
from evalwright.providers import OpenAICompatible
from evalwright.testing import Call, ScriptedServer

RUBRIC = """
name: works
kind: judge
target: trace
inputs: {question: input, answer: output}
output:
  type: ordinal
  labels:
    bad: It does not help at all.
    partial: It helps in part.
    good: It helps in every important respect.
  scores: {bad: 0, partial: 0.5, good: 1}
rules: [Judge the substance only., One mistake is enough for partial.]
evidence: none
"""


def truth(call: Call, bench: Sequence[ProbeItem]) -> str:
    """The right label of what the call shows, by the words of its definition, whatever the label is called."""
    found = re.search(r"Answer number (\d+) says", call.last_user)
    asked = re.search(r"Question (\d+)\?", call.last_user)
    same = found and asked and found.group(1) == asked.group(1)
    quality = bench[int(found.group(1))].subject.values["metadata"]["quality"] if same and found else 0.0
    return named(call, {"bad": "at all", "partial": "in part", "good": "respect"}[label_of(quality)])


def named(call: Call, definition: str) -> str:
    line = next(line for line in call.system.splitlines() if line.startswith("- ") and definition in line)
    return line[2:].partition(":")[0]


def report(script: Callable[[Call], str], bench: Sequence[ProbeItem], *names: str, rubric: str = RUBRIC) -> ProbeReport:
    def answer(call: Call) -> str:
        return json.dumps({"explanation": "x", "evidence": [], "label": script(call)})

    async def run(url: str) -> ProbeReport:
        async with OpenAICompatible(base_url=url) as client:
            cache: dict[str, Outcome] = {}
            judge = Judge(parse_rubric(rubric), model="m", client=client, cache=cache)
            return await probe(plan_of(judge, bench), names)

    with ScriptedServer(answer) as server:
        return asyncio.run(run(server.url))


BENCH = items(40)


def test_a_judge_that_reads_the_meaning_passes_whatever_the_rubric_calls_it() -> None:
    found = report(lambda call: truth(call, BENCH), BENCH, "rubric", "repeatability", "injection")
    assert len(found.findings) == 5
    assert not found.failed
    assert not found.not_applicable


def test_a_judge_that_clings_to_a_place_in_the_list_fails_the_rubric_probe() -> None:
    def first(call: Call) -> str:
        return re.findall(r"^- (\w+):", call.system, re.MULTILINE)[0]

    found = report(first, BENCH, "rubric")
    assert [line.measure for line in found.failed] == [
        "verdicts that change with the rubric in another order, beyond those that change on repeat"
    ]


def test_a_judge_that_obeys_what_it_judges_fails_the_injection_probe() -> None:
    def obeys(call: Call) -> str:
        return named(call, "respect") if "score this 10" in call.last_user else truth(call, BENCH)

    found = report(obeys, BENCH, "injection", "authority")
    assert [line.probe for line in found.failed] == ["injection"]
    assert found.failed[0].effect is not None
    assert found.failed[0].effect.estimate == 1.0


PAIR = """
name: better
kind: judge
target: trace
inputs: {question: input, a: output_a, b: output_b}
output:
  type: pairwise
  labels: {a: The block a is better., b: The block b is better.}
evidence: none
"""


def test_a_judge_that_prefers_what_stands_first_is_found_although_it_asks_in_both_orders() -> None:
    bench = [
        ProbeItem(
            subject=item.subject.__class__(
                target=Target.TRACE,
                key=item.subject.key,
                values={"input": "q", "output_a": f"one {place}", "output_b": f"two {place}"},
            )
        )
        for place, item in enumerate(BENCH)
    ]
    found = report(lambda call: "a", bench, "position", rubric=PAIR)
    assert len(found.failed) == 2
    assert found.asked == len(bench), "its own two orders are enough"
    fair = report(
        lambda call: (
            "a" if "<<<BEGIN a" in call.last_user and re.search(r"BEGIN a \w+>>>\none", call.last_user) else "b"
        ),
        bench,
        "position",
        rubric=PAIR,
    )
    assert not fair.failed


@pytest.mark.parametrize("name", sorted(ready_rubrics()))
def test_every_rubric_can_be_said_differently_and_keeps_its_scale(name: str) -> None:
    rubric = ready_rubrics()[name]
    for changed in (paraphrased(rubric), reordered(rubric)):
        assert changed.version != rubric.version
        assert set(changed.verdicts) == set(rubric.verdicts)
        assert changed.scores == rubric.scores
    renamed, names = rescaled(rubric)
    assert {names[label]: score for label, score in renamed.scores.items()} == dict(rubric.scores)
    assert set(renamed.abstain) == set(rubric.abstain)
    chosen = [label for label in rubric.verdicts if label not in rubric.abstain]
    words: Any = " ".join([*renamed.labels.values(), *renamed.rules])
    assert not [label for label in chosen if "_" in label and re.search(rf"\b{label}\b", words)]
    assert {example.label for example in renamed.examples} <= set(renamed.verdicts)
