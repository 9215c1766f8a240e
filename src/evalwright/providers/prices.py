"""Prices out of the data that ships with ``genai-prices``: no network, each model resolved once."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from evalwright.ports.prices import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

_PROVIDERS: Final = {
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gcp.vertex": "google",
    "gemini": "google",
    "vertex_ai": "google",
    "bedrock": "aws",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "x_ai": "x-ai",
    "xai": "x-ai",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "moonshot": "moonshotai",
}
_SELF_HOSTED: Final = frozenset({"ollama", "vllm", "sglang", "llamacpp", "llama.cpp", "lm_studio", "tgi", "localai"})
"""Hosts whose models cost nobody a price per token, even where the same model is sold elsewhere."""

_REGION: Final = re.compile(r"^(?:us|eu|apac|jp|au|ca|sa|me|global|us-gov)\.(?=[a-z0-9]+\.)")
_VENDOR: Final = re.compile(r"^(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|qwen)\.")
_VERSION: Final = re.compile(r"-v\d+:\d+$|:(?:\d+|latest)$|@[\w-]+$")
_DATE: Final = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$")
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_LAST_NS: Final = 7_000_000_000 * 10**9


@dataclass(frozen=True, slots=True)
class _Rates:
    """USD per call and per token, for calls of one size band."""

    call: float
    input: float
    cache_read: float
    cache_write: float
    output: float
    reasoning: float

    def price(self, usage: Usage) -> float:
        fresh = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
        said = usage.output_tokens - usage.reasoning_tokens
        return (
            self.call
            + fresh * self.input
            + usage.cache_read_tokens * self.cache_read
            + usage.cache_write_tokens * self.cache_write
            + said * self.output
            + usage.reasoning_tokens * self.reasoning
        )


class GenaiPrices:
    """``ports.prices.Prices`` over the bundled price table, valid on the day of each call."""

    def __init__(self) -> None:
        self._resolve = lru_cache(maxsize=4096)(_resolved)
        self._bands: dict[int, tuple[Any, tuple[int, ...], dict[int, _Rates]]] = {}

    def price(self, *, model: str, provider: str, usage: Usage, at_ns: int) -> float | None:
        """USD of one call; None when the model is unknown or the counts contradict one another."""
        found = self._resolve(model, provider)
        if found is None or not _consistent(usage):
            return None
        try:
            return self._rates(found[1].get_prices(_moment(at_ns)), usage.input_tokens).price(usage)
        except (LookupError, ValueError, ArithmeticError, TypeError):
            return None

    def _rates(self, terms: ModelPrice, input_tokens: int) -> _Rates:
        """The rates for a call of this size; long contexts cost more per token with some models."""
        held = self._bands.get(id(terms))
        if held is None:
            # The terms are kept beside their rates so that their identity cannot be given to others.
            held = self._bands[id(terms)] = (terms, _starts(terms), {})
        _, starts, rates = held
        band = bisect_left(starts, input_tokens)
        if band not in rates:
            rates[band] = _probe(terms, starts[band - 1] + 1 if band else min((*starts, 1_000)))
        return rates[band]


def _consistent(usage: Usage) -> bool:
    counts = (usage.cache_read_tokens, usage.cache_write_tokens, usage.reasoning_tokens)
    return (
        min(usage.input_tokens, usage.output_tokens, *counts) >= 0
        and usage.cache_read_tokens + usage.cache_write_tokens <= usage.input_tokens
        and usage.reasoning_tokens <= usage.output_tokens
    )


def _moment(at_ns: int) -> datetime:
    """The day of the call; spans without a usable time are priced by the newest terms."""
    return datetime.fromtimestamp(at_ns / 1e9, tz=UTC) if 0 < at_ns < _LAST_NS else _LATEST


def _exact(terms: ModelPrice, usage: Usage) -> float:
    from genai_prices import Usage as Counts

    counts = Counts(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
        output_reasoning_tokens=usage.reasoning_tokens,
    )
    return float(terms.calc_price(counts)["total_price"])


def _starts(terms: ModelPrice) -> tuple[int, ...]:
    """Input sizes over which any price of these terms changes."""
    tiered = (getattr(price, "tiers", ()) for price in vars(terms).values())
    return tuple(sorted({tier.start for tiers in tiered for tier in tiers}))


def _probe(terms: ModelPrice, size: int) -> _Rates:
    """Rates read off the prices of calls of ``size`` input tokens: within a band prices are linear."""
    call = _exact(terms, Usage())
    whole = _exact(terms, Usage(input_tokens=size))

    def beyond(base: float, **counts: int) -> float:
        return (_exact(terms, Usage(input_tokens=size, **counts)) - base) / size

    return _Rates(
        call=call,
        input=(whole - call) / size,
        cache_read=beyond(call, cache_read_tokens=size),
        cache_write=beyond(call, cache_write_tokens=size),
        output=beyond(whole, output_tokens=size),
        reasoning=beyond(whole, output_tokens=size, reasoning_tokens=size),
    )


def _resolved(model: str, provider: str) -> tuple[Provider, ModelInfo] | None:
    """The price entry of a model: as named, then without router, region, version and, last, date."""
    from genai_prices.data_snapshot import get_snapshot

    host = provider.strip().lower()
    if not model or host in _SELF_HOSTED or model.lower().startswith(tuple(f"{name}/" for name in _SELF_HOSTED)):
        return None
    snapshot = get_snapshot()
    for name, owner in _candidates(model.strip().lower(), _PROVIDERS.get(host, host)):
        try:
            return snapshot.find_provider_model(name, None, owner, None)
        except (LookupError, ValueError):
            continue
    return None


def _candidates(model: str, host: str) -> Iterator[tuple[str, str | None]]:
    """(model, provider) pairs in the order in which they are to be believed."""
    names = dict.fromkeys(_spellings(model))
    for owner in (host, None):
        if owner != "":
            yield from ((name, owner) for name in names)
    while "/" in model:
        router, _, model = model.partition("/")
        yield from ((name, _PROVIDERS.get(router, router)) for name in _spellings(model))


def _spellings(model: str) -> Iterator[str]:
    yield model
    bare = model.rpartition("/")[2]
    yield bare
    local = _VENDOR.sub("", _REGION.sub("", bare))
    yield local
    plain = _VERSION.sub("", local)
    yield plain
    yield _DATE.sub("", plain)
