"""Previews: what a person reads in a table's cell."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.semconv import preview, words

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


MESSAGES = json.dumps([
    {"role": "system", "content": "Be kind."},
    {"role": "user", "parts": [{"type": "text", "content": 'Say "hi"\nto \U0001f600 \u00e9 C:\\users'}]},
])  # fmt: skip


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ('[{"role": "user", "parts": [{"type": "text", "content": "Where is my ord', "Where is my ord"),
        ('[{"role":"system","content":"Be kind."},{"role":"user","content":', "Be kind."),
        ('[{"role":"user","content":"tab\\', "tab"),
        ('[{"role":"user","content":"face \\ud83d\\ude', "face "),
        ('[{"role":"user","content":"", "tool_calls":[', '[{"role":"user","content":"", "tool_calls":['),
        ('{"k": 3, "query": "refunds\\nplease", "more": [1, 2', "refunds\nplease"),
        ('{"k": 3, "more": [1, 2', '{"k": 3, "more": [1, 2'),
        ('"a long quoted answ', "a long quoted answ"),
        ("[1, 2, 3", "[1, 2, 3"),
        ("plain [text]", "plain [text]"),
        ("Two\n  lines", "Two\n  lines"),
        ("", ""),
    ],
)
def test_the_beginning_of_a_value_says_what_is_begun_in_it(start, expected):
    assert words(start) == expected


def test_words_keep_their_lines_and_quotes():
    assert words(MESSAGES) == 'Say "hi"\nto \U0001f600 \u00e9 C:\\users'


def test_a_message_cut_anywhere_says_a_beginning_of_its_words():
    said = ["Be kind.", words(MESSAGES)]
    begun = MESSAGES.index("Be kind.") + 1
    for end in range(begun, len(MESSAGES)):
        shown = words(MESSAGES[:end])
        assert any(text.startswith(shown) for text in said), (MESSAGES[:end], shown)


@given(st.text(max_size=300) | st.text('[{"\\\\u0d8:role content text,}]', max_size=80))
def test_words_of_anything_at_all_are_text(value):
    assert isinstance(words(value), str)
