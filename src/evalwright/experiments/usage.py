"""What a trial used: tokens and cost of its steps."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from evalwright.domain.evaluator import StepContent
from evalwright.domain.span import Span
from evalwright.ports.prices import Prices, Usage


def usage_of(steps: Sequence[StepContent], prices: Prices | None) -> Mapping[str, Any]:
    """Returns ``input_tokens``, ``output_tokens`` and ``cost``; None for what no step said.

    Steps whose counts repeat those of others are left out. One step with tokens and no known price leaves the cost
    unknown: a sum without it would look cheaper than it was.
    """
    own = [step.span for step in steps if not step.span.usage_rollup]
    return {
        "input_tokens": _sum(span.input_tokens for span in own),
        "output_tokens": _sum(span.output_tokens for span in own),
        "cost": _cost(own, prices),
    }


@functools.cache
def known_prices() -> Prices | None:
    """Returns the price list of this installation; None where it has none."""
    if find_spec("genai_prices") is None:  # the light installation
        return None
    from evalwright.providers.prices import GenaiPrices

    return GenaiPrices()


def _sum(values: Iterable[int | None]) -> int | None:
    said = [value for value in values if value is not None]
    return sum(said) if said else None


def _cost(spans: Sequence[Span], prices: Prices | None) -> float | None:
    costs = [_price(span, prices) for span in spans if span.cost is not None or span.total_tokens is not None]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None


def _price(span: Span, prices: Prices | None) -> float | None:
    if span.cost is not None or prices is None:
        return span.cost
    usage = Usage(
        input_tokens=span.input_tokens or 0,
        cache_read_tokens=span.cache_read_tokens or 0,
        cache_write_tokens=span.cache_write_tokens or 0,
        output_tokens=span.output_tokens or 0,
        reasoning_tokens=span.reasoning_tokens or 0,
    )
    return prices.price(model=span.model, provider=span.provider, usage=usage, at_ns=span.start_ns)
