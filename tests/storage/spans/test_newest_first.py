"""The newest page is looked for in growing windows; what it finds is what a look at everything finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evalwright.ports.spans import ListQuery

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
