"""Counts of every source become inclusive, whole and non-negative, or are left out and flagged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.semconv.usage import counts


def test_a_cache_larger_than_the_input_shows_that_they_are_counted_apart(make):
    span = make({"gen_ai.usage.input_tokens": 10, "gen_ai.usage.cache_read_input_tokens": 90})
    assert (span.input_tokens, span.cache_read_tokens) == (100, 90)


def test_reasoning_larger_than_the_output_shows_that_they_are_counted_apart(make):
    span = make({"gen_ai.usage.output_tokens": 10, "gen_ai.usage.reasoning_tokens": 90})
    assert (span.output_tokens, span.reasoning_tokens) == (100, 90)


def test_a_total_fills_the_side_that_is_missing(make):
    assert make({"llm.token_count.total": 10, "llm.token_count.completion": 4}).input_tokens == 6


@pytest.mark.parametrize("value", [-1, 1.5, "many", "NaN", True, 2**60, [1], {"a": 1}])
def test_a_count_that_is_none_is_left_out_and_flagged(make, value):
    span = make({"llm.token_count.prompt": value})
    assert span.input_tokens is None
    assert span.flags == ("bad_value",)
    assert span.attributes["llm.token_count.prompt"] == value


def test_a_bad_count_gives_way_to_a_good_one_of_lower_rank(make):
    span = make({"gen_ai.usage.input_tokens": "?", "gen_ai.usage.prompt_tokens": 7})
    assert span.input_tokens == 7


def test_the_order_in_which_attributes_arrive_decides_nothing(make):
    pairs = [("gen_ai.usage.input_tokens", 1), ("llm.token_count.prompt", 2), ("ai.usage.promptTokens", 3)]
    assert {make(dict(order)).input_tokens for order in (pairs, pairs[::-1])} == {1}


def test_a_cost_is_not_a_number_below_zero(make):
    assert make({"llm.cost.total": -1}).cost is None
    assert make({"llm.cost.total": "0.5"}).cost == 0.5


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "input_tokens",
                "uncached_input_tokens",
                "cache_read_tokens",
                "cache_write_tokens",
                "output_tokens",
                "reasoning_tokens",
                "thought_tokens",
                "total_tokens",
            ]
        ),
        st.integers(0, 10**9),
    )
)
def test_parts_never_exceed_their_whole(found):
    result = counts(found)
    if result.input is not None:
        assert (result.cache_read or 0) + (result.cache_write or 0) <= result.input
    if result.output is not None:
        assert (result.reasoning or 0) <= result.output
