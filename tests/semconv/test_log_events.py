"""Messages that arrive as log events; shapes as Google ADK 2.13 and Semantic Kernel 1.45 sent them."""

from __future__ import annotations

import json

import pytest

from evalwright.semconv import content, event_of_log, preview, with_log_events

CALL = {"id": "c1", "type": "function", "function": {"name": "Weather-get_weather", "arguments": '{"city":"Paris"}'}}
SEMANTIC_KERNEL = [
    ("gen_ai.system.message", {"role": "system", "content": "Be brief.", "name": "weather"}),
    ("gen_ai.user.message", {"role": "user", "content": "What is the weather in Paris?"}),
    ("gen_ai.assistant.message", {"role": "assistant", "tool_calls": [CALL]}),
    ("gen_ai.tool.message", {"role": "tool", "content": "Paris: sunny", "tool_call_id": "c1"}),
    ("gen_ai.choice", {"message": {"role": "assistant", "content": "It is sunny."}, "finish_reason": "stop"}),
]
ADK = {
    "gen_ai.conversation.id": "41ee39ce",
    "gen_ai.system_instructions": [{"content": "Be brief.", "type": "text"}],
    "gen_ai.input.messages": [{"role": "user", "parts": [{"content": "What is the weather?", "type": "text"}]}],
    "gen_ai.output.messages": [
        {"role": "assistant", "parts": [{"content": "Sunny.", "type": "text"}], "finish_reason": "stop"}
    ],
    "gen_ai.tool.definitions": [{"name": "get_weather", "description": "Weather of a city.", "type": "function"}],
}


@pytest.fixture
def call(make):
    return make({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4.1-mini"})


def reported(records):
    return [event_of_log(10 + at, name, json.dumps(body), {"gen_ai.system": "openai"}) for at, (name, body) in records]


def test_messages_that_arrived_as_log_records_are_the_spans_messages(call):
    joined = with_log_events(call, reported(enumerate(SEMANTIC_KERNEL)))
    found = content(joined)
    assert [message.role for message in found.input_messages] == ["system", "user", "assistant", "tool"]
    assert found.input_messages[2].parts[0].tool_name == "Weather-get_weather"
    assert found.input_messages[3].parts[0].result == "Paris: sunny"
    assert [(message.role, message.text) for message in found.output_messages] == [("assistant", "It is sunny.")]
    assert found.finish_reasons == ("stop",)


def test_a_span_without_display_values_shows_what_its_log_records_told(call):
    joined = with_log_events(call, reported(enumerate(SEMANTIC_KERNEL)))
    assert json.loads(joined.input)[1] == {
        "role": "user",
        "parts": [{"type": "text", "content": "What is the weather in Paris?"}],
    }
    assert preview(joined.output, joined.output_mime, 40) == "It is sunny."
    assert (joined.input_mime, joined.output_mime) == ("application/json", "application/json")


def test_what_the_span_says_itself_is_not_replaced(make):
    said = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "mine"}]}])
    span = make({"gen_ai.operation.name": "chat", "gen_ai.input.messages": said})
    joined = with_log_events(span, reported(enumerate(SEMANTIC_KERNEL)))
    assert joined.input == said
    assert [message.text for message in content(joined).input_messages] == ["mine"]


def test_one_event_that_tells_all_gives_messages_instructions_and_tools(call):
    joined = with_log_events(call, [event_of_log(1, "gen_ai.client.inference.operation.details", "", ADK)])
    found = content(joined)
    assert [(message.role, message.text) for message in found.input_messages] == [
        ("system", "Be brief."),
        ("user", "What is the weather?"),
    ]
    assert found.output_messages[0].text == "Sunny."
    assert [tool.name for tool in found.tools] == ["get_weather"]


def test_the_pieces_of_a_streamed_choice_are_one_answer_and_two_choices_are_two(call):
    pieces = [
        {"index": 0, "content": {"role": "model", "parts": [{"text": "It is "}]}},
        {"index": 0, "content": {"role": "model", "parts": [{"text": "sunny."}]}, "finish_reason": "STOP"},
        {"index": 1, "content": {"role": "model", "parts": [{"text": "Sun."}]}, "finish_reason": "STOP"},
    ]
    joined = with_log_events(call, reported(enumerate(("gen_ai.choice", piece) for piece in pieces)))
    assert [message.text for message in content(joined).output_messages] == ["It is sunny.", "Sun."]


def test_content_that_the_sender_withheld_is_no_message(call):
    joined = with_log_events(call, reported([(0, ("gen_ai.user.message", {"content": "<elided>"}))]))
    assert content(joined).input_messages == ()
    assert joined.input == ""


def test_a_plain_text_prompt_is_what_the_user_said(call):
    joined = with_log_events(call, [event_of_log(1, "gen_ai.prompt", "Say hi.", {})])
    assert [(message.role, message.text) for message in content(joined).input_messages] == [("user", "Say hi.")]


def test_an_event_sent_both_ways_is_joined_once(make):
    events = reported([(0, SEMANTIC_KERNEL[1])])
    span = with_log_events(make({"gen_ai.operation.name": "chat"}), events)
    assert with_log_events(span, events) is span
