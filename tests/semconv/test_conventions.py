"""One realistic span of every convention: its kind, model, tokens, session, messages and tools come out."""

from __future__ import annotations

import json

from evalwright.semconv import content


def said(messages):
    return [(message.role, message.text) for message in messages]


def test_openinference_flattened_messages_with_calls_images_and_gaps(make):
    start = "llm.input_messages"
    span = make(
        {
            "openinference.span.kind": "LLM",
            "llm.response.model_name": "gpt-4o-2024-08-06",
            "llm.request.model_name": "gpt-4o",
            "llm.provider": "azure",
            f"{start}.0.message.role": "system",
            f"{start}.0.message.content": "Be brief.",
            f"{start}.7.message.role": "tool",
            f"{start}.7.message.content": "42",
            f"{start}.7.message.tool_call_id": "c1",
            f"{start}.3.message.role": "user",
            f"{start}.3.message.contents.0.message_content.type": "text",
            f"{start}.3.message.contents.0.message_content.text": "See:",
            f"{start}.3.message.contents.1.message_content.type": "image",
            f"{start}.3.message.contents.1.message_content.image.image.url": "https://x/y.png",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c2",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "add",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"a": 1}',
            "llm.tools.0.tool.json_schema": '{"function":{"name":"add","parameters":{"type":"object"}}}',
            "llm.invocation_parameters": '{"temperature": 0.2, "seed": null}',
            "llm.token_count.prompt": 10,
            "llm.token_count.completion": 5,
            "llm.token_count.prompt_details.cache_read": 4,
            "llm.cost.total": 0.01,
            "session.id": "s",
            "user.id": 7,
            "tag.tags": ["a", "b"],
        },
        scope_name="openinference.instrumentation.openai",
    )
    assert (span.convention, span.kind.value, span.model, span.model_requested) == (
        "openinference",
        "LLM",
        "gpt-4o-2024-08-06",
        "gpt-4o",
    )
    assert (span.provider, span.session_id, span.user_id, span.tags) == ("azure.ai.openai", "s", "7", ("a", "b"))
    assert (span.input_tokens, span.cache_read_tokens, span.output_tokens, span.cost) == (10, 4, 5, 0.01)
    found = content(span)
    assert [m.role for m in found.input_messages] == ["system", "user", "tool"]
    assert [part.type for part in found.input_messages[1].parts] == ["text", "uri"]
    assert found.input_messages[1].parts[1].uri == "https://x/y.png"
    assert found.input_messages[2].parts[0].tool_call_id == "c1"
    assert found.input_messages[2].parts[0].result == "42"
    assert found.output_messages[0].parts[0].arguments == {"a": 1}
    assert found.tools[0].parameters == {"type": "object"}
    assert found.parameters == {"temperature": 0.2}
    assert json.loads(span.output)[0]["parts"][0]["name"] == "add"


def test_openinference_documents_of_a_retriever(make):
    span = make(
        {
            "openinference.span.kind": "RETRIEVER",
            "input.value": "refund policy",
            "retrieval.documents.0.document.id": 12,
            "retrieval.documents.0.document.content": "Refunds take 5 days.",
            "retrieval.documents.0.document.score": 0.9,
            "retrieval.documents.0.document.metadata": '{"source": "faq"}',
            "retrieval.documents.1.document.content": "No refunds on sale items.",
        }
    )
    found = content(span)
    assert found.query == "refund policy"
    assert [(d.id, d.score, dict(d.metadata)) for d in found.documents] == [
        ("12", 0.9, {"source": "faq"}),
        ("", None, {}),
    ]


def test_structured_values_beat_json_text_and_json_text_beats_flattened(make):
    flat = {"llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "flat"}
    as_text = {"llm.input_messages": '[{"message.role": "user", "message.content": "text"}]'}
    as_value = {"llm.input_messages": [{"message.role": "user", "message.content": "value"}]}
    assert said(content(make(flat)).input_messages) == [("user", "flat")]
    assert said(content(make(flat | as_text)).input_messages) == [("user", "text")]
    assert said(content(make(flat | as_value)).input_messages) == [("user", "value")]


def test_genai_messages_beat_openinference_messages(make):
    span = make(
        {
            "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"genai"}]}]',
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "openinference",
        }
    )
    assert said(content(span).input_messages) == [("user", "genai")]


def test_otel_genai_of_today(make):
    span = make(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic",
            "gen_ai.request.model": "claude-sonnet-4-5",
            "gen_ai.response.model": "claude-sonnet-4-5-20250929",
            "gen_ai.conversation.id": "conv",
            "session.id": "window",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 60,
            "gen_ai.usage.cache_creation.input_tokens": 10,
            "gen_ai.usage.reasoning.output_tokens": 5,
            "gen_ai.response.time_to_first_chunk": 0.25,
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.response.id": "r1",
            "gen_ai.request.temperature": 0.5,
            "gen_ai.system_instructions": [{"type": "text", "content": "Be kind."}],
            "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}],
            "gen_ai.output.messages": [
                {
                    "role": "assistant",
                    "finish_reason": "stop",
                    "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "Hello"}],
                }
            ],
            "gen_ai.tool.definitions": '[{"type":"function","name":"look","parameters":{"type":"object"}}]',
        },
        name="chat claude-sonnet-4-5",
    )
    assert (span.convention, span.kind.value, span.session_id) == ("otel_genai", "LLM", "conv")
    assert (span.input_tokens, span.cache_read_tokens, span.cache_write_tokens) == (100, 60, 10)
    assert (span.reasoning_tokens, span.ttft_ms) == (5, 250.0)
    found = content(span)
    assert said(found.input_messages) == [("system", "Be kind."), ("user", "Hi")]
    assert [part.type for part in found.output_messages[0].parts] == ["reasoning", "text"]
    assert (found.finish_reasons, found.response_id, found.parameters) == (("stop",), "r1", {"temperature": 0.5})
    assert found.tools[0].name == "look"
    assert span.input_mime == "application/json"


def test_otel_genai_of_1_36_with_message_events(make, event):
    events = (
        event("gen_ai.system.message", content="Be kind."),
        event("gen_ai.user.message", content="Add 1 and 2"),
        event(
            "gen_ai.choice",
            index=0,
            finish_reason="tool_calls",
            message='{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"add",'
            '"arguments":"{\\"a\\":1}"}}]}',
        ),
    )
    span = make({"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o"}, events=events)
    assert span.kind.value == "LLM"
    found = content(span)
    assert said(found.input_messages) == [("system", "Be kind."), ("user", "Add 1 and 2")]
    assert found.output_messages[0].parts[0].arguments == {"a": 1}
    assert found.finish_reasons == ("tool_calls",)
    assert "Add 1 and 2" in span.input


def test_otel_genai_details_event(make, event):
    details = event(
        "gen_ai.client.inference.operation.details",
        gen_ai__system_instructions=[{"type": "text", "content": "Be kind."}],
        gen_ai__input__messages=[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}],
        gen_ai__output__messages=[{"role": "assistant", "parts": [{"type": "text", "content": "Ho"}]}],
    )
    found = content(make({"gen_ai.operation.name": "chat"}, events=(details,)))
    assert said(found.input_messages) == [("system", "Be kind."), ("user", "Hi")]
    assert said(found.output_messages) == [("assistant", "Ho")]


def test_openlit_content_events_costs_and_environment(make, event):
    span = make(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.cost": 0.002,
            "gen_ai.environment": "prod",
            "gen_ai.session.id": "s9",
            "gen_ai.usage.input_tokens": 3,
        },
        scope_name="openlit.otel.tracing",
        events=(
            event("gen_ai.content.prompt", gen_ai__prompt="user: hi"),
            event("gen_ai.content.completion", gen_ai__completion="hello"),
        ),
    )
    assert (span.convention, span.cost, span.environment, span.session_id) == ("openlit", 0.002, "prod", "s9")
    assert said(content(span).input_messages) == [("user", "user: hi")]
    assert said(content(span).output_messages) == [("assistant", "hello")]


def test_openllmetry_flattened_prompts_and_entity_spans(make):
    call = make(
        {
            "llm.request.type": "chat",
            "gen_ai.system": "Langchain",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "Add",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.finish_reason": "tool_calls",
            "gen_ai.completion.0.tool_calls.0.id": "c",
            "gen_ai.completion.0.tool_calls.0.name": "add",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"a":1}',
            "llm.request.functions.0.name": "add",
            "llm.request.functions.0.parameters": '{"type":"object"}',
            "gen_ai.usage.prompt_tokens": "12",
            "gen_ai.usage.completion_tokens": 4.0,
            "traceloop.association.properties.session_id": "s",
        }
    )
    assert (call.convention, call.kind.value, call.provider, call.session_id) == ("openllmetry", "LLM", "openai", "s")
    assert (call.input_tokens, call.output_tokens) == (12, 4)
    found = content(call)
    assert said(found.input_messages) == [("user", "Add")]
    assert found.output_messages[0].parts[0].tool_name == "add"
    assert found.finish_reasons == ("tool_calls",)
    assert found.tools[0].parameters == {"type": "object"}
    tool = make(
        {
            "traceloop.span.kind": "tool",
            "traceloop.entity.name": "lookup",
            "traceloop.entity.input": '{"args": [1], "kwargs": {}}',
            "traceloop.entity.output": '"found"',
        }
    )
    assert (tool.kind.value, tool.tool_name, tool.output) == ("TOOL", "lookup", "found")
    assert content(tool).tool_arguments == {"args": [1], "kwargs": {}}
    assert make({"traceloop.span.kind": "task"}).kind.value == "CHAIN"
    assert make({"traceloop.span.kind": "workflow"}).kind.value == "WORKFLOW"


def test_vercel_tools_sessions_and_tool_calls(make):
    call = make(
        {
            "ai.operationId": "ai.streamText.doStream",
            "ai.model.provider": "anthropic.messages",
            "ai.model.id": "claude-sonnet-4-5",
            "ai.prompt.messages": '[{"role":"user","content":[{"type":"text","text":"Weather?"}]},'
            '{"role":"tool","content":[{"type":"tool-result","toolCallId":"t","toolName":"w",'
            '"output":{"type":"text","value":"sun"}}]}]',
            "ai.prompt.tools": ['{"type":"function","name":"w","inputSchema":{"type":"object"}}'],
            "ai.response.text": "",
            "ai.response.toolCalls": '[{"toolCallId":"t2","toolName":"w","input":{"city":"Oslo"}}]',
            "ai.telemetry.metadata.sessionId": "s",
            "ai.telemetry.metadata.tags": ["x"],
            "ai.usage.inputTokens": 5,
        }
    )
    assert (call.provider, call.session_id, call.tags) == ("anthropic", "s", ("x",))
    found = content(call)
    assert found.input_messages[1].parts[0].result == "sun"
    assert found.output_messages[0].parts[0].arguments == {"city": "Oslo"}
    assert found.tools[0].parameters == {"type": "object"}
    tool = make(
        {
            "ai.operationId": "ai.toolCall",
            "ai.toolCall.name": "w",
            "ai.toolCall.id": "t2",
            "ai.toolCall.args": '{"city":"Oslo"}',
            "ai.toolCall.result": '{"sky":"blue"}',
        }
    )
    assert (tool.kind.value, tool.tool_name, tool.tool_call_id) == ("TOOL", "w", "t2")
    assert content(tool).tool_result == {"sky": "blue"}


def test_vercel_v7_steps_are_rollups(make):
    kinds = {
        op: make({"gen_ai.operation.name": op, "gen_ai.usage.input_tokens": 3})
        for op in ("invoke_agent", "agent_step", "chat")
    }
    assert {op: (s.kind.value, s.usage_rollup) for op, s in kinds.items()} == {
        "invoke_agent": ("AGENT", True),
        "agent_step": ("CHAIN", True),
        "chat": ("LLM", False),
    }


def test_anthropic_blocks_thinking_and_tool_results(make):
    history = [
        {"role": "user", "content": "Look"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "x"},
                {"type": "tool_use", "id": "t", "name": "look", "input": {"q": 1}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "ok"}]}],
        },
    ]
    span = make({"openinference.span.kind": "LLM", "input.value": json.dumps({"system": "Sys", "messages": history})})
    found = content(span).input_messages
    assert [m.role for m in found] == ["system", "user", "assistant", "tool"]
    assert [part.type for part in found[2].parts] == ["reasoning", "tool_call"]
    assert (found[3].parts[0].tool_call_id, found[3].parts[0].result) == ("t", "ok")


def test_openai_responses_items(make):
    body = {
        "output": [
            {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "function_call", "call_id": "c", "name": "add", "arguments": '{"a":1}'},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "3"}]},
        ]
    }
    span = make({"openinference.span.kind": "LLM", "output.value": json.dumps(body)})
    found = content(span).output_messages
    assert [[part.type for part in m.parts] for m in found] == [["reasoning"], ["tool_call"], ["text"]]
    assert found[1].parts[0].arguments == {"a": 1}
