"""An OpenAI client instrumented by OpenInference sends its spans with the official exporters, unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from running_server import RunningServer, running_server

from evalwright.testing import Call, Reply, ScriptedServer, ToolCall

TOOLS: Any = [{"type": "function", "function": {"name": "lookup", "parameters": {"type": "object"}}}]


def reply_to(call: Call) -> Reply:
    """A tool call where tools are offered, else words."""
    if "tools" in call.body:
        return Reply(tool_calls=[ToolCall(name="lookup", arguments={"order": "A-7"})])
    return Reply(text="It ships tomorrow.")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("openinference") / "data") as running:
        yield running


def exporter_of(kind: str, server: RunningServer) -> Any:
    project = {"x-evalwright-project": kind}
    if kind == "http":
        return HttpExporter(endpoint=f"{server.url}/v1/traces", headers=project)
    return GrpcExporter(endpoint=server.grpc, insecure=True, headers=tuple(project.items()))


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_a_call_of_the_instrumented_client_arrives_as_an_llm_span(server: RunningServer, kind: str) -> None:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter_of(kind, server)))
    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with ScriptedServer(reply_to) as scripted, OpenAI(base_url=scripted.url, api_key="none") as client:
            asked: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is A-7?"}]
            client.chat.completions.create(model="gpt-4o", messages=asked, tools=TOOLS, temperature=0.5)
            answer = client.chat.completions.create(model="gpt-4o", messages=asked)
    finally:
        instrumentor.uninstrument()
        provider.shutdown()

    items = server.get("/spans", project=kind, filter='kind == "LLM"', sort="start_time")["items"]
    assert len(items) == 2
    called, told = (server.get(f"/traces/{each['trace_id']}/spans", project=kind)["items"][0] for each in items)
    assert (called["convention"], told["model"]) == ("openinference", answer.model)
    (call,) = [
        part for each in called["content"]["output_messages"] for part in each["parts"] if part["type"] != "text"
    ]
    assert (call["tool_name"], call["arguments"]) == ("lookup", {"order": "A-7"})
    said = [(each["role"], each["parts"][0]["text"]) for each in told["content"]["input_messages"]]
    assert said == [("system", "Be brief."), ("user", "Where is A-7?")]
    assert told["content"]["output_messages"][0]["parts"][0]["text"] == "It ships tomorrow."
    assert answer.usage is not None
    assert (told["input_tokens"], told["output_tokens"]) == (answer.usage.prompt_tokens, answer.usage.completion_tokens)
    assert told["cost"] > 0
