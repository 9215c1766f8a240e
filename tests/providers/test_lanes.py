"""Connections that are lent to one call at a time."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from evalwright.domain.errors import ModelCallFailed
from evalwright.ports.models import ChatRequest
from evalwright.providers import OpenAICompatible, lanes
from evalwright.testing import Reply, Script, ScriptedServer

ASKED = ChatRequest(model="m", messages=[{"role": "user", "content": "are you well?"}], deadline_s=5.0)


def failure(base_url: str, **options: str) -> ModelCallFailed:
    async def run() -> None:
        async with OpenAICompatible(base_url=base_url, max_attempts=2, backoff_base_s=0.001, **options) as client:
            await client.chat(ASKED)

    with pytest.raises(ModelCallFailed) as caught:
        asyncio.run(run())
    return caught.value


def answered(script: Script, calls: int) -> tuple[list[str], int]:
    """Returns what came back and how many connections were made for it."""

    async def run(url: str) -> tuple[list[str], int]:
        client = OpenAICompatible(base_url=url, max_in_flight=8)
        async with client:
            replies = await asyncio.gather(*(client.chat(ASKED) for _ in range(calls)))
            return [reply.text for reply in replies], len(client._lanes._free)

    with ScriptedServer(script) as server:
        return asyncio.run(run(server.url))


def test_calls_share_as_few_connections_as_run_at_once() -> None:
    texts, connections = answered(lambda call: Reply(text="fine", latency_s=0.01), 60)
    assert texts == ["fine"] * 60
    assert 8 <= connections <= 10


def test_an_endless_answer_is_given_up_once_and_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MAX_REPLY_BYTES", 1024 * 1024)
    asked: list[int] = []

    def endless(call: object) -> Reply:
        asked.append(1)
        return Reply(text="x" * 3_000_000)

    with ScriptedServer(endless) as server:
        error = failure(server.url)
    assert "over 1 MiB" in error.message
    assert len(asked) == 1


@pytest.mark.parametrize("address", ["127.0.0.1:9/v1", "", "http://[bad/v1", "ftp://127.0.0.1/v1", "http:///v1"])
def test_an_address_that_is_none_is_an_error_of_the_call(address: str) -> None:
    assert failure(address).message


def test_a_key_no_header_can_carry_is_an_error_that_does_not_show_it() -> None:
    error = failure("http://127.0.0.1:9/v1", api_key="sk-ключ")
    assert "no header can carry" in error.message
    assert "ключ" not in repr(error) + repr(error.__cause__)


def test_the_proxy_of_the_environment_is_used_but_for_its_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "inner.test")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert lanes._proxy_for(httpx2.URL("http://outer.test/v1")) == "http://127.0.0.1:1"
    assert lanes._proxy_for(httpx2.URL("http://inner.test:8000/v1")) is None
    assert lanes._proxy_for(httpx2.URL("https://outer.test/v1")) is None


@pytest.mark.parametrize(
    "choice",
    [
        b'{"message": {"content": "yes", "tool_calls": 5}, "logprobs": ["legacy"]}',
        b'{"message": {"content": "yes", "tool_calls": [1]}, "logprobs": {"content": 3}}',
        b'{"message": {"content": [{"text": "yes"}, 4]}, "logprobs": 7}',
    ],
)
def test_odd_parts_of_an_answer_cost_themselves_not_the_answer(choice: bytes) -> None:
    texts, _ = answered(lambda call: Reply(raw=b'{"choices": [%s]}' % choice), 1)
    assert texts == ["yes"]


def test_a_connection_in_use_while_all_are_closed_is_closed_when_its_call_ends() -> None:
    async def run(url: str) -> int:
        held = lanes.Lanes(f"{url}/chat/completions", headers={"content-type": "application/json"}, kept=8)
        body = b'{"model": "m", "messages": []}'
        call = asyncio.create_task(held.post(body))
        await asyncio.sleep(0)
        await held.aclose()
        assert (await call).status == 200
        return len(held._free)

    with ScriptedServer(lambda call: Reply(text="fine", latency_s=0.02)) as server:
        assert asyncio.run(run(server.url)) == 0
