"""Previews: what a person reads in a table's cell."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.semconv import preview

JSON = "application/json"


@pytest.mark.parametrize(
    ("value", "mime", "expected"),
    [
        ("Hello\n  there", "text/plain", "Hello there"),
        ('{"messages":[{"role":"system","content":"S"},{"role":"user","content":"Where?"}]}', JSON, "Where?"),
        ('[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"}]', JSON, "Ho"),
        ('{"choices":[{"message":{"role":"assistant","content":"Ho"}}]}', JSON, "Ho"),
        (
            '[{"role":"assistant","tool_calls":[{"function":{"name":"add","arguments":"{\\"a\\":1}"}}]}]',
            JSON,
            'add({"a":1})',
        ),
        ('{"query":"refunds","k":3}', JSON, "refunds"),
        ('{"k":3}', JSON, '{"k":3}'),
        ('"quoted"', JSON, "quoted"),
        ("{broken", JSON, "{broken"),
        ("", "", ""),
    ],
)
def test_the_telling_words_are_shown(value, mime, expected):
    assert preview(value, mime, 80) == expected


def test_a_cut_is_marked_within_the_limit():
    assert preview("abcdefghij", "text/plain", 5) == "abcd…"
    assert preview("abcde", "text/plain", 5) == "abcde"


def test_a_very_large_value_is_not_parsed():
    value = json.dumps([{"role": "user", "content": "x" * 300_000}])
    assert preview(value, JSON, 30).startswith('[{"role": "user"')


@given(st.text(max_size=300), st.sampled_from(["", JSON, "text/plain"]), st.integers(0, 50))
def test_a_preview_is_one_line_no_longer_than_asked(value, mime, limit):
    shown = preview(value, mime, limit)
    assert len(shown) <= limit
    assert "\n" not in shown
