from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from subjects import subject
from test_rubric_file import GOOD, change

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Outcome, Subject
from evalwright.domain.score import ScoreStatus, ScoreType
from evalwright.evaluators.judge import Judge, Rubric, parse_rubric
from evalwright.evaluators.judge.logprobs import label_probabilities
from evalwright.evaluators.judge.sampling import majority
from evalwright.providers import OpenAICompatible
from evalwright.testing import Call, Reply, ScriptedServer

PAIR = """
name: better
kind: judge
target: trace
inputs: {question: input, a: output_a, b: output_b}
output:
  type: pairwise
  labels: {a: The block a answers better., b: The block b answers better., tie: Neither is better.}
evidence: none
"""
PLAIN = change("evidence: required\nmodel: {role: evaluation}", "evidence: none")
TWO = subject(input="Which?", output_a="the short one", output_b="the much longer one")
ONE = subject(input="Where is my order?", output="It left our warehouse on Monday.")


def verdict(label: str, **more: Any) -> str:
    return json.dumps({"explanation": "because", "evidence": [], "label": label, **more})


def judged(rubric: str, script: Callable[[Call], Any], *subjects: Subject) -> list[Sequence[tuple[str, Any, Outcome]]]:
    async def run(url: str) -> list[Any]:
        async with OpenAICompatible(base_url=url, backoff_base_s=0.001) as client:
            judge = Judge(parse_rubric(rubric), model="m", client=client)
            return list(await asyncio.gather(*(judge.evaluate(each) for each in subjects)))

    with ScriptedServer(script) as server:
        return asyncio.run(run(server.url))


def one(rubric: str, script: Callable[[Call], Any], about: Subject) -> Outcome:
    [[(_, _, outcome)]] = judged(rubric, script, about)
    return outcome


def shown_first(call: Call) -> str:
    return call.last_user.split("<<<BEGIN a ")[1].split(">>>\n")[1].split("\n<<<END")[0]


def test_a_pair_is_judged_in_both_orders_and_both_are_kept() -> None:
    def longer(call: Call) -> str:
        return verdict("a" if shown_first(call) == "the much longer one" else "b")

    outcome = one(PAIR, longer, TWO)
    assert (outcome.label, outcome.value) == ("b", 0.0)
    assert outcome.metadata["orders"] == {"a_first": "b", "b_first": "b"}
    assert outcome.metadata["consistent"] is True
    assert outcome.metadata["calls"] == 2


def test_when_the_order_decides_it_is_a_tie_and_says_so() -> None:
    outcome = one(PAIR, lambda call: verdict("a"), TWO)
    assert (outcome.status, outcome.label, outcome.value) == (ScoreStatus.SCORED, "tie", 0.5)
    assert outcome.metadata["orders"] == {"a_first": "a", "b_first": "b"}
    assert outcome.explanation.startswith("the order decided")


def test_a_pair_of_which_one_order_fails_has_no_verdict() -> None:
    def half(call: Call) -> Any:
        return verdict("a") if shown_first(call) == "the short one" else Reply(status=400, error="no")

    assert one(PAIR, half, TWO).status is ScoreStatus.ERRORED


def test_evidence_of_the_swapped_order_names_the_answer_it_stands_in() -> None:
    def quotes(call: Call) -> str:
        return json.dumps({"explanation": "x", "evidence": ["much longer"], "label": "a"})

    outcome = one(PAIR.replace("evidence: none", "evidence: required"), quotes, TWO)
    assert [quote.field for quote in outcome.evidence] == ["b", "b"]


def test_a_pairwise_judge_may_end_in_a_tie_even_if_its_rubric_has_none() -> None:
    rubric = parse_rubric(PAIR.replace(", tie: Neither is better.", ""))
    assert tuple(rubric.verdicts) == ("a", "b")
    assert tuple(Judge(rubric).spec.labels) == ("a", "b", "tie")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("b: output_b", "c: output_b", "needs the input 'b'"),
        ("b: The block b answers better.", "c: Third.", "needs the label 'b'"),
        ("tie: Neither is better.", "draw: Neither.", "label 'draw' is not one of a, b, tie"),
        ("evidence: none", "evidence: none\ncriteria: {x: Is it x}", "has no criteria"),
        ("type: pairwise", "type: pairwise\n  scores: {a: 1, b: 0}", "has no scores"),
    ],
)
def test_a_pairwise_rubric_that_is_none_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_rubric(PAIR.replace(old, new))


def test_samples_give_their_majority_with_agreement_and_distribution() -> None:
    answers = iter(["good", "bad", "good", "good", "bad"])
    outcome = one(PLAIN + "model: {samples: 5}\n", lambda call: verdict(next(answers)), ONE)
    assert (outcome.label, outcome.value) == ("good", 1.0)
    assert outcome.metadata["labels"] == {"good": 3, "bad": 2}
    assert outcome.metadata["agreement"] == outcome.metadata["confidence"] == 0.6
    assert outcome.metadata["mean_value"] == 0.6
    assert outcome.metadata["calls"] == 5


def test_samples_of_which_most_fail_give_no_score() -> None:
    answers = iter([verdict("good"), "prose", "prose", "prose", "prose"])
    outcome = one(PLAIN + "model: {samples: 3}\n", lambda call: next(answers, "prose"), ONE)
    assert outcome.status is ScoreStatus.ERRORED
    assert outcome.metadata["statuses"] == {"scored": 1, "errored": 2}


RUBRIC = parse_rubric(PLAIN)
NUMERIC = Rubric(name="n", target=RUBRIC.target, type=ScoreType.NUMERIC, inputs={"answer": "output"}, high=10.0)


@given(st.lists(st.sampled_from(["good", "bad"]), min_size=1, max_size=9))
def test_the_majority_is_a_label_that_was_given_most_often(labels: list[str]) -> None:
    found = majority([Outcome(label=label, value=float(label == "good")) for label in labels], RUBRIC)
    assert labels.count(found.label) * 2 >= len(labels)
    assert found.metadata["agreement"] == labels.count(found.label) / len(labels)


@given(st.lists(st.floats(0, 10, allow_nan=False), min_size=1, max_size=9))
def test_of_numbers_the_middle_one_counts(values: list[float]) -> None:
    found = majority([Outcome(value=value) for value in values], NUMERIC)
    assert found.value in values
    assert sum(value <= (found.value or 0) for value in values) * 2 >= len(values)
    assert 0 < found.metadata["agreement"] <= 1


def with_logprobs(label: str, tops: Sequence[tuple[str, float]], **cut: Any) -> Reply:
    text = verdict(label)
    head, _, tail = text.partition(f'"{label}"')
    tokens: list[dict[str, Any]] = [
        {"token": head + '"', "logprob": 0.0, "top_logprobs": []},
        {
            "token": label[:2],
            "logprob": math.log(tops[0][1]),
            "top_logprobs": [{"token": token, "logprob": math.log(p)} for token, p in tops],
        },
        {"token": label[2:] + '"' + tail, "logprob": 0.0, "top_logprobs": []},
    ]
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "logprobs": {"content": tokens}, **cut}
    return Reply(raw=json.dumps({"id": "x", "model": "m", "choices": [choice]}).encode())


def test_scores_come_from_the_labels_probabilities_where_the_endpoint_gives_them() -> None:
    def answer(call: Call) -> Reply:
        assert call.body["logprobs"] is True
        return with_logprobs("good", [("go", 0.6), ("bad", 0.2), ("un", 0.1), ("zz", 0.1)])

    outcome = one(PLAIN + "model: {score_from: logprobs}\n", answer, ONE)
    assert outcome.label == "good"
    assert outcome.value == pytest.approx(0.75)
    assert outcome.metadata["confidence"] == pytest.approx(0.75)
    assert outcome.metadata["probabilities"] == pytest.approx({"good": 0.75, "bad": 0.25})
    assert outcome.metadata["logprobs"] == "used"


@pytest.mark.parametrize("content", [None, [], "nonsense", [{"token": 3}], [{"token": '"label": "', "logprob": "x"}]])
def test_an_endpoint_without_usable_logprobs_costs_the_probabilities_not_the_verdict(content: Any) -> None:
    def answer(call: Call) -> Reply:
        return with_logprobs("good", [("go", 1.0)], logprobs={"content": content})

    outcome = one(PLAIN + "model: {score_from: logprobs}\n", answer, ONE)
    assert (outcome.label, outcome.value) == ("good", 1.0)
    assert outcome.metadata["logprobs"] == "absent"
    assert "confidence" not in outcome.metadata


@given(
    st.lists(st.tuples(st.text(max_size=6), st.floats(-20, 0)), max_size=6), st.lists(st.text(max_size=8), max_size=4)
)
def test_label_probabilities_are_shares_or_nothing(tops: list[tuple[str, float]], noise: list[str]) -> None:
    tokens = [{"token": text, "logprob": 0.0} for text in [*noise, '{"label": "']]
    tokens += [{"token": "x", "logprob": 0.0, "top_logprobs": [{"token": t, "logprob": p} for t, p in tops]}]  # type: ignore[dict-item]
    found = label_probabilities(tokens, ["good", "bad", "x"])
    assert not found or sum(found.values()) == pytest.approx(1.0)


def test_a_judge_says_how_sure_it_is_when_the_rubric_asks() -> None:
    outcome = one(PLAIN + "confidence: stated\n", lambda call: verdict("good", confidence=0.8), ONE)
    assert outcome.metadata["confidence"] == 0.8
    broken = one(PLAIN + "confidence: stated\n", lambda call: verdict("good", confidence=80), ONE)
    assert "confidence must be a number from 0 to 1" in broken.reason


def test_criteria_give_a_score_each_and_none_that_blends_them() -> None:
    rubric = PLAIN + 'criteria: {accuracy: "Are the facts right?", clarity: "Is it easy to follow?"}\n'

    def answer(call: Call) -> str:
        return verdict("good" if "Are the facts right?" in call.system else "bad")

    [found] = judged(rubric, answer, ONE)
    name = parse_rubric(PLAIN).name
    assert [(each, outcome.label) for each, _, outcome in found] == [
        (f"{name}.accuracy", "good"),
        (f"{name}.clarity", "bad"),
    ]


def test_a_criterion_is_cached_by_itself() -> None:
    cache: dict[str, Outcome] = {}
    served: list[str] = []

    async def run(url: str) -> None:
        rubric = parse_rubric(PLAIN + "criteria: {accuracy: Facts., clarity: Words.}\n")
        async with OpenAICompatible(base_url=url) as client:
            judge = Judge(rubric, model="m", client=client, cache=cache)
            for _ in range(2):
                await judge.evaluate(ONE)

    def answer(call: Call) -> str:
        served.append(call.system)
        return verdict("good")

    with ScriptedServer(answer) as server:
        asyncio.run(run(server.url))
    assert len(served) == len(cache) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("model: {samples: 0}", "must be a whole number over 0"),
        ("model: {samples: 26}", "at most 25"),
        ("model: {score_from: probs}", "must be one of label, logprobs"),
        ("model: {sample: 3}", "did you mean 'samples'"),
        ("confidence: high", "must be one of none, stated"),
        ("criteria: [a, b]", "criteria must be a mapping"),
        ("criteria: {a: ''}", "criteria.a must be a text"),
    ],
)
def test_an_option_that_cannot_be_read_is_explained(line: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_rubric(f"{PLAIN}{line}\n")
    assert message in f"{refused.value}"


def test_new_options_leave_the_version_of_a_rubric_that_uses_none() -> None:
    from dataclasses import replace

    rubric = parse_rubric(GOOD)
    assert replace(rubric, reverse_scale=False, criteria={}).version == rubric.version
    assert replace(rubric, reverse_scale=True).version != rubric.version


def test_a_reversed_scale_is_shown_best_first_and_scores_the_same() -> None:
    from dataclasses import replace

    from evalwright.evaluators.judge.prompt import system_prompt
    from evalwright.evaluators.registry import ready_rubrics

    rubric = ready_rubrics()["tone"]
    turned = replace(rubric, reverse_scale=True)
    assert "from best to worst" in system_prompt(turned)
    assert system_prompt(turned).index("- warm") < system_prompt(turned).index("- harmful")
    assert turned.scores == rubric.scores
    assert Judge(turned).spec.labels == Judge(rubric).spec.labels
