"""The tree of a trace, whatever its parent ids say."""

# ruff: noqa: E501 - a row of data reads best on one line
from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.domain.span import CostSource, SpanKind, SpanStatus
from evalwright.domain.trace import SpanNode
from evalwright.domain.tree import build_tree


def node(ident: str, parent: str = "", start: int = 0, length: int = 10, **fields: Any) -> SpanNode:
    return SpanNode(
        span_id=ident, parent_span_id=parent, name="", kind=SpanKind.OTHER, start_ns=start, end_ns=start + length,
        duration_ns=length, status=SpanStatus.OK, model="", agent_name="", tool_name="", input_tokens=None, output_tokens=None,
        cost=None, cost_source=CostSource.NONE, usage_rollup=False, input_preview="", output_preview="", flags=(), **fields,
    )  # fmt: skip


def shape(nodes: list[SpanNode]) -> list[tuple[str, int, bool]]:
    return [(item.span.span_id, item.depth, item.orphan) for item in build_tree(nodes)]


def test_parents_come_before_children_and_siblings_by_start() -> None:
    nodes = [node("c", "a", 5), node("b", "a", 3), node("d", "b", 4), node("a")]
    assert shape(nodes) == [("a", 0, False), ("b", 1, False), ("d", 2, False), ("c", 1, False)]


def test_a_parent_that_never_arrived_makes_an_orphan_root() -> None:
    assert shape([node("b", "gone", 1), node("a"), node("c", "b", 2)]) == [
        ("a", 0, False), ("b", 0, True), ("c", 1, False),
    ]  # fmt: skip


def test_a_span_that_names_itself_is_a_root() -> None:
    assert shape([node("a", "a")]) == [("a", 0, False)]


def test_a_cycle_breaks_at_its_earliest_span() -> None:
    assert shape([node("a", "c", 3), node("b", "a", 1), node("c", "b", 2), node("tail", "c", 0)]) == [
        ("b", 0, False), ("c", 1, False), ("tail", 2, False), ("a", 2, False),
    ]  # fmt: skip


def test_self_time_leaves_out_the_union_of_children() -> None:
    nodes = [node("a", "", 0, 100), node("b", "a", 10, 30), node("c", "a", 20, 40), node("d", "a", 90, 50)]
    shares = {item.span.span_id: item.latency_share for item in build_tree(nodes)}
    assert shares["a"] == pytest.approx(40 / 140)
    assert shares["d"] == pytest.approx(50 / 140)


def test_a_trace_without_duration_has_no_shares() -> None:
    assert [item.latency_share for item in build_tree([node("a", length=0)])] == [0.0]
    assert build_tree([]) == []


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 14), st.integers(0, 5), st.integers(0, 9)), max_size=25))
def test_every_span_appears_once_below_its_parent(rows: list[tuple[int, int, int, int]]) -> None:
    spans = {str(ident): node(str(ident), str(parent), start, length) for ident, parent, start, length in rows}
    tree = build_tree(list(spans.values()))
    assert sorted(item.span.span_id for item in tree) == sorted(spans)
    seen: dict[str, int] = {}
    for item in tree:
        if item.depth:
            assert seen[item.span.parent_span_id] == item.depth - 1
        seen[item.span.span_id] = item.depth
        assert 0 <= item.latency_share <= 1


def test_thirty_thousand_spans_are_linear() -> None:
    chain = [node(str(n), str(n - 1) if n else "", n, 30_000 - n) for n in range(15_000)]
    fan = [node(f"f{n}", "0", n, 5) for n in range(15_000)]
    began = time.process_time()
    assert len(build_tree([*reversed(chain), *fan])) == 30_000
    assert time.process_time() - began < 3
