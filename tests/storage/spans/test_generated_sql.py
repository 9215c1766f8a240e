"""The SQL that filters become. Values are always parameters; only names of this package appear as text."""

# ruff: noqa: E501 - a row of data reads best on one line
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from evalwright.domain.errors import InvalidInput
from evalwright.filters import parse
from evalwright.ports.spans import ListQuery
from evalwright.storage.spans.compile import SpanCompiler
from evalwright.storage.spans.cursor import make_cursor, read_cursor
from evalwright.storage.spans.params import Binder, encode_param
from evalwright.storage.spans.select import Listing
from evalwright.storage.spans.span_rows import encode_key
from evalwright.storage.spans.traces import _SORTS, trace_ids_sql


def compiled(text: str) -> tuple[str, dict[str, object]]:
    binder = Binder()
    node = parse(text)
    assert node is not None
    return SpanCompiler(binder, "{project:String}").compile(node), dict(binder.params)


def test_typed_comparisons() -> None:
    assert compiled('kind == "llm" and latency_ms > 3000 and cost is null') == snapshot(
        (
            "((kind = {p0_string:String}) AND (greatest(end_ns - start_ns, 0) / 1e6 > {p1_int64:Int64}) AND isNull(cost))",
            {"p0_string": "LLM", "p1_int64": 3000},
        )
    )


def test_complements() -> None:
    assert compiled('cost != 1.5 or name not in ("a", "b")') == snapshot(
        (
            "(NOT ifNull((cost = {p0_float64:Float64}), 0) OR NOT (name IN {p1_arraystring:Array(String)}))",
            {"p0_float64": 1.5, "p1_arraystring": ["a", "b"]},
        )
    )


def test_attributes() -> None:
    assert compiled('attr("tenant.id") == "acme" and attr("n`") >= 2') == snapshot(
        (
            "(ifNull((attrs.`tenant%2Eid`.:String = {p0_string:String}), 0) AND"
            " (ifNull((attrs.`n%60`.:Int64 >= {p1_int64:Int64}), 0) OR ifNull((attrs.`n%60`.:Float64 >= {p1_int64:Int64}), 0)))",
            {"p0_string": "acme", "p1_int64": 2},
        )
    )


def test_patterns() -> None:
    assert compiled('input ~ "50%" and output =~ "a+"') == snapshot(
        (
            "((input ILIKE {p0_string:String}) AND match(output, {p1_string:String}))",
            {"p0_string": "%50\\%%", "p1_string": "a+"},
        )
    )


def test_scores() -> None:
    sql, params = compiled('score("faith") < 0.5')
    assert params == {"p0_float64": 0.5, "p1_string": "faith"}
    named = "project = {project:String} AND name = {p1_string:String}"
    verdict = "ifNull((value < {p0_float64:Float64}), 0)"
    single = (
        f"SELECT count() = 0 FROM (SELECT evaluator FROM score_rows WHERE {named} AND evaluator != ''"
        " GROUP BY evaluator HAVING min(evaluator_version) != max(evaluator_version))"
    )
    judged = "sipHash128(evaluator, target, trace_id, span_id, session_id, trial_id)"
    newest = (
        f"SELECT {judged} AS judged, argMax(evaluator_version, (created_ns, evaluator_version)) FROM score_rows FINAL"
        f" WHERE {named} AND evaluator != '' AND trace_id IN (SELECT trace_id FROM score_rows WHERE {named}"
        f" AND {verdict}) GROUP BY judged"
    )
    rows = (
        "SELECT trace_id, span_id FROM score_rows FINAL WHERE project = {project:String}"
        " AND name = {p1_string:String} AND status = 'scored'"
        f" AND {verdict} AND (({single}) OR evaluator = '' OR ({judged}, evaluator_version) IN ({newest}))"
    )
    assert sql == f"((trace_id, span_id) IN ({rows}) OR (parent_span_id = '' AND (trace_id, '') IN ({rows})))"


@pytest.mark.parametrize(
    ("version", "condition"),
    [
        ("v1", "evaluator_version = {p1_string:String}"),
        ("3f9ac210", "startsWith(evaluator_version, {p1_string:String})"),
    ],
)
def test_a_named_version_of_a_score(version: str, condition: str) -> None:
    sql, params = compiled(f'score("faith", "{version}") < 0.5')
    assert params["p1_string"] == version
    assert f"ifNull((value < {{p0_float64:Float64}}), 0) AND {condition}" in sql
    assert "argMax" not in sql


def test_traces_without_totals_come_from_the_index() -> None:
    query = ListQuery(project="p", filter='kind == "LLM" and cost > 1')
    binder = Binder()
    sql = trace_ids_sql(query, Listing("traces", query, _SORTS, ids=1), binder)
    assert "FROM trace_index" in sql
    assert sql.count("FROM span_rows") == 1


@given(st.text())
def test_an_attribute_key_cannot_leave_its_quotes(key: str) -> None:
    encoded = encode_key(key.encode("utf-8", "ignore").decode())
    assert encoded
    assert set(encoded) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-~%")


@given(st.text(max_size=20), st.text(max_size=20))
def test_different_attribute_keys_stay_different(one: str, other: str) -> None:
    one, other = (key.encode("utf-8", "ignore").decode() for key in (one, other))
    assert (encode_key(one) == encode_key(other)) == (one == other)


def test_equal_values_share_a_parameter_and_types_do_not_mix() -> None:
    binder = Binder()
    assert binder.bind("a") == binder.bind("a")
    assert len({binder.bind(1), binder.bind(1.0), binder.bind(True), binder.bind("1"), binder.bind(["1"])}) == 5


def test_parameters_are_written_as_the_database_reads_them() -> None:
    assert encode_param("a\\b\tc\nd'") == "a\\\\b\\tc\\nd'"
    assert encode_param(["it's", "\\"]) == "['it\\'s','\\\\']"
    assert encode_param(True) == "true"


def test_a_cursor_carries_its_place_and_its_query() -> None:
    cursor = make_cursor("query", [5, "a", 1.5])
    assert read_cursor("query", cursor, (int, str, float)) == [5, "a", 1.5]
    assert read_cursor("query", "", (int,)) is None
    for wrong in (
        cursor[:-2],
        "!!!",
        "a" * 10_000,
        make_cursor("other", [5, "a", 1.5]),
        make_cursor("query", ["5", "a", 1.5]),
    ):
        with pytest.raises(InvalidInput):
            read_cursor("query", wrong, (int, str, float))


@given(st.text(max_size=80))
def test_any_text_as_a_cursor_is_a_clear_mistake(text: str) -> None:
    if text:
        with pytest.raises(InvalidInput):
            read_cursor("query", text, (int, str))
