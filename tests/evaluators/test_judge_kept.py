"""When a verdict given before counts again, and when it does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import pytest

from evalwright.domain.evaluator import Outcome, Subject
from evalwright.domain.judging import Judged, mixed_models
from evalwright.domain.score import ScoreStatus, Target
from evalwright.evaluators import Judge
from evalwright.evaluators.judge import parse_rubric
from evalwright.providers import OpenAICompatible
from evalwright.providers.address import provider_of, scope_of
from evalwright.testing import Call, Reply, ScriptedServer

RUBRIC = """
name: kind
kind: judge
target: trace
inputs: {answer: output}
output:
  type: categorical
  labels: {good: Kind., bad: Not kind., unclear: Cannot be told.}
  abstain: [unclear]
evidence: none
"""
ONE = Subject(target=Target.TRACE, key="one", values={"output": "Thank you."})


def says(label: str, **reply: Any) -> Reply:
    return Reply(text=json.dumps({"explanation": "x", "evidence": [], "label": label}), **reply)


def ask(
    url: str,
    cache: MutableMapping[str, Outcome],
    *,
    rubric: str = RUBRIC,
    subject: Subject = ONE,
    model: str = "m",
    **client: Any,
) -> Outcome:
    async def judge() -> Outcome:
        async with OpenAICompatible(base_url=url, **client) as asked:
            made = Judge(parse_rubric(rubric), model=model, client=asked, cache=cache)
            [(_, _, outcome)] = await made.evaluate(subject)
            return outcome

    return asyncio.run(judge())


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ({}, True),
        ({"api_key": "another"}, True),
        ({"subject": replace(ONE, key="elsewhere", trace_id="a" * 32)}, True),
        ({"rubric": RUBRIC + "# a comment\n"}, True),
        ({"subject": replace(ONE, repeat=1)}, False),
        ({"subject": replace(ONE, values={"output": "Thank you!"})}, False),
        ({"model": "m2"}, False),
        ({"rubric": RUBRIC + "model: {temperature: 0.5}\n"}, False),
        ({"rubric": RUBRIC + "model: {score_from: logprobs}\n"}, False),
        ({"rubric": RUBRIC.replace("Not kind.", "Unkind.")}, False),
        ({"headers": {"x-route": "b"}}, False),
        ({"headers": {"authorization": "Bearer b"}}, True),
    ],
)
def test_a_verdict_counts_again_only_when_nothing_that_decides_it_has_changed(
    changed: dict[str, Any], again: bool
) -> None:
    cache: dict[str, Outcome] = {}
    with ScriptedServer(lambda call: says("good")) as server:
        ask(server.url, cache)
        outcome = ask(server.url, cache, **changed)
        assert server.served == (1 if again else 2)
    assert ("reused" in outcome.metadata) is again


def test_another_path_of_one_host_is_another_provider() -> None:
    cache: dict[str, Outcome] = {}
    with ScriptedServer(lambda call: says("good")) as server:
        ask(server.url, cache)
        other = ask(server.url.replace("/v1", "/other/v1"), cache)
    assert "reused" not in other.metadata


def test_a_reused_verdict_says_when_it_was_given_and_what_it_cost_and_took_then() -> None:
    cache: dict[str, Outcome] = {}
    with ScriptedServer(lambda call: says("good", latency_s=0.05, system_fingerprint="fp_1")) as server:
        first = ask(server.url, cache)
        again = ask(server.url, cache)
    assert first.metadata["calls"] == 1
    assert first.metadata["system_fingerprint"] == "fp_1"
    before = again.metadata["reused"]
    assert (again.cost, again.metadata["calls"], before["calls"]) == (0.0, 0, 1)
    assert before["latency_ms"] >= 50
    assert again.latency_ms is not None
    assert again.latency_ms < before["latency_ms"]
    assert before["time"].endswith("Z")
    assert again.metadata["model"] == "m"


def test_an_abstention_is_kept_and_a_broken_answer_is_not() -> None:
    cache: dict[str, Outcome] = {}
    with ScriptedServer(lambda call: says("unclear")) as server:
        for _ in range(2):
            assert ask(server.url, cache).status is ScoreStatus.UNSEEN
        assert server.served == 1
    cache.clear()
    with ScriptedServer(lambda call: "prose") as server:
        for _ in range(2):
            assert ask(server.url, cache).status is ScoreStatus.ERRORED
        assert server.served == 4
    assert cache == {}


def test_five_samples_are_five_calls_and_one_kept_verdict() -> None:
    cache: dict[str, Outcome] = {}
    sampled = RUBRIC + "model: {samples: 5, temperature: 1}\n"

    def varied(call: Call) -> Reply:
        return says("bad" if call.attempt in (1, 3) else "good")

    with ScriptedServer(varied) as server:
        first = ask(server.url, cache, rubric=sampled)
        assert server.served == 5
        again = ask(server.url, cache, rubric=sampled)
        assert server.served == 5
    assert first.metadata["samples"] == 5
    assert again.metadata["agreement"] == first.metadata["agreement"]
    assert len(cache) == 1


def test_a_judge_told_to_judge_afresh_takes_no_cache_and_one_with_a_cache_keeps_it() -> None:
    mine: dict[str, Outcome] = {}
    other: dict[str, Outcome] = {}
    with ScriptedServer(lambda call: says("good")) as server:

        async def run() -> None:
            async with OpenAICompatible(base_url=server.url) as client:
                rubric = parse_rubric(RUBRIC)
                afresh = Judge(rubric, model="m", client=client, cache=False)
                given = Judge(rubric, model="m", client=client, cache=mine)
                for judge in (afresh.keeping(other), given.keeping(other), given.uncached().keeping(other)):
                    await judge.evaluate(ONE)

        asyncio.run(run())
        assert server.served == 3
    assert other == {}
    assert len(mine) == 1


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1/", "api.openai.com/v1"),
        ("https://user:secret@Host.example:8443/openai/deployments/judge?api-key=secret#x", None),
        ("not an address", "not an address"),
        ("http://[broken/v1", ""),
    ],
)
def test_a_provider_is_host_and_path_and_never_a_secret(url: str, name: str | None) -> None:
    found = provider_of(url)
    assert found == (name if name is not None else "host.example:8443/openai/deployments/judge")
    assert "secret" not in scope_of(url, {"Authorization": "secret", "api-key": "secret", "x-route": "secret"})


def test_counts_of_verdicts_know_no_cost_where_one_is_unknown() -> None:
    judged = Judged()
    judged.add({"calls": 1, "model": "new"}, 0.5)
    judged.add({"calls": 0, "model": "old", "reused": {"time": "2026-01-02T00:00:00Z", "cost": 0.25}}, 0.0)
    judged.add({"calls": 0, "model": "old", "reused": {"time": "2026-01-01T00:00:00Z", "cost": None}}, 0.0)
    judged.add({}, None)
    found = judged.judging("j")
    assert (found.verdicts, found.reused, found.cost, found.saved) == (3, 2, 0.5, None)
    assert found.oldest == "2026-01-01T00:00:00Z"
    assert "verdicts of old were used again, while new answers now" in mixed_models(found)
    assert mixed_models(Judged().judging("none")) == ""
