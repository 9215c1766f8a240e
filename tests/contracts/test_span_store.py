"""What every span store promises, whichever engine is below: chDB, and ClickHouse's client."""

# ruff: noqa: E501 - a row of data reads best on one line
from __future__ import annotations

import itertools
import json
import random
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalwright.domain.errors import FilterError, InvalidInput, LimitExceeded, NotFound, StoreUnavailable
from evalwright.domain.score import Evidence, Score, ScoreStatus, ScoreType, Target
from evalwright.domain.span import CostSource, Span, SpanEvent, SpanKind, SpanLink, SpanStatus
from evalwright.ports.spans import AggregateQuery, ListQuery, ScoreQuery, Window
from evalwright.storage.spans import SpanDatabase
from evalwright.storage.spans.search import search_spans

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "storage" / "spans"))
from span_stores import HOUR, START, make_span, opened_store, trace_of


@pytest.fixture(scope="module", params=["chdb", "clickhouse"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanDatabase]:
    with opened_store(request.param, tmp_path_factory.mktemp(request.param)) as opened:
        yield opened


@pytest.fixture
def project(request: pytest.FixtureRequest) -> str:
    """A project of the test's own, so that tests share a store without meeting."""
    return request.node.name


def query(project: str, text: str = "", **options: Any) -> ListQuery:
    return ListQuery(project=project, filter=text, **options)


def span(project: str, number: int, **fields: Any) -> Span:
    return make_span(number, project=project, **fields)


def rich_span(project: str) -> Span:
    text = "née \u0000 \U0001f600 'quote' \"double\" back\\slash\ttab\nline {x:String} %_"
    return span(
        project, 1, parent=9, status=SpanStatus.ERROR, status_message=text, error_type="E", session_id=text, user_id="u",
        agent_name="lead", model="m", model_requested="m-latest", provider="p", input_tokens=5, cache_read_tokens=2,
        cache_write_tokens=1, output_tokens=7, reasoning_tokens=3, usage_rollup=True, cost=0.1 + 0.2,
        cost_source=CostSource.COMPUTED, ttft_ms=12.0, input=text * 3, input_mime="text/plain", output='{"a": 1}' * 9,
        output_mime="application/json", tool_name="t", tool_call_id="c", prompt_name="n", prompt_version="3",
        environment="prod", release="abc", tags=("x", "y,'z"), convention="otel_genai",
        attributes={"a.b": text, "input.value": text * 3, "out": '{"a": 1}' * 9, "deep": {"l": [1, {"m": None}]},
                    "big": 2**80, "float": 1.5, "flag": False, "": "empty key", "a": {"b": 1}, "date": "2026-01-01"},
        resource={"service.name": "s", "n": [1, 2]}, scope_name="scope", scope_version="1", trace_state="k=v", otel_kind=3,
        events=(SpanEvent(time_ns=2**62, name="e", attributes={"k": text}), SpanEvent(time_ns=0, name="")),
        links=(SpanLink(trace_id=trace_of(7), span_id="2" * 16, attributes={"k": 1}),),
        dropped_attributes=1, dropped_events=2, dropped_links=3, flags=("merged", "truncated"), received_ns=START + 5,
    )  # fmt: skip


def test_a_span_with_everything_comes_back_as_it_was(store: SpanDatabase, project: str) -> None:
    stored = rich_span(project)
    store.write_spans([stored])
    assert store.trace_spans(project, stored.trace_id) == [stored]
    assert store.list_spans(query(project)).items == [stored]


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)
_mappings = st.dictionaries(_text, _json, max_size=6)
_numbers = itertools.count(1)
_counts = st.none() | st.integers(0, 2**53)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.fixed_dictionaries({
        "name": _text, "input": _text, "output": _text, "session_id": _text, "model": _text, "attributes": _mappings,
        "resource": _mappings, "input_tokens": _counts, "cost": st.none() | st.floats(0, 1e9),
        "tags": st.lists(_text, max_size=3).map(tuple), "start_ns": st.integers(0, 2**63 - 1),
        "events": st.lists(st.builds(SpanEvent, time_ns=st.integers(0, 2**63 - 1), name=_text, attributes=_mappings),
                           max_size=2).map(tuple),
    }),
)  # fmt: skip
def test_any_span_comes_back_as_it_was(store: SpanDatabase, fields: dict[str, Any]) -> None:
    number = next(_numbers)  # a fresh id: an earlier end would rightly lose against an earlier example
    stored = span("round trip", number, **{**fields, "trace": number, "end_ns": fields["start_ns"]})
    store.write_spans([stored])
    assert store.trace_spans("round trip", stored.trace_id, [stored.span_id]) == [stored]


def log_row(project: str, number: int, at_ns: int, text: str, name: str = "gen_ai.user.message") -> dict[str, Any]:
    told = {"body": json.dumps({"content": text}), "attributes": {"gen_ai.system": "openai"}, "resource": {}}
    ids = {"project": project, "trace_id": trace_of(1), "span_id": f"{number:016x}", "session_id": ""}
    times = {"time_ns": at_ns, "observed_ns": at_ns}
    return {
        **ids,
        **told,
        **times,
        "event_name": name,
        "severity": "",
        "scope_name": "s",
        "dedupe_key": f"{number}{at_ns}{text}",
    }


def test_events_that_came_as_logs_are_read_with_their_span_once_and_in_order(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 1), span(project, 2)])
    rows = [log_row(project, 1, START + 2, "second"), log_row(project, 1, START + 1, "first")]
    store.write_logs([*rows, log_row(project, 1, START, "a log line", name="")])
    store.write_logs(rows)
    store.write_logs([log_row("another project", 1, START, "not ours"), log_row(project, 1, START - 2 * HOUR, "old")])
    for read in (store.trace_spans(project, trace_of(1)), store.list_spans(query(project, sort="start_time")).items):
        told = {one.span_id[-1]: [event.attributes["body"]["content"] for event in one.events] for one in read}
        assert told == {"1": ["first", "second"], "2": []}
    assert [one.events[0].time_ns for one in store.trace_spans(project, trace_of(1), [f"{1:016x}"])] == [START + 1]


def test_a_search_finds_what_came_as_a_log_event(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 1)])
    store.write_logs([log_row(project, 1, START, "a needle")])
    found = store.search_trace(project, trace_of(1), "needle")
    assert [match.field for match in found] == ["input", "events[0].attributes.body"]


def test_a_five_megabyte_attribute_is_ordinary(store: SpanDatabase, project: str) -> None:
    stored = span(project, 1, attributes={"big": "x" * 5_000_000 + "needle"}, input="y" * 1_000_000)
    store.write_spans([stored])
    assert store.trace_spans(project, stored.trace_id) == [stored]
    assert len(store.list_spans(query(project, 'attr("big") ~ "NEEDLE"')).items) == 1


def test_the_year_2106_keeps_its_nanoseconds(store: SpanDatabase, project: str) -> None:
    start = 4_300_000_000 * 10**9 + 123_456_789
    stored = span(project, 1, start=start)
    store.write_spans([stored])
    assert store.trace_spans(project, stored.trace_id) == [stored]
    assert store.list_traces(query(project, 'start_time > "2106-01-01"')).items[0].start_ns == start
    assert store.sql("SELECT start_time FROM spans", project=project).rows == [["2106-04-06T12:26:40.123456789Z"]]


def counts(store: SpanDatabase, project: str) -> list[Any]:
    trace = store.list_traces(query(project)).items
    return [
        len(store.list_spans(query(project)).items),
        [item.span_count for item in trace],
        len(store.trace_tree(project, trace_of(1)).nodes),
        store.aggregate(AggregateQuery(project=project, group_by=(), metrics=("count",))).rows,
        store.sql("SELECT count() FROM spans", project=project).rows,
        store.sql("SELECT sum(span_count) FROM traces", project=project).rows,
        [item.span_count for item in store.list_projects() if item.name == project],
        len(list(store.export(query(project), "jsonl"))) and
        sum(piece.count(b"\n") for piece in store.export(query(project), "jsonl")),
    ]  # fmt: skip


@pytest.mark.parametrize("moved", [0, 5 * 10**9, 3 * HOUR, -3 * HOUR, 40 * 24 * HOUR, -40 * 24 * HOUR])
def test_a_second_delivery_that_ends_later_replaces_the_first_wherever_it_starts(
    store: SpanDatabase, project: str, moved: int
) -> None:
    first = span(project, 1, name="first")
    later = span(project, 1, name="later", start=START + moved, end_ns=START + 41 * 24 * HOUR)
    store.write_spans([first])
    store.write_spans([later])
    assert store.trace_spans(project, trace_of(1)) == [later]
    assert counts(store, project) == [1, [1], 1, [[1]], [[1]], [[1]], [1], 1]
    assert store.list_spans(query(project, 'name == "first"')).items == []
    store.write_spans([first])
    assert store.trace_spans(project, trace_of(1)) == [later]
    assert counts(store, project) == [1, [1], 1, [[1]], [[1]], [[1]], [1], 1]


def test_a_batch_may_hold_a_span_twice(store: SpanDatabase, project: str) -> None:
    first, later = span(project, 1, name="a"), span(project, 1, name="b", start=START + 2 * HOUR, ms=9 * 3_600_000)
    store.write_spans([later, first, later, first])
    assert store.trace_spans(project, trace_of(1)) == [later]


def test_the_same_ids_in_another_project_are_another_span(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 1), span(project + "2", 1, start=START + 5 * HOUR)])
    assert [len(store.list_spans(query(name)).items) for name in (project, project + "2")] == [1, 1]


def test_spans_that_arrive_out_of_order_make_one_tree(store: SpanDatabase, project: str) -> None:
    spans = [span(project, n, parent=n // 2, start=START + n * 10**6, ms=100 - n) for n in range(1, 20)]
    random.Random(3).shuffle(spans)
    for one in spans:
        store.write_spans([one])
    tree = store.trace_tree(project, trace_of(1))
    seen: set[str] = set()
    for node in tree.nodes:
        assert node.parent_span_id in seen or not node.parent_span_id
        seen.add(node.span_id)
    assert len(seen) == 19
    assert not tree.summary.root_missing
    assert not any(node.orphan for node in tree.nodes)


def test_a_missing_parent_makes_an_orphan_until_it_arrives(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 2, parent=1, start=START + 10**6)])
    tree = store.trace_tree(project, trace_of(1))
    assert (tree.summary.root_missing, tree.nodes[0].orphan) == (True, True)
    store.write_spans([span(project, 1)])
    tree = store.trace_tree("", trace_of(1)) if project == "" else store.trace_tree(project, trace_of(1))
    assert (tree.summary.root_missing, [node.orphan for node in tree.nodes]) == (False, [False, False])


def test_roll_ups_are_never_counted_twice(store: SpanDatabase, project: str) -> None:
    usage: dict[str, Any] = {"input_tokens": 10, "output_tokens": 1, "cost": 0.5}
    store.write_spans([
        span(project, 1, input_tokens=20, output_tokens=2, cost=1.0, usage_rollup=True),
        span(project, 2, parent=1, **usage), span(project, 3, parent=1, **usage),
        span(project, 4, trace=2, input_tokens=20, output_tokens=2, cost=1.0, usage_rollup=True),
        span(project, 5, trace=2, parent=4, input_tokens=7, output_tokens=1, cost=0.1, usage_rollup=True),
        span(project, 6, trace=3),
        span(project, 7, trace=4, input_tokens=3, cost_source=CostSource.UNPRICED),
    ])  # fmt: skip
    found = {item.trace_id: item for item in store.list_traces(query(project)).items}
    totals = {
        n: (found[trace_of(n)].input_tokens, found[trace_of(n)].cost, found[trace_of(n)].unpriced_spans)
        for n in range(1, 5)
    }
    assert totals == {1: (20, 1.0, 0), 2: (20, 1.0, 0), 3: (None, None, 0), 4: (3, None, 1)}
    rows = store.sql("SELECT sum(input_tokens), sum(cost) FROM traces", project=project).rows
    assert rows == [[43, 2]]


def filtered(store: SpanDatabase, project: str, text: str) -> list[int]:
    return sorted(int(item.span_id, 16) for item in store.list_spans(query(project, text)).items)


def test_filters_mean_what_the_reference_says(store: SpanDatabase, project: str) -> None:
    store.write_spans([
        span(project, 1, ms=100, model="claude-4", input="Refund of 100%", cost=0.5, tags=("a", "b"),
             attributes={"tenant.id": "acme", "n": 3, "x": 1.5, "ok": True, "long": "z" * 300 + "end"}, input_tokens=5),
        span(project, 2, parent=1, ms=5_000, kind=SpanKind.TOOL, status=SpanStatus.ERROR, flags=("merged",),
             attributes={"tenant.id": "beta", "n": 3.5, "ok": False, "tenant": {"id": "acme"}, "none": None}),
        span(project, 3, parent=1, start=START + 10**9, model="gpt", output="a_b\\c", attributes={"n": "3"}),
    ])  # fmt: skip
    expected = {
        'kind == "llm"': [1, 3], 'kind != "LLM"': [2], 'kind in ("tool", "AGENT")': [2], 'kind not in ("tool")': [1, 3],
        "latency_ms > 3000": [2], "latency_ms >= 100 and latency_ms <= 1000": [1, 3], 'model ~ "CLAUDE"': [1],
        'model =~ "^(claude|gpt)"': [1, 3], 'model is null': [2], 'model is not null': [1, 3],
        'attr("tenant.id") == "acme"': [1], 'attr("tenant.id") != "acme"': [2, 3], 'attr("n") == 3': [1],
        'attr("n") > 2': [1, 2], 'attr("n") == "3"': [3], 'attr("ok") == true': [1], 'attr("ok") != true': [2, 3],
        'attr("x") in (1.5, 2)': [1], 'attr("long") ~ "END"': [1], 'attr("tenant") is not null': [2],
        'attr("none") is null': [1, 2, 3], 'attr("tenant.id") is null': [3], 'cost is null': [2, 3], "cost < 1": [1],
        "not cost < 1": [2, 3], "cost != 0.5": [2, 3], "is_root": [1], "not is_root": [2, 3], 'tags == "a"': [1],
        'tags ~ "B"': [1], 'tags != "a"': [2, 3], 'flags == "merged"': [2], 'input ~ "100%"': [1], 'input ~ "1%"': [],
        'output ~ "A_B\\\\C"': [3], 'output ~ "a%b"': [], 'status == "error" or input_tokens == 5': [1, 2],
        "total_tokens == 5": [1], "input_tokens in (4, 5)": [1], 'start_time > "2026-09-21T14:13:20Z"': [3],
        'span_id == "0000000000000002"': [2], 'not (kind == "LLM" and is_root)': [2, 3], 'attr("missing") == 1': [],
    }  # fmt: skip
    assert {text: filtered(store, project, text) for text in expected} == expected


def test_a_conjunction_on_spans_asks_for_one_span_that_matches_it_all(store: SpanDatabase, project: str) -> None:
    store.write_spans([
        span(project, 1, trace=1, model="a", ms=10), span(project, 2, trace=1, model="b", ms=5_000),
        span(project, 3, trace=2, model="a", ms=5_000), span(project, 4, trace=3, model="b", ms=1, status=SpanStatus.ERROR),
    ])  # fmt: skip
    store.write_scores([score(project, "s1", trace_id=trace_of(1), span_id=f"{2:016x}", value=0.2, name="faith")])
    expected = {
        'model == "a" and latency_ms > 3000': [2], 'model == "a" or latency_ms > 3000': [1, 2], "span_count == 2": [1],
        'span_count == 2 and model == "b"': [1], "error_count > 0": [3], 'root_name == "step 3"': [2],
        'trace_latency_ms < 100 or (model == "a" and latency_ms < 100)': [1, 3], 'score("faith") < 0.5': [1],
        'score("faith") is null': [2, 3], 'not span_count == 2': [2, 3], "trace_cost is null": [1, 2, 3],
        'score("faith") < 0.5 and model == "a"': [1], 'score("faith") != 0.2': [2, 3],
    }  # fmt: skip
    found = {
        text: sorted(int(item.trace_id, 16) for item in store.list_traces(query(project, text)).items)
        for text in expected
    }
    assert found == expected


def test_a_trace_field_is_refused_where_spans_are_listed(store: SpanDatabase, project: str) -> None:
    with pytest.raises(FilterError, match="belongs to traces") as caught:
        store.list_spans(query(project, "is_root and span_count > 1"))
    assert (caught.value.position, caught.value.length) == (12, 10)


@pytest.mark.parametrize("pattern", ["(", "a{9999}", "(?<=a)b", "\\\\1"])
def test_a_bad_pattern_is_the_callers_mistake(store: SpanDatabase, project: str, pattern: str) -> None:
    with pytest.raises(FilterError, match="RE2"):
        store.list_spans(query(project, f'input =~ "{pattern}"'))


NASTY = [
    "' OR 1=1 --",
    "\\",
    "\\'",
    "`",
    "{p0:String}",
    "%",
    "\n",
    "\t",
    "\u0000",
    "'; DROP TABLE span_rows; --",
    '") OR ("',
]


@pytest.mark.parametrize("text", NASTY)
def test_no_text_reaches_sql_as_sql(store: SpanDatabase, project: str, text: str) -> None:
    store.write_spans([span(project, 1, name=text, attributes={text: text}, tags=(text,)), span(project, 2, parent=1)])
    store.write_scores([score(project, "s", span_id=f"{1:016x}", name=text, label=text, metadata={text: text})])
    quoted = json.dumps(text, ensure_ascii=False).replace("\\u0000", "\u0000")
    for condition in (
        f"name == {quoted}", f"name in ({quoted})", f"attr({quoted}) == {quoted}", f"attr({quoted}) ~ {quoted}",
        f"attr({quoted}) is not null", f"tags == {quoted}", f"score({quoted}) == {quoted}", f"name ~ {quoted}",
    ):  # fmt: skip
        assert filtered(store, project, condition) == [1], condition
        assert len(store.list_traces(query(project, condition)).items) == 1
    key = f"attr({quoted})"
    assert store.aggregate(AggregateQuery(project=project, group_by=(key,), metrics=("count",))).columns == [
        key,
        "count",
    ]
    assert store.trace_spans(text, trace_of(1)) == []
    assert store.list_sessions(query(text)).items == []
    groups = store.score_groups(
        ScoreQuery(project=project), group_by=f"metadata.{text}", cluster_by=[f"metadata.{text}"]
    )
    assert [group.key for group in groups] == [text]


@pytest.mark.parametrize("text", [*NASTY, "start_ns", "-start_ns; SELECT 1", "count() DESC"])
def test_sorts_groups_and_metrics_come_from_lists(store: SpanDatabase, project: str, text: str) -> None:
    for attempt in (
        lambda: store.list_traces(query(project, sort=text)),
        lambda: store.list_spans(query(project, sort=text)),
        lambda: store.list_sessions(query(project, sort=text)),
        lambda: store.aggregate(AggregateQuery(project=project, group_by=(text,), metrics=("count",))),
        lambda: store.aggregate(AggregateQuery(project=project, group_by=(), metrics=(text,))),
        lambda: store.aggregate(AggregateQuery(project=project, group_by=(), metrics=(f"sum({text})",))),
        lambda: store.score_groups(ScoreQuery(project=project), group_by=text),
        lambda: store.list_spans(query(project, cursor=text)),
    ):
        with pytest.raises(InvalidInput):
            attempt()


def pages(read: Any, ask: ListQuery) -> list[Any]:
    found: list[Any] = []
    while True:
        page = read(ask)
        found.extend(page.items)
        if not page.next_cursor:
            return found
        ask = replace(ask, cursor=page.next_cursor)


@pytest.mark.parametrize("sort", ["-start_time", "start_time", "-latency_ms", "cost", "-total_tokens"])
def test_pages_hold_every_row_once_and_in_order(store: SpanDatabase, project: str, sort: str) -> None:
    rnd = random.Random(1)
    store.write_spans([
        span(project, n, trace=n // 3 + 1, start=START + rnd.randrange(4) * 10**9, ms=rnd.randrange(3) * 100,
             cost=rnd.choice([None, 0.5, 1.0]), input_tokens=rnd.choice([None, 1, 2]))
        for n in range(1, 40)
    ])  # fmt: skip
    spans = pages(store.list_spans, query(project, sort=sort, limit=7))
    assert sorted(item.span_id for item in spans) == [f"{n:016x}" for n in range(1, 40)]
    traces = pages(store.list_traces, query(project, sort=sort, limit=4))
    assert sorted(item.trace_id for item in traces) == [trace_of(n) for n in range(1, 15)]
    whole = store.list_traces(query(project, sort=sort, limit=100)).items
    assert [item.trace_id for item in traces] == [item.trace_id for item in whole]
    if sort.endswith("start_time"):
        starts = [item.start_ns for item in traces]
        assert starts == sorted(starts, reverse=sort.startswith("-"))


def test_new_spans_do_not_shift_later_pages(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, n, trace=n, start=START + n * 10**9) for n in range(1, 11)])
    first = store.list_traces(query(project, limit=5))
    store.write_spans([span(project, n, trace=n, start=START + n * 10**9) for n in range(11, 16)])
    rest = pages(store.list_traces, query(project, limit=5, cursor=first.next_cursor))
    assert [int(item.trace_id, 16) for item in [*first.items, *rest]] == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_a_cursor_of_another_query_is_refused(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, n, trace=n) for n in range(1, 4)])
    cursor = store.list_traces(query(project, limit=1)).next_cursor
    for other in (
        query(project, "is_root", cursor=cursor),
        query(project, sort="start_time", cursor=cursor),
        query("q", cursor=cursor),
    ):
        with pytest.raises(InvalidInput, match="another query"):
            store.list_traces(other)
    with pytest.raises(InvalidInput):
        store.list_spans(query(project, cursor=cursor))


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_limit_out_of_range_is_refused(store: SpanDatabase, project: str, limit: int) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        store.list_spans(query(project, limit=limit))


def test_windows_are_half_open(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, n, trace=n, start=START + n) for n in range(1, 5)])
    window = Window(start_ns=START + 2, end_ns=START + 4)
    assert sorted(int(item.trace_id, 16) for item in store.list_traces(query(project, window=window)).items) == [2, 3]
    assert sorted(int(item.span_id, 16) for item in store.list_spans(query(project, window=window)).items) == [2, 3]


def test_an_unknown_trace_is_not_found(store: SpanDatabase, project: str) -> None:
    for name in ("", project):
        with pytest.raises(NotFound):
            store.trace_tree(name, trace_of(2**120 + 1))
    assert store.trace_spans(project, trace_of(2**120 + 1)) == []


def test_a_trace_is_found_without_its_project(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 1, trace=2**100)])
    assert store.trace_tree("", trace_of(2**100)).summary.project == project


def test_summaries_of_traces_and_sessions_show_words_and_not_the_json_around_them(
    store: SpanDatabase, project: str
) -> None:
    asked = json.dumps([{"role": "user", "content": "Where is my order?\nIt is late. " + "Please. " * 100}])
    answered = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "On its way."}]}])
    store.write_spans([span(project, 1, session_id="s", input=asked, output=answered)])
    (trace,) = store.list_traces(query(project)).items
    assert trace.input_preview.startswith("Where is my order?\nIt is late. Please.")
    assert trace.output_preview == "On its way."
    (session,) = store.list_sessions(query(project)).items
    assert (session.first_input, session.last_output) == (trace.input_preview, trace.output_preview)


def test_sessions_add_up_their_traces(store: SpanDatabase, project: str) -> None:
    store.write_spans([
        span(project, 1, trace=1, session_id="s", user_id="u", input="hello", output="a", input_tokens=4, cost=0.5),
        span(project, 2, trace=1, parent=1, session_id="s", status=SpanStatus.ERROR),
        span(project, 3, trace=2, session_id="s", start=START + HOUR, input="again", output="bye", input_tokens=6),
        span(project, 4, trace=3, session_id="t", start=START + 2 * HOUR),
        span(project, 5, trace=4),
    ])  # fmt: skip
    newest, oldest = store.list_sessions(query(project)).items
    assert (newest.session_id, newest.trace_count) == ("t", 1)
    assert (oldest.trace_count, oldest.span_count, oldest.error_count, oldest.input_tokens, oldest.cost) == (
        2,
        3,
        1,
        10,
        0.5,
    )
    assert (oldest.first_input, oldest.last_output, oldest.user_id) == ("hello", "bye", "u")
    assert [item.session_id for item in store.list_sessions(query(project, 'status == "ERROR"')).items] == ["s"]
    assert [item.session_id for item in pages(store.list_sessions, query(project, limit=1))] == ["t", "s"]


def test_a_session_has_all_spans_of_its_traces_though_only_one_names_it(store: SpanDatabase, project: str) -> None:
    store.write_spans([
        span(project, 1, trace=1, session_id="s"),
        span(project, 2, trace=1, parent=1, status=SpanStatus.ERROR, input_tokens=7),
        span(project, 3, trace=2, input_tokens=100),
    ])  # fmt: skip
    (session,) = store.list_sessions(query(project)).items
    assert (session.trace_count, session.span_count, session.error_count, session.input_tokens) == (1, 2, 1, 7)


def test_search_finds_every_field(store: SpanDatabase, project: str) -> None:
    stored = span(
        project, 1, name="needle", input="a needle", attributes={"k.1": "needle needle", "deep": {"x": ["needle"]}},
        events=(SpanEvent(time_ns=1, name="e", attributes={"m": "needle"}),), resource={"r": "needle"}, tags=("needle",),
    )  # fmt: skip
    store.write_spans([stored])
    found = store.search_trace(project, trace_of(1), "needle")
    assert [match.field for match in found] == [
        "name", "input", "tags[0]", "attributes.k.1", "attributes.k.1", "attributes.deep", "events[0].attributes.m",
        "resource.r",
    ]  # fmt: skip
    assert (found[1].offset, found[1].length, found[1].excerpt) == (2, 6, "a needle")
    assert len(store.search_trace(project, trace_of(1), "needle", limit=3)) == 3
    assert store.search_trace(project, trace_of(1), "NEEDLE") == []
    assert len(store.search_trace(project, trace_of(1), "(?i)NEEDLE")) == 8
    with pytest.raises(InvalidInput, match="RE2"):
        store.search_trace(project, trace_of(1), "(")
    with pytest.raises(NotFound):
        store.search_trace(project, trace_of(99), "needle")


ODD = {"big": 2**80, "list": [1, {"deep needle": "x"}], "say": 'a "quoted" needle\n', "uni": "née needle", "none": None}


@pytest.mark.parametrize(
    "pattern", ["needle", "(?i)NEEDLE", r"\d+ needle", "^a", "quoted", "1208925819614629174", "e|d", "n.e"]
)
def test_a_search_finds_what_looking_at_every_field_finds(store: SpanDatabase, project: str, pattern: str) -> None:
    store.write_spans([
        span(project, n, attributes={**ODD, "n": n} if n % 3 else {"say": f"{n} needle"}, input="needle" * (n % 2),
             start=START + (7 - n) * 10**6, resource={"needle": "key"})
        for n in range(1, 7)
    ])  # fmt: skip
    everything = search_spans(store.trace_spans(project, trace_of(1)), pattern, 1000)
    assert everything
    assert store.search_trace(project, trace_of(1), pattern, limit=1000) == everything
    assert store.search_trace(project, trace_of(1), pattern, limit=2) == everything[:2]


def test_a_search_reads_a_long_trace_in_portions(
    store: SpanDatabase, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalwright.storage.spans.search._SPANS_AT_ONCE", 2)
    store.write_spans([span(project, n, input=f"say {n}", start=START + n * 10**6) for n in range(1, 8)])
    found = store.search_trace(project, trace_of(1), "say [0-9]", limit=5)
    assert [match.span_id[-1] for match in found] == ["1", "2", "3", "4", "5"]


def test_the_tree_of_a_longer_trace_comes_without_previews_where_asked(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, n, input=f"say {n}") for n in range(1, 5)])
    for most, shown in ((None, True), (4, True), (3, False)):
        nodes = store.trace_tree(project, trace_of(1), previews_up_to=most).nodes
        assert len(nodes) == 4
        assert [bool(node.input_preview) for node in nodes] == [shown] * 4


def test_aggregates_group_and_order(store: SpanDatabase, project: str) -> None:
    store.write_spans([
        span(project, n, trace=n, ms=n * 100, model="a" if n % 2 else "b", start=START + n * HOUR, attributes={"t": n % 2},
             status=SpanStatus.ERROR if n == 1 else SpanStatus.OK)
        for n in range(1, 6)
    ])  # fmt: skip
    ask = AggregateQuery(
        project=project, group_by=("model",), metrics=("count", "mean(latency_ms)", "p50(latency_ms)", "error_rate")
    )
    assert store.aggregate(ask).rows == [["a", 3, 300, 300, 1 / 3], ["b", 2, 300, 300, 0]]
    hours = store.aggregate(replace(ask, group_by=("hour",), metrics=("count",))).rows
    assert [row[0] for row in hours] == sorted(row[0] for row in hours)
    assert store.aggregate(replace(ask, group_by=('attr("t")',), metrics=("count",))).rows == [["1", 3], ["0", 2]]
    cut = store.aggregate(replace(ask, limit=1))
    assert (len(cut.rows), cut.truncated) == (1, True)


def score(project: str, ident: str, **fields: Any) -> Score:
    given: dict[str, Any] = {
        "target": Target.SPAN,
        "name": "quality",
        "trace_id": trace_of(1),
        "created_ns": 1,
        "value": 1.0,
    }
    return Score(id=ident, project=project, **{**given, **fields})


def test_scores_come_back_as_they_were_and_the_later_version_wins(store: SpanDatabase, project: str) -> None:
    first = score(
        project, "a", type=ScoreType.ORDINAL, label="good", explanation="né 'x'", evidence=(Evidence(quote="q", span_id="s", field="f", found=False),),
        span_id="1" * 16, session_id="s", experiment_id="e", item_id="i", trial_id="t", evaluator="ev", evaluator_version="v",
        rule="r", inclusion_probability=0.25, annotator="me", cost=0.1, latency_ms=5.0, judge_trace_id=trace_of(9),
        metadata={"k": [1, {"a": None}]}, created_ns=START,
    )  # fmt: skip
    store.write_scores([first])
    assert store.list_scores(ScoreQuery(project=project)).items == [first]
    second = replace(first, value=0.0, created_ns=START + 1)
    store.write_scores([second, first])
    store.write_scores([first])
    assert store.list_scores(ScoreQuery(project=project)).items == [second]


def test_of_equally_old_scores_in_one_batch_the_last_counts_once(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 1)])
    store.write_scores([score(project, "a", value=value) for value in (0.0, 0.5, 1.0)])
    assert [one.value for one in store.list_scores(ScoreQuery(project=project)).items] == [1.0]
    (trace,) = store.list_traces(query(project)).items
    assert [(summary.count, summary.mean) for summary in trace.scores] == [(1, 1.0)]


def test_scores_filter_and_page(store: SpanDatabase, project: str) -> None:
    store.write_scores([score(project, f"s{n}", created_ns=n // 2, name="a" if n % 2 else "b") for n in range(10)])
    found, ask = [], ScoreQuery(project=project, limit=3)
    while True:
        page = store.list_scores(ask)
        found += [item.id for item in page.items]
        if not page.next_cursor:
            break
        ask = replace(ask, cursor=page.next_cursor)
    assert found == [f"s{n}" for n in range(9, -1, -1)]
    assert len(store.list_scores(ScoreQuery(project=project, name="a")).items) == 5


def test_score_groups_keep_the_four_counts(store: SpanDatabase, project: str) -> None:
    store.write_scores([
        score(project, "1", value=1.0, label="yes", metadata={"item": "x"}), score(project, "2", value=0.0, label="no", trace_id=trace_of(2)),
        score(project, "3", status=ScoreStatus.UNSEEN, value=None), score(project, "4", status=ScoreStatus.ERRORED, value=None),
        score(project, "5", status=ScoreStatus.SKIPPED, value=None), score(project, "6", name="other", value=None, label="only"),
    ])  # fmt: skip
    other, quality = store.score_groups(ScoreQuery(project=project), cluster_by=["trace_id", "metadata.item"])
    counted = quality.denominators
    assert (counted.scored, counted.skipped, counted.unseen, counted.errored) == (2, 1, 1, 1)
    assert len(set(quality.clusters["trace_id"])) == 2
    items = dict(zip(quality.values, quality.clusters["metadata.item"], strict=True))
    assert items[1.0] > 0
    assert items[0.0] == 0
    assert (quality.labels, other.labels, other.values) == ({"yes": 1, "no": 1}, {"only": 1}, [])
    assert dict(other.clusters) == {"trace_id": [], "metadata.item": []}


def test_scores_that_share_a_column_share_a_code(store: SpanDatabase, project: str) -> None:
    store.write_scores([
        score(project, str(n), value=float(n), item_id="" if n == 4 else f"i{n // 2}", session_id=f"s{n % 2}") for n in range(5)
    ])  # fmt: skip
    (group,) = store.score_groups(ScoreQuery(project=project), cluster_by=["item_id", "session_id"])
    by_value = {value: codes for value, *codes in zip(group.values, *group.clusters.values(), strict=True)}
    items = [by_value[float(n)][0] for n in range(5)]
    assert items[0] == items[1] != items[2] == items[3]
    assert items[4] == 0
    sessions = [by_value[float(n)][1] for n in range(5)]
    assert sessions[0] == sessions[2] == sessions[4] != sessions[1] == sessions[3]


def verdict(project: str, ident: str, trial: int, value: float | None, **fields: Any) -> Score:
    told = {"experiment_id": "ex_1", "trial_id": f"tr_{trial}", "item_id": f"it_{trial // 2}", "evaluator": "j"}
    return score(project, ident, value=value, **{"target": Target.TRIAL, **told, **fields})


def test_trials_of_experiments_are_read_by_their_newest_verdict(store: SpanDatabase, project: str) -> None:
    store.write_scores([
        verdict(project, "1", 0, 0.0, created_ns=1), verdict(project, "2", 0, 1.0, created_ns=2),
        verdict(project, "3", 1, 0.5), verdict(project, "4", 2, None, status=ScoreStatus.ERRORED),
        verdict(project, "5", 3, None, label="only"), verdict(project, "6", 0, 1.0, experiment_id="ex_2"),
    ])  # fmt: skip
    (found,) = store.experiment_scores(project, ["ex_1"], ["tr_1", "tr_2", "tr_9"])
    assert (found.experiment_id, found.name, found.of_failed) == ("ex_1", "quality", 2)
    assert sorted(found.values) == [0.5, 1.0]
    assert len(set(found.items)) == 1
    assert (found.denominators.scored, found.denominators.errored, found.denominators.total) == (2, 1, 3)
    assert [tuple(writer) for writer in found.writers] == [("j", "", "code")]
    both = store.experiment_scores(project, ["ex_1", "ex_2", "ex_3"])
    assert [each.experiment_id for each in both] == ["ex_1", "ex_2"]


def test_a_stamp_of_an_experiment_changes_with_its_scores_and_with_no_others(store: SpanDatabase, project: str) -> None:
    def stamps() -> Mapping[str, str]:
        return store.experiment_stamps(project, ["ex_1", "ex_2"])

    assert stamps() == {}
    store.write_scores([verdict(project, "1", 0, 0.0)])
    first = stamps()
    assert list(first) == ["ex_1"]
    store.write_scores([verdict(project, "2", 0, 0.0, experiment_id="ex_2"), score(project, "3")])
    assert stamps()["ex_1"] == first["ex_1"]
    store.write_scores([verdict(project, "1", 0, 1.0)])
    assert stamps()["ex_1"] != first["ex_1"]


def test_targets_that_were_skipped_stay_with_their_name_whatever_type_they_declare(
    store: SpanDatabase, project: str
) -> None:
    skipped = score(project, "2", type=ScoreType.NUMERIC, status=ScoreStatus.SKIPPED, value=None, created_ns=9)
    store.write_scores([score(project, "1", type=ScoreType.BOOLEAN), skipped])
    (group,) = store.score_groups(ScoreQuery(project=project))
    assert (group.type, group.denominators.scored, group.denominators.skipped) == ("boolean", 1, 1)


def test_sampled_scores_say_how_likely_they_were_to_be_seen(store: SpanDatabase, project: str) -> None:
    store.write_scores([score(project, "1", inclusion_probability=0.25), score(project, "2", value=0.0, name="all")])
    everything, sampled = store.score_groups(ScoreQuery(project=project))
    assert (list(sampled.inclusion), list(everything.inclusion)) == ([0.25], [])


def test_two_versions_of_an_evaluator_are_never_mixed_in_a_group(store: SpanDatabase, project: str) -> None:
    store.write_scores([
        score(project, "1", evaluator="judge", evaluator_version="one", value=0.0, created_ns=1),
        score(project, "2", evaluator="judge", evaluator_version="two", value=1.0, created_ns=2),
        score(project, "3", evaluator="person", value=0.5, created_ns=1),
    ])  # fmt: skip
    (newest,) = store.score_groups(ScoreQuery(project=project))
    assert sorted(newest.values) == [0.5, 1.0]
    (old,) = store.score_groups(ScoreQuery(project=project, evaluator_version="one"))
    assert list(old.values) == [0.0]
    by_version = store.score_groups(ScoreQuery(project=project), group_by="evaluator_version")
    assert {group.key: list(group.values) for group in by_version} == {"": [0.5], "one": [0.0], "two": [1.0]}


def test_a_summary_of_scores_says_their_type_and_none_where_they_differ(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 1, trace=1)])
    yes = judged(project, "1", 1, "one", 1.0, 1)
    person = {"evaluator": "", "annotator": "ann", "type": ScoreType.ORDINAL}
    store.write_scores([
        replace(yes, type=ScoreType.BOOLEAN), replace(yes, id="2", name="depth", type=ScoreType.NUMERIC),
        replace(yes, id="3", name="depth", **person),
    ])  # fmt: skip
    (found,) = store.list_traces(query(project)).items
    assert {each.name: each.type for each in found.scores} == {"quality": "boolean", "depth": ""}


def judged(project: str, ident: str, number: int, version: str, value: float | None, at: int, **more: Any) -> Score:
    """A verdict of one version of the judge on a span."""
    status = ScoreStatus.SCORED if value is not None else ScoreStatus.ERRORED
    about = {"trace_id": trace_of(number), "span_id": f"{number:016x}"}
    given = {"evaluator": "judge", "evaluator_version": version, "status": status, "value": value, "created_ns": at}
    return score(project, ident, **about, **{**given, **more})


def test_a_score_in_a_filter_is_each_evaluators_newest_verdict_unless_a_version_is_named(
    store: SpanDatabase, project: str
) -> None:
    store.write_spans([span(project, n, trace=n) for n in range(1, 6)])
    store.write_scores([
        judged(project, "1", 1, "one-one-one", 0.0, 1), judged(project, "2", 1, "two-two-two", 1.0, 2),
        judged(project, "3", 2, "one-one-one", 0.0, 3), judged(project, "4", 3, "two-two-two", 0.0, 4),
        judged(project, "5", 4, "one-one-one", 0.0, 5), judged(project, "6", 4, "two-two-two", None, 6),
        judged(project, "7", 1, "", 0.0, 1, evaluator="", annotator="a"),
        judged(project, "8", 5, "", 0.0, 1, evaluator="", annotator="a", name="other"),
        judged(project, "9", 5, "", 1.0, 9, evaluator="", annotator="b", name="other"),
    ])  # fmt: skip
    cases = {
        'score("quality") < 0.5': [1, 2, 3],
        'score("quality") > 0.5': [1],
        'score("quality", "one-one-one") < 0.5': [1, 2, 4],
        'score("quality", "one-one-") < 0.5': [1, 2, 4],
        'score("quality", "one") < 0.5': [],
        'score("quality", "two-two-two") < 0.5': [3],
        'score("other") < 0.5 and score("other") > 0.5': [5],
    }
    for text, expected in cases.items():
        wanted = [trace_of(n) for n in expected]
        spans = store.list_spans(query(project, text))
        assert sorted(found.trace_id for found in spans.items) == wanted, text
        assert sorted(found.trace_id for found in store.list_traces(query(project, text)).items) == wanted, text
    unscored = [found.trace_id for found in store.list_spans(query(project, 'score("quality") is null')).items]
    assert sorted(unscored) == [trace_of(4), trace_of(5)]
    by_version = 'score("quality", "two-two-two") is null'
    missing = [found.trace_id for found in store.list_spans(query(project, by_version)).items]
    assert sorted(missing) == [trace_of(2), trace_of(4), trace_of(5)]
    for text, expected in (('score("quality") is null', [4, 5]), (by_version, [2, 4, 5])):
        traces = store.list_traces(query(project, text)).items
        assert sorted(found.trace_id for found in traces) == [trace_of(n) for n in expected], text


def test_versions_of_the_same_instant_are_told_apart_the_same_way_every_time(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 1)])
    store.write_scores([judged(project, "1", 1, "b", 1.0, 7), judged(project, "2", 1, "a", 0.0, 7)])
    assert store.list_spans(query(project, 'score("quality") == 1')).items
    assert not store.list_spans(query(project, 'score("quality") == 0')).items
    assert store.list_traces(query(project)).items[0].scores[0].mean == 1.0
    assert [group.values for group in store.score_groups(ScoreQuery(project=project))] == [[1.0]]


def test_beside_a_trace_only_the_newest_version_of_an_evaluator_shows(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 1)])
    store.write_scores([
        score(project, "1", target=Target.TRACE, evaluator="judge", evaluator_version="one", value=0.0, created_ns=1),
        score(project, "2", target=Target.TRACE, evaluator="judge", evaluator_version="two", value=1.0, created_ns=2),
        score(project, "3", target=Target.TRACE, evaluator="person", value=1.0, created_ns=1),
    ])  # fmt: skip
    (shown,) = store.list_traces(query(project)).items[0].scores
    assert (shown.count, shown.mean) == (2, 1.0)


def test_scores_show_beside_traces_and_spans(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 1, session_id="s"), span(project, 2, parent=1)])
    store.write_scores([
        score(project, "1", span_id=f"{2:016x}", value=0.0, label="bad", session_id="s"), score(project, "2", span_id=f"{2:016x}", value=1.0, label="bad"),
        score(project, "3", target=Target.TRACE, name="trace", value=None, status=ScoreStatus.ERRORED),
    ])  # fmt: skip
    summary = store.list_traces(query(project)).items[0]
    assert [(item.name, item.count, item.mean, item.label, item.errored) for item in summary.scores] == [
        ("quality", 2, 0.5, "bad", 0), ("trace", 0, None, "", 1),
    ]  # fmt: skip
    nodes = store.trace_tree(project, trace_of(1)).nodes
    assert [len(node.scores) for node in nodes] == [0, 1]
    assert store.list_sessions(query(project)).items[0].scores[0].count == 1


def test_exports_stream_every_match(store: SpanDatabase, project: str) -> None:
    stored = [replace(rich_span(project), span_id=f"{n:016x}") for n in range(1, 30)]
    store.write_spans(stored)
    lines = b"".join(store.export(query(project, limit=1), "jsonl")).splitlines()
    rows = {row["span_id"]: row for row in map(json.loads, lines)}
    assert len(rows) == 29
    assert json.loads(rows[f"{1:016x}"]["attributes"]) == stored[0].attributes
    table = pa.ipc.open_stream(b"".join(store.export(query(project, 'kind == "LLM"'), "arrow"))).read_all()
    assert table.num_rows == 29
    assert table.column("input")[0].as_py() == stored[0].input
    store.write_scores([score(project, "1", trace_id=stored[0].trace_id)])
    assert len(b"".join(store.export(query(project), "jsonl", "scores")).splitlines()) == 1


def test_an_export_may_be_abandoned(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, n, input="x" * 10_000) for n in range(1, 200)])
    for _ in range(6):
        next(iter(store.export(query(project), "jsonl")))
    assert len(store.list_spans(query(project)).items) == 50


def test_logs_and_metrics_are_kept_once(store: SpanDatabase, project: str) -> None:
    before = store.status()
    log = {
        "project": project,
        "time_ns": START,
        "body": "hi",
        "attributes": {"a": 1},
        "dedupe_key": "k",
        "session_id": None,
    }
    metric = {
        "project": project,
        "time_ns": START,
        "name": "m",
        "value": 1.5,
        "monotonic": True,
        "buckets": [1, 2],
        "dedupe_key": "k",
    }
    for _ in range(2):
        store.write_logs([log])
        store.write_metrics([metric])
    after = store.status()
    assert (after.logs - before.logs, after.metrics - before.metrics) == (1, 1)


def test_status_counts_repairs_and_unpriced_models(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, 1, model=project, cost_source=CostSource.UNPRICED, flags=("time_unit",))])
    status = store.status()
    assert status.unpriced_models[project] == 1
    assert status.flags["time_unit"] >= 1
    assert status.disk_bytes > 0
    assert status.spans >= status.traces >= 1


def test_empty_writes_change_nothing(store: SpanDatabase) -> None:
    before = store.status()
    store.write_spans([])
    store.write_scores([])
    store.write_logs([])
    assert store.status().spans == before.spans


def test_readers_and_writers_work_side_by_side(store: SpanDatabase, project: str) -> None:
    failures: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            for turn in range(5):
                work(turn)
        except BaseException as error:  # the thread's failure has to reach the test
            failures.append(error)

    def write(base: int) -> Any:
        return lambda turn: store.write_spans([span(project, base + turn * 10 + n, trace=base) for n in range(1, 10)])

    def read(_: int) -> None:
        store.list_traces(query(project, 'kind == "LLM"'))

    threads = [threading.Thread(target=run, args=(work,)) for work in (write(1_000), write(2_000), read, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(item.span_count for item in store.list_traces(query(project)).items) == [45, 45]


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    with opened_store("clickhouse", tmp_path) as opened:
        opened.close()
        opened.close()
        with pytest.raises(StoreUnavailable, match="closed"):
            opened.status()


def test_sql_limits_rows(store: SpanDatabase, project: str) -> None:
    store.write_spans([span(project, n) for n in range(1, 10)])
    answer = store.sql("SELECT span_id FROM spans ORDER BY span_id", project=project, limit=3)
    assert ([row[0][-1] for row in answer.rows], answer.truncated) == (["1", "2", "3"], True)
    with pytest.raises(LimitExceeded):
        store.sql("SELECT 1", limit=10**7)
