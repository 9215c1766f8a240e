"""Shapes that current releases of instrumentations send; attributes written by hand after what they exported."""

from __future__ import annotations

import json

import pytest

from evalwright.domain.span import SpanKind
from evalwright.semconv import content, preview

CALLS = [
    {"toolCallId": "c1", "toolName": "get_weather", "input": {"city": "Paris"}},
    {"toolCallId": "c2", "toolName": "get_weather", "input": {"city": "Rome"}},
]
TOOL_MESSAGE = {"content": "Paris: sunny", "type": "tool", "name": "get_weather", "tool_call_id": "call_7"}


def parts(message):
    return [(part.type, part.text or part.tool_call_id or part.result) for part in message.parts]


def said(messages):
    return [(message.role, message.text) for message in messages]


def test_a_responses_request_is_read_with_its_instructions_and_tool_results(make):
    request = {
        "model": "gpt-4o",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": "weather now"},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "20C"},
        ],
    }
    found = content(make({"mlflow.spanType": '"LLM"', "mlflow.spanInputs": json.dumps(request)})).input_messages
    assert [message.role for message in found] == ["system", "user", "assistant", "assistant", "tool"]
    assert parts(found[3]) == [("tool_call", "call_1")]
    assert parts(found[4]) == [("tool_call_response", "call_1")]


def test_a_responses_request_of_plain_text_is_what_the_user_said(make):
    request = {"model": "gpt-4o", "instructions": "Be brief.", "input": "Hi"}
    found = content(make({"mlflow.spanType": "LLM", "mlflow.spanInputs": json.dumps(request)})).input_messages
    assert said(found) == [("system", "Be brief."), ("user", "Hi")]


def test_langgraph_state_updates_are_conversations(make):
    update = [{"graph": None, "update": {"messages": [{"type": "ai", "data": {"content": "Sunny.", "type": "ai"}}]}}]
    span = make({"openinference.span.kind": "CHAIN", "output.value": json.dumps(update)})
    assert said(content(span).output_messages) == [("assistant", "Sunny.")]
    assert preview(span.output, span.output_mime, 40) == "Sunny."


@pytest.mark.parametrize("wrapped", [TOOL_MESSAGE, {"type": "tool", "data": TOOL_MESSAGE}, {"output": TOOL_MESSAGE}])
def test_a_langchain_tool_message_gives_the_result_and_the_call_it_answers(make, wrapped):
    span = make({"openinference.span.kind": "TOOL", "tool.name": "get_weather", "output.value": json.dumps(wrapped)})
    assert content(span).tool_result == "Paris: sunny"
    assert span.tool_call_id == "call_7"


def test_arguments_given_by_name_lose_the_recording_around_them(make):
    smol = {"args": [], "sanitize_inputs_outputs": True, "kwargs": {"city": "Paris"}}
    openllmetry = {"input_str": "{'city': 'Paris'}", "tags": [], "inputs": {"city": "Paris"}, "kwargs": {"color": 1}}
    for recorded in (smol, openllmetry):
        span = make({"openinference.span.kind": "TOOL", "input.value": json.dumps(recorded)})
        assert content(span).tool_arguments == {"city": "Paris"}
    positional = {"args": ["Paris"], "kwargs": {}}
    span = make({"langfuse.observation.type": "tool", "langfuse.observation.input": json.dumps(positional)})
    assert content(span).tool_arguments == positional


def test_the_system_prompt_that_is_sent_twice_is_read_once(make):
    messages = [{"role": "system", "parts": [{"type": "text", "content": "Route."}]}, {"role": "user", "content": "Hi"}]
    instructions = [{"type": "text", "content": "Route."}]
    span = make({"gen_ai.system_instructions": json.dumps(instructions), "gen_ai.input.messages": json.dumps(messages)})
    assert said(content(span).input_messages) == [("system", "Route."), ("user", "Hi")]


def test_a_tool_answer_that_is_sent_as_text_and_as_response_is_one_answer(make):
    answer = {
        "role": "tool",
        "parts": [
            {"type": "text", "content": "20C"},
            {"type": "tool_call_response", "id": "c1", "result": "20C"},
        ],
    }
    found = content(make({"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps([answer])}))
    assert parts(found.input_messages[0]) == [("tool_call_response", "c1")]


def test_empty_text_beside_tool_calls_is_no_part(make):
    answer = {
        "role": "assistant",
        "parts": [{"type": "text", "content": ""}, {"type": "tool_call", "id": "c", "name": "f"}],
    }
    found = content(make({"gen_ai.operation.name": "chat", "gen_ai.output.messages": json.dumps([answer])}))
    assert parts(found.output_messages[0]) == [("tool_call", "c")]


def test_reasoning_that_is_json_text_of_summaries_is_read(make):
    thought = json.dumps([{"text": "Thinking it over.", "type": "summary_text"}])
    answer = {"role": "assistant", "parts": [{"type": "reasoning", "content": thought}]}
    found = content(make({"gen_ai.operation.name": "chat", "gen_ai.output.messages": json.dumps([answer])}))
    assert parts(found.output_messages[0]) == [("reasoning", "Thinking it over.")]


def test_a_list_of_calls_is_what_the_assistant_said(make):
    span = make({"ai.operationId": "ai.generateText.doGenerate", "ai.response.toolCalls": json.dumps(CALLS)})
    assert preview(span.output, span.output_mime, 80) == 'get_weather({"city":"Paris"}), get_weather({"city":"Rome"})'


def test_tool_definitions_are_not_taken_for_calls(make):
    offered = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    found = content(make({"openinference.span.kind": "CHAIN", "input.value": json.dumps(offered)}))
    assert found.input_messages == ()


def test_messages_without_a_word_leave_the_floor_to_the_input(make):
    span = make(
        {
            "openinference.span.kind": "AGENT",
            "llm.input_messages.0.message.role": "user",
            "input.value": '{"messages":[{"role":"user","content":"weather in Paris"}]}',
        }
    )
    assert said(content(span).input_messages) == [("user", "weather in Paris")]


def test_printed_python_messages_are_not_what_is_shown(make):
    span = make(
        {
            "openinference.span.kind": "LLM",
            "input.value": json.dumps({"messages": ["ChatMessage(role='user')"], "tools": ["Tool(name='f', a=1)"]}),
            "input.mime_type": "application/json",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "Hi",
        }
    )
    assert preview(span.input, span.input_mime, 40) == "Hi"
    assert [tool.name for tool in content(span).tools] == ["f"]
    assert "ChatMessage" in span.attributes["input.value"]


def test_a_strands_tool_span_shows_arguments_and_result(make, event):
    asked = event("gen_ai.tool.message", role="tool", content='{"city": "Paris"}', id="c1")
    told = event("gen_ai.choice", message='[{"text": "Paris: sunny"}]', id="c1")
    span = make({"gen_ai.operation.name": "execute_tool"}, events=(asked, told), scope_name="strands.telemetry.tracer")
    assert (span.input, span.output, span.output_mime) == ('{"city":"Paris"}', "Paris: sunny", "text/plain")
    assert content(span).tool_result == "Paris: sunny"


def test_smolagents_and_autogen_roles_are_the_usual_ones(make):
    start = "llm.input_messages"
    smol = make(
        {
            "openinference.span.kind": "LLM",
            f"{start}.0.message.role": "tool-call",
            f"{start}.0.message.contents.0.message_content.type": "text",
            f"{start}.0.message.contents.0.message_content.text": "Calling tools",
            f"{start}.1.message.role": "tool-response",
            f"{start}.1.message.contents.0.message_content.type": "text",
            f"{start}.1.message.contents.0.message_content.text": "Observation: sunny",
        }
    )
    found = content(smol).input_messages
    assert [message.role for message in found] == ["assistant", "tool"]
    assert found[1].parts[0].result == "Observation: sunny"
    chat = {
        "messages": [
            {"id": "1", "source": "user", "content": "hi", "type": "TextMessage"},
            {"id": "2", "source": "writer", "content": "Hello.", "type": "TextMessage"},
        ]
    }
    team = content(make({"openinference.span.kind": "CHAIN", "output.value": json.dumps(chat)})).output_messages
    assert [(message.role, message.name, message.text) for message in team] == [
        ("user", "user", "hi"),
        ("assistant", "writer", "Hello."),
    ]


def test_free_metadata_names_session_user_and_agent(make):
    metadata = '{"thread_id": "t-1", "user_id": "u-9", "lc_agent_name": "weather_agent"}'
    span = make({"openinference.span.kind": "CHAIN", "metadata": metadata})
    assert (span.session_id, span.user_id, span.agent_name) == ("t-1", "u-9", "weather_agent")
    own = make({"openinference.span.kind": "CHAIN", "metadata": metadata, "session.id": "t-1", "user.id": "u-1"})
    assert (own.session_id, own.user_id, own.flags) == ("t-1", "u-1", ("conflict",))


@pytest.mark.parametrize(
    ("name", "agent"),
    [
        ("weather_agent", "weather_agent"),
        ("weather_agent.run", "weather_agent"),
        ("Forecaster._execute_core", "Forecaster"),
        ("Agent workflow", ""),
    ],
)
def test_an_openinference_agent_is_named_by_its_span(make, name, agent):
    assert make({"openinference.span.kind": "AGENT"}, name=name).agent_name == agent


def test_langsmith_counts_come_from_its_metadata(make):
    details = {"input_token_details": {"cache_read": 40}, "output_token_details": {"reasoning": 10}}
    usage = json.dumps({"input_tokens": 120, "output_tokens": 30, **details})
    span = make(
        {"langsmith.span.kind": "llm", "langsmith.metadata.usage_metadata": usage, "gen_ai.usage.input_tokens": 120}
    )
    assert (span.input_tokens, span.cache_read_tokens, span.output_tokens, span.reasoning_tokens) == (120, 40, 30, 10)


def test_langfuse_usage_of_a_responses_call_keeps_its_details(make):
    usage = {
        "input_tokens": 120,
        "input_tokens_details": {"cached_tokens": 40},
        "output_tokens": 30,
        "output_tokens_details": {"reasoning_tokens": 10},
        "total_tokens": 150,
    }
    span = make({"langfuse.observation.type": "generation", "langfuse.observation.usage_details": json.dumps(usage)})
    assert (span.input_tokens, span.cache_read_tokens, span.output_tokens, span.reasoning_tokens) == (120, 40, 30, 10)


def test_langsmith_values_of_tools_and_retrievers_are_no_conversations(make):
    found = '{"output":[{"page_content":"Refunds take 5 days","type":"Document","metadata":{"source":"faq"}}]}'
    span = make({"langsmith.span.kind": "retriever", "gen_ai.prompt": '{"q":"refund?"}', "gen_ai.completion": found})
    read = content(span)
    assert (read.output_messages, read.query, read.documents[0].content) == ((), "refund?", "Refunds take 5 days")


def test_a_failed_mlflow_call_names_its_model_and_langchain_thread(make):
    span = make(
        {"mlflow.spanType": '"CHAT_MODEL"', "model": '"gpt-4o"', "metadata": '{"thread_id": "th-1"}'},
        scope_name="mlflow.tracing.provider",
    )
    assert (span.model, span.session_id, span.provider) == ("gpt-4o", "th-1", "openai")


def test_an_http_client_is_not_taken_for_a_genai_instrumentation(make):
    assert make({"http.request.method": "POST"}, scope_name="opentelemetry.instrumentation.httpx").convention == ""
    product = make(
        {"gen_ai.operation.name": "chat", "traceloop.association.properties.user_id": "u"},
        scope_name="opentelemetry.instrumentation.openai.v1",
    )
    assert product.convention == "openllmetry"


def test_embeddings_of_laminar_are_embeddings(make):
    assert make({"lmnr.span.type": "LLM"}, name="openai.embeddings").kind is SpanKind.EMBEDDING
    assert make({"lmnr.span.type": "LLM"}, name="openai.chat").kind is SpanKind.LLM


def test_tools_that_a_model_asked_for_did_not_run_in_its_span(make):
    span = make(
        {"gen_ai.operation.name": "chat", "gen_ai.tool.name": "get_weather, get_weather", "gen_ai.tool.args": "{}"}
    )
    assert (span.kind, span.tool_name, span.tool_call_id) == (SpanKind.LLM, "", "")


def test_names_of_frameworks_are_no_providers(make):
    assert make({"gen_ai.operation.name": "invoke_agent", "gen_ai.system": "autogen"}).provider == ""


def test_a_reranker_may_score_below_zero(make):
    start = "reranker.output_documents.0.document"
    attributes = {"openinference.span.kind": "RERANKER", f"{start}.content": "x", f"{start}.score": -3.25}
    assert content(make(attributes)).documents[0].score == -3.25


PRINTED = (
    "content='weather in Paris' additional_kwargs={} response_metadata={} id='1'",
    "content='' additional_kwargs={} response_metadata={'finish_reason': 'tool_calls'} id='2'"
    " tool_calls=[{'name': 'get_weather', 'args': {'city': 'Paris'}, 'id': 'call_1', 'type': 'tool_call'}]"
    " usage_metadata={'input_tokens': 120}",
    "content=\"It's sunny\" name='get_weather' id='3' tool_call_id='call_1'",
)


def test_messages_that_python_printed_are_messages(make):
    span = make({"openinference.span.kind": "CHAIN", "output.value": json.dumps({"messages": PRINTED})})
    asked, called, told = content(span).output_messages
    assert (asked.role, asked.text) == ("user", "weather in Paris")
    assert (called.role, called.parts[0].tool_name, called.parts[0].arguments) == (
        "assistant",
        "get_weather",
        {"city": "Paris"},
    )
    assert (told.role, told.name, told.parts[0].tool_call_id, told.parts[0].result) == (
        "tool",
        "get_weather",
        "call_1",
        "It's sunny",
    )


def test_a_tool_message_that_python_printed_is_the_result_of_its_call(make):
    span = make(
        {"openinference.span.kind": "TOOL", "input.value": "{'city': 'Paris'}", "output.value": PRINTED[2]},
    )
    found = content(span)
    assert (found.tool_arguments, found.tool_result, span.tool_call_id) == ({"city": "Paris"}, "It's sunny", "call_1")
    assert preview(span.output, "application/json", 40) == "It's sunny"


@pytest.mark.parametrize(
    "value", ["content=", "content=eval('1')", "content='a", "content='" + "\\" * 999, "content=''"]
)
def test_what_is_not_quite_a_printed_message_stays_text(make, value):
    span = make({"openinference.span.kind": "TOOL", "output.value": value})
    assert content(span).tool_result == value


def test_pairs_of_role_and_text_are_messages(make):
    span = make(
        {"openinference.span.kind": "CHAIN", "input.value": '{"messages": [["system", "Be brief"], ["human", "hi"]]}'}
    )
    assert said(content(span).input_messages) == [("system", "Be brief"), ("user", "hi")]


def test_anthropic_blocks_sent_as_text_are_read(make):
    blocks = json.dumps([{"type": "tool_result", "tool_use_id": "t1", "content": "20C"}])
    span = make(
        {
            "llm.request.type": "chat",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": blocks,
            "gen_ai.completion.0.role": "thinking",
            "gen_ai.completion.0.content": "Let me think.",
        }
    )
    found = content(span)
    assert [(message.role, parts(message)) for message in found.input_messages] == [
        ("tool", [("tool_call_response", "t1")])
    ]
    assert [(message.role, parts(message)) for message in found.output_messages] == [
        ("assistant", [("reasoning", "Let me think.")])
    ]


def test_steps_with_agent_in_their_name_are_no_agents(make):
    for name in ("RunnableAssign<agent_scratchpad>", "ToolsAgentOutputParser", "RunnableAgent"):
        assert make({"openinference.span.kind": "AGENT"}, name=name).agent_name == ""
