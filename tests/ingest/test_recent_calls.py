"""Wrappers of model calls that arrive in a later request than the call they wrap."""

from __future__ import annotations

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
