"""What is remembered of the newest is the newest, and never more than allowed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evalwright.domain.recent import Recent


@given(st.lists(st.integers(0, 9)), st.integers(1, 6))
def test_the_last_different_keys_are_remembered_with_their_last_values(keys: list[int], size: int) -> None:
    recent: Recent[int, int] = Recent(size)
    for position, key in enumerate(keys):
        recent.remember(key, position)
    last = {key: position for position, key in enumerate(keys)}
    assert list(recent.items()) == sorted(last.items(), key=lambda item: item[1])[-size:]
