"""Prices out of the data that ships with ``genai-prices``: no network, each model resolved once."""

from __future__ import annotations

import re
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
_VERSION: Final = re.compile(r"-v\d+(?::\d+)?$|:(?:\d+|latest|free|beta|thinking|online)$|@[\w-]+$")
_DATE: Final = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest|preview)$")
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_LAST_NS: Final = 7_000_000_000 * 10**9
_FEW: Final = 1_000
_MANY: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class _Rates:
    """USD per token of a model whose prices do not depend on the size of the call."""

    input: float
    cache_read: float
    cache_write: float
    output: float
    reasoning: float

    def price(self, usage: Usage) -> float:
        fresh = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
        said = usage.output_tokens - usage.reasoning_tokens
        return (
            fresh * self.input
            + usage.cache_read_tokens * self.cache_read
            + usage.cache_write_tokens * self.cache_write
            + said * self.output
            + usage.reasoning_tokens * self.reasoning
        )


class GenaiPrices:
    """``ports.prices.Prices`` over the bundled price table, valid on the day of each call."""

    def __init__(self) -> None:
        self._resolve = lru_cache(maxsize=4096)(_resolved)
        self._rates: dict[int, tuple[Any, _Rates | None]] = {}

    def price(self, *, model: str, provider: str, usage: Usage, at_ns: int) -> float | None:
        """USD of one call; None when the model is unknown or the counts contradict one another."""
        found = self._resolve(model, provider)
        if found is None or not _consistent(usage):
            return None
        try:
            terms = found[1].get_prices(_moment(at_ns))
            rates = self._rates_of(terms)
            return rates.price(usage) if rates is not None else _exact(terms, usage)
        except (LookupError, ValueError, ArithmeticError, TypeError):
            return None

    def _rates_of(self, terms: ModelPrice) -> _Rates | None:
        held = self._rates.get(id(terms))
        if held is None:
            # The terms are kept beside their rates so that their identity cannot be given to others.
            held = self._rates[id(terms)] = (terms, _linear(terms))
        return held[1]


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


def _linear(terms: ModelPrice) -> _Rates | None:
    """Rates per token, or None when a small and a large call differ in them (tiers by context length)."""
    few, many = (_probe(terms, size) for size in (_FEW, _MANY))
    return few if all(abs(a - b) <= 1e-9 * max(a, b) for a, b in zip(_row(few), _row(many), strict=True)) else None


def _row(rates: _Rates) -> tuple[float, ...]:
    return (rates.input, rates.cache_read, rates.cache_write, rates.output, rates.reasoning)


def _probe(terms: ModelPrice, size: int) -> _Rates:
    def rate(**counts: int) -> float:
        return _exact(terms, Usage(**counts)) / size

    return _Rates(
        input=rate(input_tokens=size),
        cache_read=rate(input_tokens=size, cache_read_tokens=size),
        cache_write=rate(input_tokens=size, cache_write_tokens=size),
        output=rate(output_tokens=size),
        reasoning=rate(output_tokens=size, reasoning_tokens=size),
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
