"""Whatever the attributes hold, a span and its content come out."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evalwright.domain.content import SpanContent
from evalwright.domain.span import CostSource, Span, SpanEvent, SpanKind, SpanStatus
from evalwright.semconv import content, is_pending, preview, project_of
from evalwright.semconv.registry import CONVENTIONS

KEYS = sorted({rule.key for convention in CONVENTIONS for rule in (*convention.rules, *convention.bare)})
SHAPES = (
    "llm.input_messages",
    "llm.output_messages",
    "llm.input_messages.0.message.role",
    "llm.input_messages.0.message.content",
    "llm.input_messages.0.message.contents.0.message_content.type",
    "llm.input_messages.1",
    "llm.input_messages.00.message.tool_calls.0.tool_call.function.arguments",
    "llm.tools",
    "llm.tools.0.tool.json_schema",
    "llm.prompts",
    "llm.choices",
    "gen_ai.prompt.0.role",
    "gen_ai.prompt.0.content",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "retrieval.documents.0.document.content",
    "retrieval.documents",
    "events",
    "pydantic_ai.all_messages",
    "ai.prompt.tools",
    "ai.response.toolCalls",
    "tag.tags.0",
    "mlflow.traceTag.x",
    "llm.invocation_parameters",
    "...",
    "0.0",
    "",
)
WORDS = st.sampled_from(
    [
        *("role", "content", "parts", "type", "text", "tool_calls", "function", "name", "arguments", "message"),
        *("messages", "id", "kwargs", "data", "tool_use", "tool_result", "constructor", "image_url", "choices"),
        *("contents", "thought"),
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), WORDS)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(WORDS, st.text(max_size=5)), inner, max_size=5)
    ),
    max_leaves=12,
)
VALUES = st.one_of(NESTED, NESTED.map(json.dumps))
ATTRIBUTES = st.dictionaries(st.one_of(st.sampled_from([*KEYS, *SHAPES]), st.text(max_size=20)), VALUES, max_size=12)
EVENT_NAMES = ["exception", "gen_ai.choice", "gen_ai.user.message", "gen_ai.client.inference.operation.details"]
EVENT_KEYS = [
    "content",
    "message",
    "gen_ai.input.messages",
    "gen_ai.event.content",
    "exception.type",
    "db.query.result.id",
]
EVENTS = st.lists(
    st.builds(
        SpanEvent,
        time_ns=st.just(0),
        name=st.sampled_from([*EVENT_NAMES, "gen_ai.content.prompt", "db.query.result"]),
        attributes=st.dictionaries(st.sampled_from([*EVENT_KEYS, "gen_ai.prompt"]), VALUES, max_size=4),
    ),
    max_size=3,
)
SCOPES = st.sampled_from(["", "ai", "pydantic-ai", "strands", "gcp.vertex.agent", "openinference.instrumentation.x"])


def is_text(value):
    return isinstance(value, str)


def is_count(value):
    return value is None or (type(value) is int and value >= 0)


def check_span(span: Span) -> None:
    texts = [span.session_id, span.user_id, span.agent_name, span.model, span.model_requested, span.provider]
    texts += [span.input, span.input_mime, span.output, span.output_mime, span.tool_name, span.tool_call_id]
    texts += [span.prompt_name, span.prompt_version, span.environment, span.release, span.error_type]
    texts += [span.status_message, span.convention, *span.tags]
    assert all(is_text(value) for value in texts)
    assert isinstance(span.kind, SpanKind)
    assert isinstance(span.status, SpanStatus)
    counts = (span.input_tokens, span.cache_read_tokens, span.cache_write_tokens, span.output_tokens)
    assert all(is_count(value) for value in (*counts, span.reasoning_tokens))
    assert (span.cost is None) == (span.cost_source is CostSource.NONE)
    assert bool(span.input) == bool(span.input_mime)


def check_content(found: SpanContent) -> None:
    for message in (*found.input_messages, *found.output_messages):
        assert is_text(message.role)
        assert is_text(message.text)
        for part in message.parts:
            assert is_text(part.text)
            assert is_text(part.tool_name)
            assert is_text(part.tool_call_id)
            assert is_text(part.uri)
    assert all(is_text(tool.name) and is_text(tool.description) for tool in found.tools)
    assert all(is_text(document.content) and is_text(document.id) for document in found.documents)
    assert is_text(found.query)
    assert is_text(found.prompt_template)
    assert is_text(found.response_id)
    assert all(is_text(reason) for reason in found.finish_reasons)
    assert isinstance(found.parameters, dict)
    assert isinstance(found.prompt_variables, dict)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ATTRIBUTES, EVENTS, st.text(max_size=12), SCOPES)
@example({"llm.input_messages.0": 1, "llm.input_messages.0.message.role": "user"}, [], "", "")
@example({"events": [[1], {"event.name": 3, "message": "x"}]}, [], "chat", "pydantic-ai")
def test_any_attributes_give_a_valid_span_and_content(make, make_raw, attributes, events, name, scope):
    span = make(attributes, events=events, name=name, scope_name=scope)
    check_span(span)
    assert span.attributes == attributes or any(value != value for value in attributes.values())
    check_content(content(span))
    preview(span.input, span.input_mime, 60)
    is_pending(make_raw(attributes))
    assert is_text(project_of(attributes, attributes))


@pytest.mark.parametrize("depth", [60, 5_000])
def test_deep_json_costs_its_value_and_nothing_else(make, depth):
    deep = "[" * depth + "]" * depth
    span = make({"openinference.span.kind": "LLM", "gen_ai.input.messages": deep, "session.id": "s"})
    assert span.session_id == "s"
    check_content(content(span))


def test_a_span_of_five_megabytes_of_history_is_read(make):
    start = "llm.input_messages"
    attributes = {
        f"{start}.{n}.message.{key}": value
        for n in range(2_000)
        for key, value in (("role", "user"), ("content", "x" * 2_500))
    }
    span = make({"openinference.span.kind": "LLM", **attributes})
    assert len(content(span).input_messages) == 2_000


BAD_NUMBERS = (
    -1,
    -0.5,
    float("nan"),
    float("inf"),
    2**70,
    "nan",
    "-5",
    "1e999",
    "many",
    "9" * 5_000,
    [7],
    {"n": 1},
    True,
)
COUNTED = sorted(
    {
        rule.key
        for convention in CONVENTIONS
        for rule in convention.rules
        if rule.field.endswith("_tokens") or rule.field in {"cost", "input_cost", "output_cost", "ttft_ms"}
    }
    - {"langfuse.observation.cost_details", "mlflow.llm.cost"}
)
ODD = (None, True, -1, 2**70, float("nan"), "", "null", "{}", "[]", '"', '"x"', "[1,2", [], {}, [[]], [{}], [None])
ODD += ({"role": None}, {"output": {"output": []}}, ["x" * 5_000], "9" * 5_000, "\\" * 99, '{"a":', "🦆" * 300)


@pytest.mark.parametrize("key", COUNTED)
def test_a_number_that_cannot_be_is_left_out_and_flagged(make, key):
    for value in BAD_NUMBERS:
        span = make({key: value})
        check_span(span)
        assert "bad_value" in span.flags, (key, value)
        assert span.total_tokens in {None, 0}
        assert span.cost is None
        assert span.attributes[key] is value


@pytest.mark.parametrize(
    "key", ["session.id", "gen_ai.request.model", "llm.provider", "tool.name", "mlflow.trace.user"]
)
def test_a_name_that_is_a_structure_is_left_out_and_flagged(make, key):
    for value in ([1], {"a": 1}, [["x"]]):
        span = make({key: value})
        check_span(span)
        assert "bad_value" in span.flags


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-45T00:00:00Z", "1999-01-01T00:00:00Z"])
def test_a_first_token_at_no_possible_time_is_flagged(make, moment):
    span = make({"langfuse.observation.completion_start_time": moment})
    assert (span.ttft_ms, span.flags) == (None, ("bad_value",))


@pytest.mark.parametrize("scope", ["", "strands", "mlflow", "com.anthropic.claude_code"])
def test_every_known_key_stands_every_odd_value(make, scope):
    keys = sorted({*KEYS, *(rule.key for convention in CONVENTIONS for rule in convention.bare)})
    for key in keys:
        for value in ODD:
            span = make({key: value, "openinference.span.kind": "TOOL"}, scope_name=scope)
            check_span(span)
            preview(span.input, span.input_mime, 40)
    for value in ODD:
        check_content(content(make(dict.fromkeys([*keys, *SHAPES], value), scope_name=scope)))


def nested(key: str, depth: int, *, listed: bool) -> object:
    value: object = "x"
    for _ in range(depth):
        value = {key: [value] if listed else value}
    return value


@pytest.mark.parametrize("key", ["output", "messages", "kwargs", "data", "message", "update", "function", "document"])
@pytest.mark.parametrize("kind", ["LLM", "TOOL", "RETRIEVER"])
def test_structures_forty_eight_deep_are_read(make, key, kind):
    targets = ("input.value", "output.value", "gen_ai.input.messages", "gen_ai.tool.call.result", "llm.tools")
    for listed in (False, True):
        deep = nested(key, 48, listed=listed)
        for target in (*targets, "retrieval.documents", "metadata", "ai.prompt"):
            for value in (deep, json.dumps(deep)):
                span = make({"openinference.span.kind": kind, target: value})
                check_span(span)
                check_content(content(span))
                preview(span.input, span.input_mime, 40)


SENDERS_WORST = {
    "open brackets": "[" * 1_000_000,
    "open objects": '{"' * 500_000,
    "backslashes": '{"content":"' + "\\" * 1_000_000,
    "escaped quotes": '"' + '\\"' * 500_000,
    "printed names": "Tool(name='" + "a'" * 400_000,
    "printed messages": "ChatMessage(" * 80_000,
    "call ids": '"type":"tool"' + '"tool_call_id": "' * 60_000,
    "objects": json.dumps([{"a": n} for n in range(100_000)]),
    "a key with many numbers": None,
}


@pytest.mark.parametrize("worst", SENDERS_WORST)
def test_intake_of_a_hostile_megabyte_takes_less_than_a_second(make, worst):
    value = SENDERS_WORST[worst]
    keys = ("input.value", "output.value", "pydantic_ai.all_messages", "metadata", "gen_ai.prompt", "llm.tools")
    for kind in ("LLM", "TOOL"):
        attributes = {"openinference.span.kind": kind} | (
            dict.fromkeys(keys, value) if value else {"llm.input_messages" + ".1" * 300_000: "x"}
        )
        began = time.process_time()
        span = make(attributes)
        preview(span.input, span.input_mime, 80)
        preview(span.output, span.output_mime, 80)
        assert time.process_time() - began < 1
        check_span(span)
