"""A trace as columns says what its nodes say, in a fraction of the size."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from evalwright.domain.span import CostSource, Span, SpanKind, SpanStatus
from evalwright.domain.trace import SpanNode, TraceSummary, TraceTree
from evalwright.domain.tree import build_tree
from evalwright.server import wire
from evalwright.server.deps import Deps
from evalwright.server.outlines import PREVIEWS_UP_TO, outline_of

TRACE = "b" * 32
START = 1_700_000_000_000_000_000


def span(number: int, parent: str = "", **changes: Any) -> Span:
    fields: dict[str, Any] = {
        "project": "default",
        "trace_id": TRACE,
        "span_id": f"{number:016x}",
        "parent_span_id": parent,
        "name": "step",
        "kind": SpanKind.TOOL,
        "start_ns": START + number * 1_000_001,
        "end_ns": START + number * 1_000_001 + 5_000_000,
        "input": f"in {number}",
        "output": f"out {number}",
    }
    return Span(**{**fields, **changes})


SPANS = [
    span(1, status=SpanStatus.ERROR),
    span(2, parent=f"{1:016x}", model="m-1", input_tokens=3, output_tokens=4, cost=0.25),
    span(3, parent=f"{9:016x}", cost_source=CostSource.UNPRICED, flags=("truncated",)),
]


@pytest.fixture
def outline(client: TestClient, deps: Deps) -> Any:
    deps.spans.write_spans(SPANS)
    answer = client.get(f"/api/v1/traces/{TRACE}/outline", params={"project": "default"})
    assert answer.status_code == 200
    return answer.json()


def test_columns_say_what_the_nodes_say(client: TestClient, outline: Any) -> None:
    nodes = client.get(f"/api/v1/traces/{TRACE}").json()["nodes"]
    texts = outline["texts"]
    assert outline["span_ids"] == [node["span_id"] for node in nodes]
    for column, field in (("names", "name"), ("kinds", "kind"), ("statuses", "status"), ("models", "model")):
        assert [texts[place] for place in outline[column]] == [node[field] for node in nodes]
    for column, field in (("length_ms", "duration_ms"), ("costs", "cost"), ("input_tokens", "input_tokens")):
        assert outline[column] == [node[field] for node in nodes]
    assert outline["start_time"] == nodes[0]["start_time"]
    assert outline["start_ms"] == [0, 1.000001, 2.000002]
    assert outline["input_previews"] == [node["input_preview"] for node in nodes]


def test_nothing_rare_is_missing_from_the_columns() -> None:
    outline = outline_of(tree_of(SPANS))
    assert outline.parents == [-1, 0, -1]
    assert outline.absent_parents == {f"{3:016x}": f"{9:016x}"}
    assert outline.cost_sources == {f"{3:016x}": "unpriced"}
    assert outline.flags == {f"{3:016x}": ("truncated",)}


def test_an_unknown_trace_is_404(client: TestClient) -> None:
    assert client.get(f"/api/v1/traces/{'c' * 32}/outline").status_code == 404


def node_of(place: Any) -> SpanNode:
    known = {field.name for field in dataclasses.fields(SpanNode)} & set(Span.__dataclass_fields__)
    same = {name: getattr(place.span, name) for name in known}
    return SpanNode(
        **{
            **same,
            "duration_ns": place.span.duration_ns,
            "input_preview": place.span.input,
            "output_preview": place.span.output,
            "orphan": place.orphan,
            "depth": place.depth,
            "latency_share": place.latency_share,
        }
    )


def tree_of(spans: list[Span]) -> TraceTree:
    numbers = dict.fromkeys(("span_count", "error_count", "unpriced_spans", "flagged_spans", "start_ns", "end_ns"), 0)
    texts = dict.fromkeys(
        ("root_span_id", "name", "session_id", "user_id", "agent_name", "environment", "release"), ""
    ) | dict.fromkeys(("input_preview", "output_preview"), "")
    summary = TraceSummary(
        project="default",
        trace_id=TRACE,
        root_missing=False,
        kind=SpanKind.TOOL,
        status=SpanStatus.OK,
        duration_ns=0,
        tags=(),
        models=(),
        input_tokens=None,
        output_tokens=None,
        cost=None,
        **numbers,  # type: ignore[arg-type]
        **texts,  # type: ignore[arg-type]
    )
    return TraceTree(summary=summary, nodes=[node_of(place) for place in build_tree(spans)])


@given(st.lists(st.integers(0, 12), max_size=12))
def test_a_parent_always_stands_before_its_child_whatever_was_sent(parents: list[int]) -> None:
    spans = [span(i + 1, f"{parent:016x}" if parent else "") for i, parent in enumerate(parents)]
    outline = outline_of(tree_of(spans))
    assert all(-1 <= parent < place for place, parent in enumerate(outline.parents))
    assert len(outline.span_ids) == len(spans)


def test_a_long_trace_leaves_previews_to_what_is_in_sight_and_is_a_tenth_of_the_nodes() -> None:
    prompt = "what the customer wrote " * 9
    spans = [span(i + 1, "" if i == 0 else f"{1:016x}", input=prompt, output=prompt) for i in range(PREVIEWS_UP_TO + 1)]
    tree = tree_of(spans)
    outline = outline_of(tree)
    assert outline.input_previews == outline.output_previews == []
    assert len(wire.encode(outline)) < len(wire.encode(tree)) / 9
