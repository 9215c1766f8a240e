"""One call that two instrumentations saw counts once."""

from __future__ import annotations

from dataclasses import replace

from evalwright.semconv import mark_wrappers


def call(make, span_id, parent="", kind="LLM", tokens=120, trace_id="a" * 32):
    attributes = {"openinference.span.kind": kind}
    if tokens is not None:
        attributes |= {"llm.token_count.prompt": tokens, "llm.token_count.completion": 30}
    return make(attributes, span_id=span_id * 16, parent_span_id=parent * 16, trace_id=trace_id)


def counted(spans):
    return sum(span.input_tokens or 0 for span in mark_wrappers(spans) if not span.usage_rollup)


def test_a_framework_call_around_a_client_call_counts_once(make):
    spans = [call(make, "1"), call(make, "2", parent="1")]
    assert counted(spans) == 120
    outer, inner = mark_wrappers(spans)
    assert outer.usage_rollup
    assert not inner.usage_rollup


def test_the_order_of_arrival_does_not_matter(make):
    assert counted([call(make, "2", parent="1"), call(make, "1")]) == 120


def test_an_http_span_between_the_two_is_looked_through(make):
    between = make({}, span_id="2" * 16, parent_span_id="1" * 16)
    assert counted([call(make, "1"), between, call(make, "3", parent="2")]) == 120


def test_three_layers_count_once(make):
    assert counted([call(make, "1"), call(make, "2", parent="1"), call(make, "3", parent="2")]) == 120


def test_a_call_that_a_tool_makes_is_another_call(make):
    tool = call(make, "2", parent="1", kind="TOOL", tokens=None)
    assert counted([call(make, "1"), tool, call(make, "3", parent="2")]) == 240


def test_an_embedding_below_a_model_call_is_no_repetition(make):
    assert counted([call(make, "1"), call(make, "2", parent="1", kind="EMBEDDING", tokens=7)]) == 127


def test_a_wrapper_without_counts_changes_nothing(make):
    spans = [call(make, "1", tokens=None), call(make, "2", parent="1")]
    assert mark_wrappers(spans) == spans


def test_equal_ids_in_another_trace_are_strangers(make):
    assert counted([call(make, "1"), call(make, "2", parent="1", trace_id="b" * 32)]) == 240


def test_a_span_that_is_its_own_parent_does_not_hang(make):
    loop = [make({}, span_id="2" * 16, parent_span_id="2" * 16), call(make, "3", parent="2"), call(make, "4")]
    assert counted([*loop, replace(call(make, "5"), parent_span_id="5" * 16)]) == 360
