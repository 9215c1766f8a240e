from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from evalwright.domain.evaluator import Outcome, Subject
from evalwright.domain.score import ScoreStatus, Target
from evalwright.evaluators import load
from evalwright.evaluators.registry import find
from evalwright.providers import OpenAICompatible
from evalwright.testing import ScriptedServer
from examples.support_triage import agents, llm, telemetry
from examples.support_triage.judge_script import ERROR_RATE, verdict
from examples.support_triage.people import PEOPLE, labels_of
from examples.support_triage.questions import TEMPLATES, Question, questions
from examples.support_triage.retriever import search
from examples.support_triage.script import QUERIES, script, topic_of
from examples.support_triage.shop import Shop, ToolError

EVALUATORS = Path(__file__).resolve().parents[2] / "examples" / "support_triage" / "evaluators"
Pairs = list[tuple[Mapping[str, Any], Any]]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[llm.Endpoint]:
    with ScriptedServer(script, keep_calls=0) as server:
        made = llm.Endpoint(base_url=server.url, timeout_s=1.0)
        yield made
        made.client.close()


def answers(endpoint: llm.Endpoint, prompt: str, count: int) -> Pairs:
    """Questions with the desk's answers."""

    def ask(numbered: tuple[int, Question]) -> tuple[Mapping[str, Any], Any]:
        number, question = numbered
        desk = agents.Desk(endpoint=endpoint, prompt=prompt, luck=str(number))
        answer = desk.answer(question.customer_id, question.message)
        desk.shop.close()
        asked = {"customer_id": question.customer_id, "message": question.message}
        return asked, {"answer": answer.answer, "actions": list(answer.actions)}

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, enumerate(questions(count, 3))))


@pytest.fixture(scope="module")
def baseline(endpoint: llm.Endpoint) -> Pairs:
    return answers(endpoint, "baseline", 150)


@pytest.fixture(scope="module")
def candidate(endpoint: llm.Endpoint) -> Pairs:
    return answers(endpoint, "candidate", 150)


def judged(pairs: Pairs, evaluator: Any) -> list[Outcome]:
    async def run() -> list[Outcome]:
        made = []
        for number, (asked, output) in enumerate(pairs):
            subject = Subject(target=Target.TRIAL, key=str(number), values={"input": asked, "output": output})
            [(_, _, outcome)] = await evaluator.evaluate(subject)
            made.append(outcome)
        return made

    return asyncio.run(run())


def truth(output: Mapping[str, Any]) -> str:
    return verdict(output["answer"], json.dumps(output))[0]


def test_the_candidate_prompt_fails_less_and_neither_is_perfect(baseline: Pairs, candidate: Pairs) -> None:
    before, after = (
        Counter(truth(output) for _, output in pairs)["unresolved"] / 150 for pairs in (baseline, candidate)
    )
    assert 0.2 < before < 0.55
    assert 0.01 < after < before - 0.1


def test_the_same_questions_get_the_same_answers(endpoint: llm.Endpoint, baseline: Pairs) -> None:
    assert answers(endpoint, "baseline", 30) == baseline[:30]


def test_every_check_finds_failures_and_passes(baseline: Pairs) -> None:
    names = find(EVALUATORS)
    assert len(names) >= 6
    for name, reference in names.items():
        if reference.endswith(".yaml"):
            continue
        outcomes = judged(baseline, load(reference))
        assert {outcome.status for outcome in outcomes} <= {ScoreStatus.SCORED, ScoreStatus.SKIPPED}
        values = {outcome.value for outcome in outcomes if outcome.status is ScoreStatus.SCORED}
        assert values == ({0.0, 1.0} if name != "cites_what_it_read" else {1.0}), name


def test_the_judge_agrees_with_the_truth_but_for_its_stated_errors(endpoint: llm.Endpoint, baseline: Pairs) -> None:
    pairs = baseline
    client = OpenAICompatible(base_url=endpoint.base_url)
    judge = load(str(EVALUATORS / "resolution.yaml"), model="judge", client=client)

    async def run() -> list[Outcome]:
        async with client:
            subjects = [
                Subject(target=Target.TRIAL, key=str(n), values={"input": asked, "output": output})
                for n, (asked, output) in enumerate(pairs)
            ]
            found = await asyncio.gather(*(judge.evaluate(subject) for subject in subjects))
            return [outcome for [(_, _, outcome)] in found]

    outcomes = asyncio.run(run())
    assert {outcome.status for outcome in outcomes} == {ScoreStatus.SCORED}
    assert all(outcome.evidence[0].found for outcome in outcomes)
    wrong = sum(o.label != truth(output) for o, (_, output) in zip(outcomes, pairs, strict=True))
    assert 0 < wrong <= 4 * ERROR_RATE * len(pairs)


def test_two_people_mostly_see_the_truth_and_now_and_then_differ() -> None:
    fine = json.dumps({"answer": "Your subscription SUB-1 now has 12 seats."})
    said = [labels_of(f"{number:032x}", fine, False) for number in range(400)]
    by_person = {
        name: [each["label"] for both in said for each in both if each["annotator"] == name] for name in PEOPLE
    }
    for name, rate in PEOPLE.items():
        wrong = sum(label != "resolved" for label in by_person[name]) / 400
        assert 0.0 < wrong < 3 * rate
    assert sum(a != b for a, b in zip(*by_person.values(), strict=True)) > 0
    assert said[0] == labels_of(f"{0:032x}", fine, False)


def test_people_label_a_refund_by_whether_one_was_made_and_nothing_where_there_is_no_answer() -> None:
    told = json.dumps({"answer": "I have refunded invoice INV-1 to your card."})
    made, invented = (labels_of("1" * 32, told, refunded)[0]["label"] for refunded in (True, False))
    assert (made, invented) == ("resolved", "unresolved")
    assert labels_of("1" * 32, "", False) == []


def test_a_session_leaves_a_trace_in_the_conventions(endpoint: llm.Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", lambda: otel.get_tracer("t", tracer_provider=provider))
    answers(endpoint, "candidate", 30)
    provider.shutdown()
    spans = exporter.get_finished_spans()
    operations = Counter(str(span.attributes["gen_ai.operation.name"]) for span in spans)
    assert set(operations) == {"invoke_agent", "chat", "execute_tool", "retrieval"}
    roots = [span for span in spans if span.parent is None]
    assert len(roots) == 30
    assert all({"customer_id", "message"} == set(json.loads(root.attributes["input.value"])) for root in roots)
    chats = [
        span
        for span in spans
        if span.attributes["gen_ai.operation.name"] == "chat" and span.status.status_code.name != "ERROR"
    ]
    assert chats
    assert all(span.attributes["gen_ai.usage.input_tokens"] > 0 for span in chats)


def test_a_model_that_hangs_ends_in_an_apology(endpoint: llm.Endpoint) -> None:
    broken = llm.Endpoint(base_url="http://127.0.0.1:9/v1", client=endpoint.client)
    desk = agents.Desk(endpoint=broken)
    assert desk.answer("CUS-1001", "hello").answer == agents.SORRY
    desk.shop.close()


def test_each_topic_is_recognised_in_its_own_words() -> None:
    assert {question.topic for question in questions(300)} == set(TEMPLATES)
    assert all(topic_of(question.message) == question.topic for question in questions(300))


@pytest.mark.parametrize(("topic", "file"), [
    ("refund_old", "refunds.md"), ("export", "exports.md"), ("rate_limit", "rate-limits.md"), ("sso", "sso.md"),
    ("webhook", "webhooks.md"), ("mfa", "login.md"),
])  # fmt: skip
def test_search_finds_the_document_that_answers(topic: str, file: str) -> None:
    assert search(QUERIES[topic])[0].id == file


def test_search_returns_nothing_for_words_no_document_has() -> None:
    assert search("zebra quagga") == []


def test_the_shop_refunds_once_and_only_recent_invoices() -> None:
    shop = Shop()
    invoices = shop.list_invoices("CUS-1005")
    assert shop.issue_refund(invoices[2]["id"])["amount"] == invoices[2]["amount"]
    with pytest.raises(ToolError, match="already"):
        shop.issue_refund(invoices[2]["id"])
    with pytest.raises(ToolError, match="older than 30 days"):
        shop.issue_refund(invoices[0]["id"])
    shop.close()
    other = Shop()
    assert other.list_invoices("CUS-1005")[2]["status"] == "paid", "each session has a copy of its own"
    other.close()


def test_the_task_of_the_experiment_answers_an_item(endpoint: llm.Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    from examples.support_triage import task

    monkeypatch.setattr(task, "_endpoint", lambda: endpoint)
    item = {"customer_id": "CUS-1004", "message": "How do I set up single sign-on with SAML?"}
    output = task.candidate(item)
    assert output["answer"]
    assert output["actions"][0]["tool"].startswith("ask_")
    assert task.candidate(json.dumps(item))["actions"]
