"""Prices: the check values of the bundled data, names as senders spell them, and refusals."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from genai_prices import Usage as Counts
from genai_prices import calc_price
from hypothesis import given
from hypothesis import strategies as st

from evalwright.ports.prices import Usage
from evalwright.providers.prices import GenaiPrices

AT_NS = 1_763_000_000 * 10**9
PRICES = GenaiPrices()


def price(model: str, provider: str = "", **counts: int) -> float | None:
    return PRICES.price(model=model, provider=provider, usage=Usage(**counts), at_ns=AT_NS)


@pytest.mark.parametrize(
    ("model", "provider", "counts", "usd"),
    [
        ("claude-sonnet-4-5", "anthropic", (100_000, 80_000, 5_000, 1_000), 0.10275),
        ("claude-sonnet-4-5", "anthropic", (1_000_000, 0, 0, 0), 6.00),
        ("gpt-5", "openai", (1_000, 0, 0, 100), 0.00225),
    ],
)
def test_known_calls_cost_what_their_makers_charge(model, provider, counts, usd):
    given_in, read, write, out = counts
    found = price(
        model, provider, input_tokens=given_in, cache_read_tokens=read, cache_write_tokens=write, output_tokens=out
    )
    assert found == pytest.approx(usd)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("claude-sonnet-4-5-20250929", "anthropic"),
        ("anthropic/claude-sonnet-4.5", ""),
        ("anthropic/claude-sonnet-4.5", "openrouter"),
        ("openrouter/anthropic/claude-sonnet-4.5", ""),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", ""),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", ""),
        ("claude-sonnet-4-5@20250929", "gcp.vertex_ai"),
        ("Claude-Sonnet-4-5", "Anthropic"),
        ("claude-sonnet-4-5", "some-gateway"),
    ],
)
def test_every_spelling_of_one_model_costs_the_same(model, provider):
    assert price(model, provider, input_tokens=1_000, output_tokens=100) == pytest.approx(0.0045)


def test_a_regional_bedrock_endpoint_has_its_own_price():
    found = price("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws.bedrock", input_tokens=1_000, output_tokens=100)
    assert found == pytest.approx(0.00495)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-4o-2024-08-06", "openai"),
        ("gpt-4o", "azure.ai.openai"),
        ("azure/gpt-4o", "azure.ai.openai"),
        ("openai/gpt-4o", "litellm"),
        ("gemini-2.0-flash", "gcp.gen_ai"),
        ("models/gemini-2.5-flash", "gcp.gemini"),
        ("xai/grok-3-mini", "x_ai"),
        ("mistral-large-latest", "mistral_ai"),
        ("text-embedding-3-small", "openai"),
    ],
)
def test_names_of_opentelemetry_and_of_routers_are_understood(model, provider):
    found = price(model, provider, input_tokens=1_000, output_tokens=100)
    assert found is not None
    assert found > 0


@pytest.mark.parametrize(
    ("model", "provider"),
    [("no-such-model", ""), ("no-such-model", "openai"), ("", "openai"), ("///", ""), ("llama3", "ollama")],
)
def test_an_unknown_or_self_hosted_model_has_no_price_rather_than_zero(model, provider):
    assert price(model, provider, input_tokens=1_000, output_tokens=100) is None


@pytest.mark.parametrize(
    "counts",
    [
        {"input_tokens": 10, "cache_read_tokens": 11},
        {"input_tokens": 10, "cache_read_tokens": 6, "cache_write_tokens": 6},
        {"output_tokens": 10, "reasoning_tokens": 11},
        {"input_tokens": -1},
    ],
)
def test_counts_that_contradict_one_another_have_no_price(counts):
    assert price("gpt-5", "openai", **counts) is None


def test_a_call_is_priced_by_the_terms_of_its_day():
    def on(year: int, month: int) -> float | None:
        at_ns = int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 10**9
        return PRICES.price(model="o3", provider="openai", usage=Usage(input_tokens=1_000), at_ns=at_ns)

    assert on(2025, 5) == pytest.approx(0.010)
    assert on(2025, 8) == pytest.approx(0.002)


def test_a_span_without_a_usable_time_is_priced_by_the_newest_terms():
    for at_ns in (0, -5, 2**63):
        found = PRICES.price(model="o3", provider="openai", usage=Usage(input_tokens=1_000), at_ns=at_ns)
        assert found == pytest.approx(0.002)


@given(
    model=st.sampled_from(["claude-sonnet-4-5", "gpt-5", "gemini-2.5-pro", "gpt-4o-mini"]),
    parts=st.tuples(*(st.integers(0, 300_000) for _ in range(5))),
)
def test_the_quick_way_agrees_with_the_full_calculation(model, parts):
    fresh, read, write, said, thought = parts
    usage = Usage(
        input_tokens=fresh + read + write,
        cache_read_tokens=read,
        cache_write_tokens=write,
        output_tokens=said + thought,
        reasoning_tokens=thought,
    )
    full = calc_price(
        Counts(
            input_tokens=usage.input_tokens,
            cache_read_tokens=read,
            cache_write_tokens=write,
            output_tokens=usage.output_tokens,
            output_reasoning_tokens=thought,
        ),
        model,
        genai_request_timestamp=datetime.fromtimestamp(AT_NS / 1e9, tz=UTC),
    )
    found = PRICES.price(model=model, provider="", usage=usage, at_ns=AT_NS)
    assert found == pytest.approx(float(full.total_price), rel=1e-9, abs=1e-12)


@given(model=st.text(max_size=40), provider=st.text(max_size=20), at_ns=st.integers())
def test_no_name_or_time_makes_it_raise(model, provider, at_ns):
    found = PRICES.price(model=model, provider=provider, usage=Usage(input_tokens=5), at_ns=at_ns)
    assert found is None or found >= 0
