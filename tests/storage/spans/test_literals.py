"""A text that the store looks for instead of a pattern must be in every match of the pattern."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from evalwright.storage.spans.compile import quiet_options
from evalwright.storage.spans.literals import required_literal


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("needle", ("needle", True)),
        ("(?i)needle", ("needle", False)),
        ("nee?dle", ("dle", True)),
        ("ne+edle", ("edle", True)),
        ("x{3}wrong tool [0-9]+", ("wrong tool", True)),
        (r"^foo\.bar$", ("foo.bar", True)),
        ("(a|b)needle", ("needle", True)),
        ("error: 'timeout'", ("timeout", True)),
        ("a|needle", ("", True)),
        ("(needle)?", ("", True)),
        (r"\x6eeedle", ("", True)),
        (r"\Qa*b\Eabc", ("", True)),
        ("(?i)task", ("", False)),
        ("1e16", ("", True)),
        ("ab", ("", True)),
    ],
)
def test_the_longest_text_outside_groups_and_choices_is_required(pattern: str, literal: tuple[str, bool]) -> None:
    assert required_literal(pattern) == literal


_WORDS = ("abc", "needle", "de", "K", "s", "f-1", ".", "-", "/", "{", "}", "\\.", "\\x61", "\\pL", "\\Q", "\\E")
_SIGNS = ("[a-d]", "[^n]", "(", "(?:", "(?i)", "(?i:", ")", "|", "*", "+", "?", "{2}", "{0,1}", "^", "$", "\\d", "\\b")
_pieces = st.sampled_from((*_WORDS, *_SIGNS))
_texts = st.text(st.sampled_from(list("abcdefnl sSkK\u017f\u212a1.-/{}")), max_size=40)


@given(pattern=st.lists(_pieces, max_size=8).map("".join), text=_texts)
def test_whatever_matches_holds_the_required_text(pattern: str, text: str) -> None:
    try:
        compiled = re2.compile(pattern, quiet_options())
    except re2.error:
        return
    literal, exact = required_literal(pattern)
    for match in compiled.finditer(text):
        said = match.group(0)
        assert literal in said if exact else literal.lower() in said.lower()
