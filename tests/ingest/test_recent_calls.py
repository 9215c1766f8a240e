"""Wrappers of model calls that arrive in a later request than the call they wrap."""

from __future__ import annotations

from dataclasses import replace

from evalwright.domain.span import Span, SpanKind
from evalwright.ingest.recent_calls import RecentCalls


def call(span_id: str, parent: str = "", *, kind: SpanKind = SpanKind.LLM, tokens: int | None = 120) -> Span:
    return Span(
        project="p",
        trace_id="a" * 32,
        span_id=span_id * 16,
        parent_span_id=parent * 16,
        kind=kind,
        input_tokens=tokens,
    )


def test_spans_that_come_one_by_one_count_once() -> None:
    calls = RecentCalls(10)
    inner, middle, outer = (calls.mark([span])[0] for span in (call("3", "2"), call("2", "1"), call("1")))
    assert (inner.usage_rollup, middle.usage_rollup, outer.usage_rollup) == (False, True, True)


def test_a_wrapper_that_is_delivered_again_is_marked_again() -> None:
    calls = RecentCalls(10)
    calls.mark([call("2", "1")])
    assert [calls.mark([call("1")])[0].usage_rollup for _ in range(2)] == [True, True]


def test_tools_agents_and_other_kinds_of_calls_wrap_nothing() -> None:
    calls = RecentCalls(10)
    calls.mark([call("2", "1"), call("4", "3", kind=SpanKind.EMBEDDING)])
    later = calls.mark([call("1", kind=SpanKind.TOOL, tokens=None), call("3")])
    assert [span.usage_rollup for span in later] == [False, False]


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    calls = RecentCalls(2)
    for number in "345":
        calls.mark([call(number, number.translate({51: "a", 52: "b", 53: "c"}))])
    assert [calls.mark([call(parent)])[0].usage_rollup for parent in "abc"] == [False, True, True]


def answered(span_id: str, start_ns: int, response: object = "resp_1") -> Span:
    return replace(
        call(span_id, "f"), start_ns=start_ns, end_ns=start_ns + 10, attributes={"gen_ai.response.id": response}
    )


def test_two_spans_side_by_side_that_tell_of_one_response_count_once() -> None:
    together = RecentCalls(10).mark([answered("1", 0), answered("2", 5)])
    assert [span.usage_rollup for span in together] == [False, True]
    calls = RecentCalls(10)
    apart = [calls.mark([span])[0] for span in (answered("1", 0), answered("2", 5), answered("1", 0))]
    assert [span.usage_rollup for span in apart] == [False, True, False]


def test_the_same_response_at_another_time_is_another_call() -> None:
    for later in (answered("2", 10), answered("2", 5, "resp_2"), answered("2", 5, ""), answered("2", 5, ["resp_1"])):
        marked = RecentCalls(10).mark([answered("1", 0), later])
        assert [span.usage_rollup for span in marked] == [False, False]


def test_a_wrapper_that_names_the_response_of_the_call_it_wraps_leaves_the_call_counted() -> None:
    outer = replace(answered("1", 0), parent_span_id="")
    inner = replace(answered("2", 2), parent_span_id=outer.span_id)
    for order in ([outer, inner], [inner, outer]):
        marked = RecentCalls(10).mark(order)
        assert {span.span_id: span.usage_rollup for span in marked} == {outer.span_id: True, inner.span_id: False}
