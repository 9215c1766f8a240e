"""Who wins when a span says something twice, and what fills the gaps."""

from __future__ import annotations

from evalwright.domain.span import SpanStatus
from evalwright.semconv import is_pending, project_of


def test_logfire_start_markers_are_pending(make_raw):
    assert is_pending(make_raw({"logfire.span_type": "pending_span"}))
    assert not is_pending(make_raw({"logfire.span_type": "span"}))


def test_our_own_kind_overrules_the_nearest_openinference_word(make):
    assert make({"openinference.span.kind": "CHAIN", "evalwright.kind": "WAIT"}).kind.value == "WAIT"
    assert make({"openinference.span.kind": "CHAIN", "evalwright.kind": "MEMORY"}).kind.value == "MEMORY"


def test_a_telling_kind_beats_a_vague_one_and_a_model_makes_a_call(make):
    both = {"langfuse.observation.type": "SPAN", "openinference.span.kind": "TOOL"}
    assert make(both).kind.value == "TOOL"
    assert make({"gen_ai.request.model": "gpt-4o"}).kind.value == "LLM"
    assert make({"http.method": "GET"}).kind.value == "OTHER"


def test_the_exception_event_tells_the_error(make, event):
    broken = event("exception", exception__type="ValueError", exception__message="no")
    span = make({}, events=(broken,), status=SpanStatus.ERROR)
    assert (span.error_type, span.status_message) == ("ValueError", "no")
    assert make({"error.type": "timeout"}, events=(broken,)).error_type == "timeout"


def test_the_resource_is_asked_last(make):
    resource = {"session.id": "window", "service.version": "1.2", "deployment.environment": "prod"}
    span = make({}, resource=resource)
    assert (span.session_id, span.release, span.environment) == ("window", "1.2", "prod")
    assert make({"session.id": "real"}, resource=resource).session_id == "real"


def test_the_project_is_what_the_data_says_or_nothing():
    assert project_of({"openinference.project.name": "a"}, {}) == "a"
    assert project_of({"evalwright.project.name": "b", "openinference.project.name": "a"}, {}) == "b"
    assert project_of({"service.name": "x"}, {"y": 1}) == ""


def test_two_answers_about_one_session_are_settled_and_flagged(make):
    span = make({"gen_ai.conversation.id": "conv", "session.id": "window"})
    assert (span.session_id, span.flags) == ("conv", ("conflict",))
    assert make({"gen_ai.conversation.id": "conv", "session.id": "conv"}).flags == ()


def test_plain_input_and_output_are_shown_but_name_no_convention(make):
    span = make({"input": {"q": 1}, "output": "done"})
    assert (span.input, span.input_mime, span.output, span.convention) == ('{"q":1}', "application/json", "done", "")
