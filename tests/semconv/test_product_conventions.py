"""One realistic span of every product's own convention: what it says comes out."""

from __future__ import annotations

import json

import pytest

from evalwright.domain.span import SpanStatus
from evalwright.semconv import content, project_of


def said(messages):
    return [(message.role, message.text) for message in messages]


def test_langfuse_buckets_costs_levels_and_prompts(make):
    span = make(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "claude-sonnet-4-5",
            "langfuse.observation.usage_details": '{"input":10,"cache_read_input_tokens":90,"output":7,"total":107}',
            "langfuse.observation.cost_details": '{"input":0.1,"output":0.2,"total":0.3}',
            "langfuse.observation.input": '[{"role":"user","content":"Hi"}]',
            "langfuse.observation.output": '{"role":"assistant","content":"Ho"}',
            "langfuse.observation.prompt.name": "greet",
            "langfuse.observation.prompt.version": 3,
            "langfuse.observation.level": "ERROR",
            "langfuse.observation.completion_start_time": '"2025-11-13T02:13:20.500Z"',
            "langfuse.session.id": "explicit",
            "session.id": "generic",
            "langfuse.trace.tags": '["t1","t2"]',
            "langfuse.environment": "staging",
            "langfuse.release": "abc123",
        },
        start_ns=1_763_000_000_000_000_000,
    )
    assert (span.convention, span.kind.value, span.status.value) == ("langfuse", "LLM", "ERROR")
    assert (span.input_tokens, span.cache_read_tokens, span.output_tokens) == (100, 90, 7)
    assert (span.cost, span.session_id, span.tags) == (0.3, "explicit", ("t1", "t2"))
    assert (span.prompt_name, span.prompt_version, span.environment, span.release) == (
        "greet",
        "3",
        "staging",
        "abc123",
    )
    assert span.ttft_ms == pytest.approx(500)
    assert said(content(span).input_messages) == [("user", "Hi")]
    assert said(content(span).output_messages) == [("assistant", "Ho")]


def test_langfuse_counts_that_already_include_their_parts_are_not_summed(make):
    usage = '{"input":100,"input_cached_tokens":40,"output":7,"total":107}'
    span = make({"langfuse.observation.type": "generation", "langfuse.observation.usage_details": usage})
    assert (span.input_tokens, span.cache_read_tokens, span.output_tokens) == (100, 40, 7)


def test_langsmith_whole_inputs_usage_and_tags(make):
    span = make(
        {
            "langsmith.span.kind": "llm",
            "langsmith.trace.session_name": "proj",
            "langsmith.metadata.thread_id": "th",
            "langsmith.metadata.ls_model_name": "gpt-4o",
            "langsmith.span.tags": "a, b",
            "gen_ai.prompt": json.dumps(
                {
                    "messages": [
                        [
                            {
                                "lc": 1,
                                "type": "constructor",
                                "id": ["x", "SystemMessage"],
                                "kwargs": {"content": "Sys"},
                            },
                            {"lc": 1, "type": "constructor", "id": ["x", "HumanMessage"], "kwargs": {"content": "Hi"}},
                        ]
                    ]
                }
            ),
            "gen_ai.completion": json.dumps(
                {
                    "generations": [
                        [
                            {
                                "text": "Ho",
                                "message": {
                                    "lc": 1,
                                    "type": "constructor",
                                    "id": ["x", "AIMessage"],
                                    "kwargs": {"content": "Ho"},
                                },
                            }
                        ]
                    ]
                }
            ),
            "langsmith.usage_metadata": '{"input_tokens":9,"output_tokens":2,"input_token_details":{"cache_read":4}}',
        }
    )
    assert (span.convention, span.kind.value, span.model, span.session_id) == ("langsmith", "LLM", "gpt-4o", "th")
    assert (span.input_tokens, span.cache_read_tokens, span.output_tokens, span.tags) == (9, 4, 2, ("a", "b"))
    assert said(content(span).input_messages) == [("system", "Sys"), ("user", "Hi")]
    assert said(content(span).output_messages) == [("assistant", "Ho")]
    assert project_of({}, span.attributes) == "proj"


def test_mlflow_json_text_everywhere(make):
    span = make(
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.spanInputs": '{"messages":[{"role":"user","content":"Hi"}],"model":"gpt-4o"}',
            "mlflow.spanOutputs": json.dumps(
                {"choices": [{"message": {"role": "assistant", "content": "Ho"}, "finish_reason": "stop"}]}
            ),
            "mlflow.chat.tokenUsage": '{"input_tokens":3,"output_tokens":1,"total_tokens":4}',
            "mlflow.llm.model": '"gpt-4o"',
            "mlflow.llm.provider": '"openai"',
            "mlflow.llm.cost": '{"input_cost":0.1,"output_cost":0.2,"total_cost":0.3}',
            "mlflow.trace.session": '"s"',
            "mlflow.trace.user": '"u"',
            "mlflow.traceTag.team": '"blue"',
        }
    )
    assert (span.convention, span.kind.value, span.model, span.provider) == ("mlflow", "LLM", "gpt-4o", "openai")
    assert (span.session_id, span.user_id, span.cost, span.input_tokens) == ("s", "u", 0.3, 3)
    assert said(content(span).output_messages) == [("assistant", "Ho")]
    assert content(span).finish_reasons == ("stop",)
    found = make(
        {
            "mlflow.spanType": '"RETRIEVER"',
            "mlflow.spanInputs": '"why?"',
            "mlflow.spanOutputs": '[{"page_content":"because","metadata":{"p":1}}]',
        }
    )
    assert (content(found).query, content(found).documents[0].content) == ("why?", "because")


def test_strands_bedrock_blocks_framework_name_and_loops(make, event):
    span = make(
        {
            "gen_ai.system": "strands-agents",
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "us.anthropic.claude-sonnet-4-20250514-v1:0",
            "gen_ai.usage.prompt_tokens": 8,
            "gen_ai.usage.input_tokens": 8,
            "gen_ai.usage.cache_read_input_tokens": 20,
            "gen_ai.server.time_to_first_token": 350,
        },
        scope_name="strands.telemetry.tracer",
        events=(
            event("gen_ai.user.message", content='[{"text":"Hi"}]'),
            event(
                "gen_ai.choice",
                finish_reason="tool_use",
                message='[{"toolUse":{"toolUseId":"t","name":"look","input":{"q":1}}}]',
            ),
        ),
    )
    assert (span.convention, span.provider, span.ttft_ms) == ("strands", "", 350.0)
    assert (span.input_tokens, span.cache_read_tokens) == (28, 20)
    assert said(content(span).input_messages) == [("user", "Hi")]
    assert content(span).output_messages[0].parts[0].arguments == {"q": 1}
    cycle = make({"event_loop.cycle_id": "1"}, name="execute_event_loop_cycle", scope_name="strands-agents")
    assert cycle.kind.value == "CHAIN"
    assert make({"x": 1}, name="memory.search", scope_name="strands-agents").kind.value == "MEMORY"
    assert make({"x": 1}, name="memory.search").kind.value == "OTHER"


def test_adk_without_any_instrumentation_of_others(make):
    request = {
        "model": "gemini-2.5-pro",
        "config": {"system_instruction": "Greet.", "tools": [{"function_declarations": [{"name": "hello"}]}]},
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
    }
    answer = {"content": {"role": "model", "parts": [{"text": "thinking", "thought": True}, {"text": "hello"}]}}
    span = make(
        {
            "gen_ai.system": "gcp.vertex.agent",
            "gen_ai.request.model": "gemini-2.5-pro",
            "gcp.vertex.agent.llm_request": json.dumps(request),
            "gcp.vertex.agent.llm_response": json.dumps(answer),
            "gcp.vertex.agent.session_id": "s",
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.experimental.reasoning_tokens": 3,
        },
        name="call_llm",
        scope_name="gcp.vertex.agent",
    )
    assert (span.convention, span.kind.value, span.session_id) == ("adk", "LLM", "s")
    assert (span.output_tokens, span.reasoning_tokens) == (8, 3)
    found = content(span)
    assert said(found.input_messages) == [("system", "Greet."), ("user", "hi")]
    assert [part.type for part in found.output_messages[0].parts] == ["reasoning", "text"]
    assert [tool.name for tool in found.tools] == ["hello"]
    off = make({"gcp.vertex.agent.llm_request": "{}"}, name="call_llm", scope_name="gcp.vertex.agent")
    assert off.input == ""
    assert make({}, name="invocation", scope_name="gcp.vertex.agent").kind.value == "WORKFLOW"


def test_laminar_spans(make):
    span = make(
        {
            "lmnr.span.type": "LLM",
            "lmnr.span.input": '[{"role":"user","content":"Hi"}]',
            "lmnr.span.output": '"Ho"',
            "lmnr.association.properties.session_id": "s",
            "lmnr.association.properties.tags": ["t"],
            "gen_ai.usage.input_cost": 0.1,
            "gen_ai.usage.output_cost": 0.2,
        }
    )
    assert (span.convention, span.kind.value, span.session_id, span.tags) == ("laminar", "LLM", "s", ("t",))
    assert span.cost == pytest.approx(0.3)
    assert said(content(span).output_messages) == [("assistant", "Ho")]


def test_claude_code_spans_count_tokens_without_cache(make):
    call = make(
        {
            "span.type": "llm_request",
            "model": "claude-opus-4-5",
            "gen_ai.system": "anthropic",
            "gen_ai.request.model": "claude-opus-4-5",
            "session.id": "s",
            "input_tokens": "3",
            "output_tokens": "200",
            "cache_read_tokens": 15_000,
            "cache_creation_tokens": 500,
            "ttft_ms": 900,
            "stop_reason": "tool_use",
            "success": "true",
        },
        name="claude_code.llm_request",
    )
    assert (call.convention, call.kind.value, call.session_id) == ("claude_code", "LLM", "s")
    assert (call.input_tokens, call.cache_read_tokens, call.cache_write_tokens) == (15_503, 15_000, 500)
    assert (call.output_tokens, call.ttft_ms) == (200, 900.0)
    assert content(call).finish_reasons == ("tool_use",)
    steps = {
        name: make({}, name=f"claude_code.{name}").kind.value
        for name in ("interaction", "tool", "tool.blocked_on_user", "hook")
    }
    assert steps == {"interaction": "AGENT", "tool": "TOOL", "tool.blocked_on_user": "WAIT", "hook": "HOOK"}
    failed = make({"success": "false", "error": "no such file"}, name="claude_code.tool")
    assert (failed.status, failed.status_message) == (SpanStatus.ERROR, "no such file")
    hidden = make({"user_prompt": "<REDACTED>"}, name="claude_code.interaction")
    assert (hidden.input, hidden.flags) == ("", ("redacted",))
    assert make({"model": "T", "input_tokens": 5}, name="train").kind.value == "OTHER"
