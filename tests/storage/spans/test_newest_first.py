"""The newest page is looked for in growing windows; what it finds is what a look at everything finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evalwright.ports.spans import ListQuery
from evalwright.storage.spans.spread import MAX_AGE_S, Spreads

sys.path.insert(0, str(Path(__file__).resolve().parent))
from span_stores import START, make_span, opened_store, trace_of

# Seconds before the newest: a busy minute, a thin hour, and weeks with hardly anything.
AGES = [*range(0, 60, 3), *range(100, 4_000, 400), *(day * 86_400 for day in (1, 2, 9, 30, 90))]


@pytest.mark.parametrize("limit", [5, 40])
@pytest.mark.parametrize("text", ["", 'name == "hit"'])
def test_pages_of_growing_windows_leave_nothing_out_and_repeat_nothing(tmp_path: Path, limit: int, text: str) -> None:
    spans = [
        make_span(n + 1, trace=n + 1, start=START - age * 10**9, name="hit" if n % 3 == 0 else "miss")
        for n, age in enumerate(AGES)
    ]
    expected = [n + 1 for n in range(len(AGES)) if not text or n % 3 == 0]
    with opened_store("chdb", tmp_path) as store:
        store.write_spans(spans)
        traces, places, cursors = [], [], ["", ""]
        while len(traces) < len(expected):
            page = store.list_traces(ListQuery(project="p", filter=text, limit=limit, cursor=cursors[0]))
            listed = store.list_spans(ListQuery(project="p", filter=text, limit=limit, cursor=cursors[1]))
            assert page.items
            traces += [item.trace_id for item in page.items]
            places += [item.trace_id for item in listed.items]
            cursors = [page.next_cursor, listed.next_cursor]
    assert cursors == ["", ""]
    assert traces == places == [trace_of(n) for n in expected]


def test_what_arrives_while_a_spread_is_remembered_is_found_all_the_same(tmp_path: Path) -> None:
    with opened_store("chdb", tmp_path) as store:
        store.write_spans([make_span(n, trace=n, start=START + n * 10**9) for n in range(1, 50)])
        asked = ListQuery(project="p", filter='name != ""', limit=10)
        assert len(store.list_traces(asked).items) == len(store.list_spans(asked).items) == 10
        store.write_spans([make_span(n, trace=n, start=START + n * 10**12) for n in (100, 101)])
        store.write_spans([make_span(n, trace=n, start=START - n * 10**12) for n in (200, 201)])
        newest = [item.trace_id for item in store.list_traces(asked).items]
        assert newest[:3] == [trace_of(101), trace_of(100), trace_of(49)]
        assert [item.trace_id for item in store.list_spans(asked).items] == newest
        every = store.list_traces(ListQuery(project="p", filter='name != ""', limit=100)).items
        assert [item.trace_id for item in every[-2:]] == [trace_of(200), trace_of(201)]
        assert len(every) == 53


def test_a_spread_is_read_once_in_a_while_and_never_kept_for_an_empty_project(tmp_path: Path) -> None:
    with opened_store("chdb", tmp_path) as store:
        now = [0.0]
        spreads = Spreads(store._engine, clock=lambda: now[0])
        assert spreads.of("p") == (0, 0, 0)
        store.write_spans([make_span(1, trace=1, start=START)])
        assert spreads.of("p") == (START, START, 1)
        store.write_spans([make_span(2, trace=2, start=START + 5)])
        assert spreads.of("p").traces == 1
        now[0] = MAX_AGE_S
        assert spreads.of("p") == (START, START + 5, 2)
