from __future__ import annotations

import json

import httpx2
import openai
import pytest

from evalwright.testing import Call, Reply, ScriptedServer, ToolCall
from evalwright.testing.reply import rate_limited


def weather(call: Call) -> Reply | str:
    if call.messages[-1]["role"] == "tool":
        return f"It is {call.messages[-1]['content']}."
    if call.tool_names:
        return Reply(tool_calls=(ToolCall(name=call.tool_names[0], arguments={"city": "Oslo"}),))
    return "hello " + call.last_user


def test_the_official_client_reads_text_usage_and_logprobs() -> None:
    with ScriptedServer(
        lambda call: Reply(text="two words", logprob=-0.5, cached_tokens=2, reasoning_tokens=7)
    ) as server:
        client = openai.OpenAI(base_url=server.url, api_key="k")
        answer = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "hello there friend"}], logprobs=True
        )
        client.close()
    assert answer.choices[0].message.content == "two words"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 2
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.completion_tokens_details.reasoning_tokens == 7
    assert answer.choices[0].logprobs is not None
    assert [t.logprob for t in answer.choices[0].logprobs.content or ()] == [-0.5, -0.5]


def test_tool_calls_go_out_and_results_come_back() -> None:
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    question = {"role": "user", "content": "?"}
    with ScriptedServer(weather) as server, httpx2.Client(base_url=server.url) as client:
        first = client.post("/chat/completions", json={"model": "m", "messages": [question], "tools": [tool]}).json()
        call = first["choices"][0]["message"]["tool_calls"][0]
        result = {"role": "tool", "tool_call_id": call["id"], "content": "cold"}
        second = client.post("/chat/completions", json={"model": "m", "messages": [question, result]}).json()
    assert first["choices"][0]["finish_reason"] == "tool_calls"
    assert json.loads(call["function"]["arguments"]) == {"city": "Oslo"}
    assert second["choices"][0]["message"]["content"] == "It is cold."


def test_the_official_client_reads_a_stream() -> None:
    text = "a text that is longer than one chunk of the stream"
    with ScriptedServer(lambda call: text) as server:
        client = openai.OpenAI(base_url=server.url, api_key="k")
        events = list(
            client.chat.completions.create(
                model="m",
                messages=[{"role": "user", "content": "x"}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        client.close()
    assert "".join(e.choices[0].delta.content or "" for e in events if e.choices) == text
    assert events[-1].usage is not None
    assert events[-2].choices[0].finish_reason == "stop"


def test_the_same_request_gets_the_same_answer_from_another_server() -> None:
    def roll(call: Call) -> str:
        return str(call.random().random())

    def ask(seed: int) -> list[str]:
        with ScriptedServer(roll, seed=seed) as server, httpx2.Client(base_url=server.url) as client:
            bodies = [{"model": "m", "messages": [{"role": "user", "content": str(n)}]} for n in range(3)]
            return [client.post("/chat/completions", json=b).json()["choices"][0]["message"]["content"] for b in bodies]

    assert ask(1) == ask(1)
    assert ask(1) != ask(2)
    assert len(set(ask(1))) == 3


def test_a_fault_can_clear_on_retry() -> None:
    def flaky(call: Call) -> Reply | str:
        return rate_limited(0.25) if call.attempt == 0 else "fine"

    with ScriptedServer(flaky) as server, httpx2.Client(base_url=server.url) as client:
        body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
        answers = [client.post("/chat/completions", json=body) for _ in range(2)]
    assert [a.status_code for a in answers] == [429, 200]
    assert answers[0].headers["retry-after"] == "0.25"
    assert answers[0].json()["error"]["code"] == "rate_limit_exceeded"


def test_a_truncated_body_breaks_the_read() -> None:
    fault = ScriptedServer(lambda call: Reply(text="long enough", truncate=True))
    with fault as server, httpx2.Client() as client, pytest.raises(httpx2.RemoteProtocolError):
        client.post(server.url + "/chat/completions", json={"model": "m", "messages": []})


def test_a_hanging_reply_times_out_and_the_server_still_closes() -> None:
    fault = ScriptedServer(lambda call: Reply(hang=True))
    with fault as server, httpx2.Client(timeout=0.05) as client, pytest.raises(httpx2.ReadTimeout):
        client.post(server.url + "/chat/completions", json={"model": "m", "messages": []})


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with ScriptedServer(weather) as server, httpx2.Client(base_url=server.url) as client:
        assert client.post("/chat/completions", content=body).status_code == 400
        assert client.get("/models").json()["data"][0]["id"] == "scripted"


def test_a_request_without_the_key_gets_401() -> None:
    with ScriptedServer(weather, api_key="right") as server, httpx2.Client(base_url=server.url) as client:
        assert client.get("/models").status_code == 401
        assert client.get("/models", headers={"authorization": "Bearer right"}).status_code == 200


def test_embeddings_put_texts_that_share_words_near_each_other() -> None:
    with ScriptedServer(weather) as server:
        client = openai.OpenAI(base_url=server.url, api_key="k")
        texts = ["refund my invoice", "refund the invoice", "cats sleep all day"]
        found = [d.embedding for d in client.embeddings.create(model="e", input=texts, encoding_format="float").data]
        client.close()
    near, far = (sum(a * b for a, b in zip(found[0], other, strict=True)) for other in found[1:])
    assert near > 0.5 > far


def test_a_taken_port_is_reported() -> None:
    with ScriptedServer(weather) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="in use"):
            ScriptedServer(weather, port=port).start()
