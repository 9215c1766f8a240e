from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from evalwright.domain.errors import ModelCallFailed
from evalwright.ports.models import ChatReply, ChatRequest
from evalwright.ports.prices import Usage
from evalwright.providers import OpenAICompatible
from evalwright.testing import Call, Reply, Script, ScriptedServer
from evalwright.testing.reply import rate_limited, refuses_format, server_error

QUESTION = ({"role": "user", "content": "are you well?"},)
SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}}


def ask(
    script: Script, *, calls: int = 1, server_key: str = "", schema: Any = None, deadline_s: float = 5.0, **options: Any
):
    """Returns (replies or errors, the client's counts, the server)."""

    async def run(url: str) -> tuple[list[ChatReply | BaseException], OpenAICompatible]:
        client = OpenAICompatible(base_url=url, rng=random.Random(1), backoff_base_s=0.001, **options)
        request = ChatRequest(model="m", messages=QUESTION, schema=schema, deadline_s=deadline_s)
        async with client:
            return await asyncio.gather(*(client.chat(request) for _ in range(calls)), return_exceptions=True), client

    with ScriptedServer(script, api_key=server_key) as server:
        replies, client = asyncio.run(run(server.url))
    return replies, client, server


def test_a_reply_carries_text_tokens_and_latency() -> None:
    reply = Reply(text="yes", input_tokens=10, output_tokens=5, cached_tokens=4, reasoning_tokens=2)
    [found], _, _ = ask(lambda call: reply)
    assert (found.text, found.input_tokens, found.cache_read_tokens) == ("yes", 10, 4)
    assert (found.output_tokens, found.reasoning_tokens, found.retries) == (5, 2, 0)
    assert found.latency_ms > 0
    assert found.cost is None


class HalfCent:
    def price(self, *, model: str, provider: str, usage: Usage, at_ns: int) -> float | None:
        return 0.005 * usage.input_tokens if model == "m" else None


def test_a_reply_is_priced_and_an_unknown_model_is_counted_not_zero() -> None:
    [known], client, _ = ask(lambda call: Reply(text="x", input_tokens=2), prices=HalfCent())
    assert known.cost == pytest.approx(0.01)
    assert client.counts.unpriced == 0

    def other_model(call: Call) -> Reply:
        return Reply(raw=b'{"model": "new", "choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 2}}')

    [unknown], client, _ = ask(other_model, prices=HalfCent())
    assert unknown.cost is None
    assert client.counts.unpriced == 1


def once(fault: Reply) -> Callable[[Call], Reply | str]:
    return lambda call: fault if call.attempt == 0 else "fine"


@pytest.mark.parametrize(
    "fault",
    [
        rate_limited(0.01),
        rate_limited(None),
        server_error(),
        server_error(503),
        Reply(text="cut", truncate=True),
        Reply(raw=b"<html>oops</html>"),
    ],
    ids=["429", "429 without a wait", "500", "503", "truncated", "not json"],
)
def test_a_passing_fault_is_retried(fault: Reply) -> None:
    [found], client, _ = ask(once(fault))
    assert found.text == "fine"
    assert found.retries == 1
    assert client.counts.attempts == 2
    assert client.counts.failed_calls == 0


def test_retry_after_is_waited_for() -> None:
    started = time.perf_counter()
    [found], _, _ = ask(once(rate_limited(0.15)))
    assert found.text == "fine"
    assert time.perf_counter() - started >= 0.15


def test_a_hanging_attempt_is_given_up_and_repeated() -> None:
    [found], client, _ = ask(once(Reply(hang=True)), attempt_timeout_s=0.05)
    assert found.text == "fine"
    assert client.counts.failed_attempts == 1


def test_the_deadline_bounds_the_call_with_its_retries() -> None:
    started = time.perf_counter()
    [error], client, _ = ask(lambda call: Reply(hang=True), deadline_s=0.1)
    assert isinstance(error, ModelCallFailed)
    assert "within 0.1 s" in str(error)
    assert time.perf_counter() - started < 2
    assert client.counts.failed_calls == 1


def test_a_fault_that_stays_ends_in_an_error_that_says_why() -> None:
    [error], client, _ = ask(lambda call: server_error(), max_attempts=3)
    assert isinstance(error, ModelCallFailed)
    assert "3 times: HTTP 500: the server had an error" in str(error)
    assert client.counts.attempts == 3


def test_a_wrong_key_is_not_retried_and_never_shown() -> None:
    [error], client, _ = ask(lambda call: "x", server_key="right", api_key="sk-secret")
    assert isinstance(error, ModelCallFailed)
    assert "check the API key" in str(error)
    assert client.counts.attempts == 1
    assert "sk-secret" not in str(error) + repr(client) + repr(error)


def test_a_refusal_is_an_error_not_an_empty_answer() -> None:
    [error], _, _ = ask(lambda call: Reply(refusal="I cannot help with that"))
    assert isinstance(error, ModelCallFailed)
    assert "I cannot help" in str(error)


def test_an_endpoint_without_json_schema_is_asked_in_weaker_ways_once_for_all_calls() -> None:
    def plain(call: Call) -> Reply | str:
        return refuses_format() if "response_format" in call.body else '{"label": "good"}'

    replies, client, server = ask(plain, calls=20, schema=SCHEMA)
    assert all(reply.text == '{"label": "good"}' for reply in replies)
    assert client.counts.weaker_json == 2
    assert "JSON schema" in server.calls[-1].last_user


def test_json_object_is_tried_before_plain_text() -> None:
    def objects_only(call: Call) -> Reply | str:
        kind = call.body.get("response_format", {}).get("type")
        return refuses_format() if kind == "json_schema" else str(kind)

    [found], client, _ = ask(objects_only, schema=SCHEMA)
    assert found.text == "json_object"
    assert client.counts.weaker_json == 1


def test_a_schema_that_is_itself_refused_does_not_loop() -> None:
    [error], client, _ = ask(lambda call: refuses_format(), schema=SCHEMA)
    assert isinstance(error, ModelCallFailed)
    assert client.counts.attempts == 1


def test_one_client_serves_several_event_loops() -> None:
    with ScriptedServer(lambda call: "yes") as server:
        client = OpenAICompatible(base_url=server.url)
        for _ in range(3):
            reply = asyncio.run(_ask_and_close(client))
            assert reply.text == "yes"


async def _ask_and_close(client: OpenAICompatible) -> ChatReply:
    async with client:
        return await client.chat(ChatRequest(model="m", messages=QUESTION))


def test_a_rate_limited_endpoint_still_answers_every_call() -> None:
    allowed = {"n": 0}

    def tight(call: Call) -> Reply | str:
        allowed["n"] += 1
        return rate_limited(0.01) if allowed["n"] % 3 == 0 else "fine"

    replies, client, _ = ask(tight, calls=200, max_attempts=10)
    assert [getattr(reply, "text", reply) for reply in replies] == ["fine"] * 200
    assert client.counts.rate_limited > 0


def test_waiting_for_a_turn_of_our_own_is_not_held_against_the_endpoint() -> None:
    replies, client, _ = ask(lambda call: Reply(text="fine", latency_s=0.02), calls=40, max_in_flight=1, deadline_s=0.4)
    assert [getattr(reply, "text", reply) for reply in replies] == ["fine"] * 40
    assert client.counts.attempts == 40


def test_an_endpoint_that_moved_is_named_and_not_asked_again() -> None:
    [error], client, _ = ask(lambda call: Reply(status=302))
    assert isinstance(error, ModelCallFailed)
    assert "HTTP 302" in str(error)
    assert "give its new address" in str(error)
    assert client.counts.attempts == 1
