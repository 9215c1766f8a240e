"""The real framework traces: what each carries comes out, checked against the facts read in them by eye."""

from __future__ import annotations

from collections import Counter

import pytest

from evalwright.semconv import content, normalise, preview, project_of

pytestmark = pytest.mark.shared_data


def kinds(spans):
    return Counter(span.kind.value for span in spans)


def named(spans, name):
    return [span for span in spans if span.name.startswith(name)]


def shape(messages):
    return [(message.role, [part.type for part in message.parts]) for message in messages]


def tool_calls(spans):
    said = [message for span in spans for message in content(span).output_messages]
    return [part for message in said for part in message.parts if part.type == "tool_call"]


def test_langsmith_turns_are_model_calls_and_the_session_is_the_conversation(frameworks):
    spans = frameworks["langsmith"]
    assert kinds(spans) == {"LLM": 4, "TOOL": 2, "CHAIN": 1}
    assert {span.convention for span in spans} == {"langsmith"}
    (chain,) = named(spans, "claude.conversation")
    assert chain.session_id == "6fb9b4b8-dd4d-4d41-8d4f-c0c0799a6559"
    asked = content(chain).input_messages
    assert [(m.role, m.text[:24]) for m in asked] == [
        ("system", "You are a friendly trave"),
        ("user", "What's the weather like "),
    ]
    turns = named(spans, "claude.assistant.turn")
    assert {turn.model for turn in turns} == {"claude-sonnet-4-5-20250929"}
    assert {turn.provider for turn in turns} == {"anthropic"}
    calls = [
        part for turn in turns for m in content(turn).output_messages for part in m.parts if part.type == "tool_call"
    ]
    assert [call.arguments for call in calls] == [{"city": "Berlin"}, {"city": "New York"}]
    tools = named(spans, "mcp__weather")
    assert {tool.tool_name for tool in tools} == {"mcp__weather__get_weather"}
    assert content(tools[0]).tool_arguments == {"city": "Berlin"}


def test_crewai_through_litellm_carries_messages_and_inclusive_tokens(frameworks):
    spans = frameworks["crewai"]
    assert kinds(spans) == {"CHAIN": 4, "AGENT": 1, "LLM": 1}
    (call,) = named(spans, "completion")
    assert (call.model, call.input_tokens, call.output_tokens) == ("gpt-4o-mini", 190, 164)
    assert (call.cache_read_tokens, call.reasoning_tokens, call.usage_rollup) == (0, 0, False)
    found = content(call)
    assert shape(found.input_messages) == [("system", ["text"]), ("user", ["text"])]
    assert found.output_messages[0].text.startswith("I now can give a great answer")
    assert found.parameters["stop"] == ["\nObservation:"]


def test_adk_calls_tools_and_session_come_out_of_gemini_shapes(frameworks):
    spans = frameworks["adk"]
    assert kinds(spans) == {"CHAIN": 1, "AGENT": 1, "LLM": 2, "TOOL": 1}
    assert {(span.session_id, span.user_id) for span in spans} == {("demo-session", "demo-user")}
    (agent,) = named(spans, "agent_run")
    assert agent.agent_name == "hello_agent"
    first, second = named(spans, "call_llm")
    assert (first.model, first.provider) == ("gemini-2.0-flash", "gcp.gen_ai")
    assert (first.input_tokens, first.output_tokens, second.input_tokens, second.output_tokens) == (28, 3, 39, 6)
    assert shape(content(first).input_messages) == [("system", ["text"]), ("user", ["text"])]
    assert [part.tool_name for part in content(first).output_messages[0].parts] == ["say_hello"]
    assert [tool.name for tool in content(first).tools] == ["say_hello"]
    assert [m.role for m in content(second).input_messages] == ["system", "user", "assistant", "tool"]
    assert content(second).output_messages[0].text == "Hello Langfuse 👋!\n"
    (tool,) = named(spans, "execute_tool")
    assert (tool.tool_name, tool.tool_call_id) == ("say_hello", "adk-8bd8dc65-717d-4102-858b-3a1dd6b75a00")
    assert content(tool).tool_result == {"greeting": "Hello Langfuse 👋"}


def test_google_genai_counts_thinking_within_the_output(frameworks):
    (call,) = frameworks["google_genai"]
    assert (call.kind.value, call.model) == ("LLM", "gemini-2.5-flash")
    assert (call.input_tokens, call.output_tokens, call.reasoning_tokens) == (6, 2055, 1104)
    found = content(call)
    assert found.input_messages[0].text == "What is Langfuse?"
    assert shape(found.output_messages) == [("assistant", ["text"])]


def test_llama_index_completions_become_one_question_and_one_answer(frameworks):
    (root,) = named(frameworks["llama_index"], "llama-index-trace")
    assert (root.session_id, root.user_id) == ("session_abc", "user_123")
    (call,) = named(frameworks["llama_index"], "OpenAI.complete")
    assert (call.model, call.input_tokens, call.output_tokens) == ("gpt-4o", 13, 81)
    found = content(call)
    assert [(m.role, m.text[:17]) for m in found.input_messages] == [("user", "What is Langfuse?")]
    assert [(m.role, m.text[:18]) for m in found.output_messages] == [("assistant", "Langfuse is a tool")]


def test_microsoft_agent_framework_speaks_genai(frameworks):
    spans = frameworks["microsoft"]
    assert kinds(spans) == {"AGENT": 1, "LLM": 2, "TOOL": 1}
    (agent,) = named(spans, "invoke_agent")
    assert (agent.provider, agent.model) == ("openai", "gpt-5-mini")
    assert shape(content(agent).input_messages) == [("system", ["text"]), ("user", ["text"])]
    assert [m.role for m in content(agent).output_messages] == ["assistant", "tool", "assistant"]
    first, second = named(spans, "chat")
    assert (first.model, first.model_requested) == ("gpt-5-mini-2025-08-07", "gpt-5-mini")
    assert [(s.input_tokens, s.output_tokens) for s in (first, second)] == [(77, 86), (216, 20)]
    assert second.session_id.startswith("resp_0e32bda5")
    assert content(first).output_messages[0].parts[0].arguments == {"location": "Tokyo, Japan"}
    assert [tool.name for tool in content(first).tools] == ["get_weather"]
    assert set(content(first).tools[0].parameters["properties"]) == {"location"}
    (tool,) = named(spans, "get_weather")
    assert (tool.tool_name, tool.tool_call_id) == ("get_weather", "call_CwaJHuXTm9dmHFQPlVbqyzJ0")
    assert content(tool).tool_result == "The weather in Tokyo, Japan is stormy with a high of 23°C."


def test_pydantic_ai_event_lists_are_read_and_the_run_is_a_rollup(frameworks):
    spans = frameworks["pydantic"]
    (run,) = named(spans, "qa_agent run")
    (chat,) = named(spans, "chat")
    assert (run.kind.value, run.agent_name, run.usage_rollup) == ("AGENT", "qa_agent", True)
    assert (chat.kind.value, chat.model, chat.usage_rollup) == ("LLM", "gpt-4o-2024-08-06", False)
    assert {(s.input_tokens, s.output_tokens) for s in (run, chat)} == {(31, 96)}
    assert {(s.session_id, s.user_id) for s in spans} == {("session_abc", "user_123")}
    for span in (run, chat):
        found = content(span)
        assert [m.role for m in found.input_messages] == ["system", "user"]
        assert found.output_messages[0].text.startswith("Langfuse is a tool designed for observability")


def test_pydantic_ai_tools_arguments_and_reported_costs_come_out(frameworks):
    spans = frameworks["pydantic_tools"]
    runs = [span for span in spans if span.kind.value == "AGENT"]
    assert [run.agent_name for run in runs] == ["joke_agent", "joke_agent", "evaluator_agent"]
    assert all(run.usage_rollup for run in runs)
    chats = named(spans, "chat")
    assert sum(chat.input_tokens for chat in chats) == 265 + 417 + 502 + 131
    assert [chat.cost for chat in chats] == [0.00008355, 0.00009435, 0.0000837, 0.00006105]
    assert {chat.cost_source.value for chat in chats} == {"reported"}
    assert len(content(chats[0]).tools) == 5
    assert shape(content(chats[0]).output_messages) == [("assistant", ["tool_call"] * 3)]
    assert content(chats[0]).finish_reasons == ("tool_call",)
    assert shape(content(chats[1]).input_messages)[3] == ("tool", ["tool_call_response"] * 3)
    tools = named(spans, "running tool:")
    assert [tool.kind.value for tool in tools] == ["TOOL"] * 3
    assert tools[0].tool_name == "get_pun_suggestion"
    assert content(tools[0]).tool_arguments == {"topic": "programming"}
    assert content(tools[0]).tool_result.startswith("Pun idea")
    assert content(runs[2]).output_messages[0].text.startswith('{"quality": "good"')


def test_beeai_steps_keep_the_kinds_it_gives_them(frameworks):
    spans = frameworks["beeai"]
    assert kinds(spans)["LLM"] >= 4
    assert kinds(spans)["TOOL"] == 3
    starts = named(spans, "agent.react.start")
    assert [tool.name for tool in content(starts[0]).tools] == ["Wikipedia", "OpenMeteoTool"]
    calls = named(spans, "backend.openai.chat.start")
    assert [len(content(call).input_messages) for call in calls] == [2, 3, 4]
    assert {call.model for call in calls} == {"gpt-4o-mini"}
    (started,) = named(spans, "tool.search.wikipedia.start")
    assert content(started).tool_arguments == {"query": "Tourism in Barcelona", "full_text": False}
    assert preview(starts[0].input, starts[0].input_mime, 40) == "Message: I'm planning a trip to Barcelo…"


def test_vercel_outer_spans_are_rollups_of_their_inner_calls(vercel_v6):
    outer = [span for span in vercel_v6 if ".do" not in span.name]
    inner = [span for span in vercel_v6 if ".do" in span.name]
    assert {span.usage_rollup for span in outer} == {True}
    assert {span.usage_rollup for span in inner} == {False}
    assert kinds(outer) == {"AGENT": 4, "EMBEDDING": 1}
    assert kinds(inner) == {"LLM": 4, "EMBEDDING": 1}
    assert [(span.input_tokens, span.output_tokens) for span in inner] == [
        (14, 20),
        (50, 9),
        (63, 156),
        (15, 112),
        (10, None),
    ]
    assert {span.provider for span in vercel_v6} == {"openai"}


def test_vercel_prompts_and_answers_are_the_same_inside_and_outside(vercel_v6):
    for name in ("ai.generateText", "ai.generateObject", "ai.streamText"):
        inner, outer = (
            [content(span) for span in vercel_v6 if span.name.startswith(name) and (".do" in span.name) is within]
            for within in (True, False)
        )
        for one, other in zip(inner, outer, strict=True):
            assert [(m.role, m.text) for m in one.input_messages] == [(m.role, m.text) for m in other.input_messages]
            assert one.output_messages == other.output_messages
            assert one.finish_reasons == ("stop",)


def test_vercel_streams_tell_when_the_first_words_came(vercel_v6):
    (stream,) = [span for span in vercel_v6 if span.name == "ai.streamText.doStream"]
    assert stream.ttft_ms == pytest.approx(426.85, abs=0.01)


@pytest.mark.parametrize("name", ["trail/trail_gaia.public", "trail/trail_swebench.public"])
def test_trail_counts_that_arrive_as_text_are_numbers(otlp, make_raw, name):
    spans = [normalise(raw, project="p", received_ns=1) for raw in otlp(name)]
    calls = [span for span in spans if span.kind.value == "LLM" and span.status.value != "ERROR"]
    assert all(span.input_tokens is not None and span.output_tokens is not None for span in calls if span.output)
    assert all(span.usage_rollup for span in spans if span.kind.value == "AGENT" and span.total_tokens)
    assert not any(flag for span in spans for flag in span.flags)
    talked = [content(span) for span in calls[:40]]
    assert all(found.input_messages for found in talked)
    failed = [span for span in spans if span.status.value == "ERROR"]
    assert failed
    assert all(span.error_type for span in failed if span.events)


def test_tau_runs_carry_session_user_tags_and_tool_calls(otlp):
    raws = list(otlp("tau-bench/tau2_airline_grok-3-mini.run"))
    spans = [normalise(raw, project="p", received_ns=1) for raw in raws]
    assert kinds(spans) == {"LLM": 43, "TOOL": 16, "AGENT": 4}
    assert all(span.session_id.startswith("tau2_airline_grok-3-mini:task-") for span in spans)
    assert all(project_of(raw.resource, raw.attributes) for raw in raws)
    assert all(span.environment for span in spans)
    agents = [span for span in spans if span.kind.value == "AGENT"]
    assert agents[0].tags == ("tau2_airline_grok-3-mini", "airline")
    tools = [span for span in spans if span.kind.value == "TOOL"]
    assert all(
        span.tool_name and span.tool_call_id and isinstance(content(span).tool_arguments, dict) for span in tools
    )
    calls = [span for span in spans if span.kind.value == "LLM"]
    asked = [
        part for span in calls for m in content(span).output_messages for part in m.parts if part.type == "tool_call"
    ]
    assert len(asked) == 16
    assert {call.tool_call_id for call in asked} == {tool.tool_call_id for tool in tools}
