"""Token counts and costs of every source as canonical, inclusive numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from evalwright.semconv.values import LARGEST_COUNT, count, number

CACHE_DETAILS: Final = ("gen_ai.usage.input_token_details", "gen_ai.usage.prompt_tokens_details")
REASONING_DETAILS: Final = ("gen_ai.usage.output_token_details", "gen_ai.usage.completion_tokens_details")

_READ: Final = (
    "cache_read",
    "cached_tokens",
    "input_cached_tokens",
    "input_cache_read",
    "cache_read_tokens",
    "cache_read_input_tokens",
)
_WRITE: Final = (
    "cache_creation",
    "cache_write",
    "input_cache_creation",
    "cache_write_tokens",
    "cache_creation_tokens",
    "cache_creation_input_tokens",
)
_THOUGHT: Final = ("reasoning", "reasoning_tokens", "output_reasoning_tokens", "output_reasoning")
_INPUT: Final = ("input", "input_tokens", "prompt_tokens")
_OUTPUT: Final = ("output", "output_tokens", "completion_tokens")
_NESTED: Final = (
    *("input_token_details", "input_tokens_details", "prompt_tokens_details"),
    *("output_token_details", "output_tokens_details", "completion_tokens_details"),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Canonical token counts of one span; None is unknown."""

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None

    @property
    def known(self) -> bool:
        """Whether the source said anything."""
        return self.input is not None or self.output is not None


_UNKNOWN: Final = Counts()
_SAID: Final = frozenset(
    {
        "input_tokens",
        "output_tokens",
        "uncached_input_tokens",
        "total_tokens",
        "usage_totals",
        "usage_buckets",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
    }
)


def counts(found: Mapping[str, Any]) -> Counts:
    """Inclusive counts from whatever the rules found.

    A cache larger than its input, or reasoning larger than its output, shows that the source counts them apart
    (Anthropic, Gemini): they are added. Counts known to be apart (``uncached_input_tokens``, ``thought_tokens``)
    are added always.
    """
    if _SAID.isdisjoint(found):
        return _UNKNOWN
    raw = _collected(found)
    parts = (raw.cache_read or 0) + (raw.cache_write or 0)
    output, reasoning = raw.output, raw.reasoning
    if output is not None and reasoning is None and "thought_tokens" in found:
        reasoning = found["thought_tokens"]
        output += reasoning
    elif output is not None and reasoning is not None and reasoning > output:
        output += reasoning
    whole = raw.input
    if whole is None and "uncached_input_tokens" in found:
        whole = found["uncached_input_tokens"] + parts
    elif whole is None and "total_tokens" in found:
        whole = max(found["total_tokens"] - (output or 0), 0)
    if whole is not None and parts > whole:
        whole += parts
    return Counts(whole, raw.cache_read, raw.cache_write, output, reasoning)


def cost(found: Mapping[str, Any]) -> float | None:
    """Reported USD: the total, else input plus output."""
    if "cost" in found:
        return float(found["cost"])
    if "input_cost" in found or "output_cost" in found:
        return float(found.get("input_cost", 0.0) + found.get("output_cost", 0.0))
    return None


def summed(costs: Mapping[str, Any]) -> float | None:
    """The ``total`` of a cost table, else the sum of its rows."""
    if (total := number(costs.get("total"))) is not None:
        return total
    amounts = [amount for value in costs.values() if (amount := number(value)) is not None]
    return round(math.fsum(amounts), 12) if amounts else None


def _collected(found: Mapping[str, Any]) -> Counts:
    """Scalar attributes first, gaps filled from tables of counts."""
    merged: dict[str, int] = {}
    if "usage_buckets" in found:
        merged |= _buckets(found["usage_buckets"])
    if "usage_totals" in found:
        merged |= _totals(found["usage_totals"])
    if "input_details" in found:
        merged |= _details(found["input_details"])
    if "output_details" in found:
        merged |= _details(found["output_details"])
    get = found.get
    return Counts(
        get("input_tokens", merged.get("input")),
        get("cache_read_tokens", merged.get("cache_read")),
        get("cache_write_tokens", merged.get("cache_write")),
        get("output_tokens", merged.get("output")),
        get("reasoning_tokens", merged.get("reasoning")),
    )


def _details(table: Mapping[str, Any]) -> dict[str, int]:
    found = {"cache_read": _first(table, _READ), "cache_write": _first(table, _WRITE)}
    found["reasoning"] = _first(table, _THOUGHT)
    return {name: value for name, value in found.items() if value is not None}


def _totals(table: Mapping[str, Any]) -> dict[str, int]:
    """A table whose input and output include their parts (LangSmith, MLflow, OpenAI)."""
    found = {"input": _first(table, _INPUT), "output": _first(table, _OUTPUT)}
    whole = {name: value for name, value in found.items() if value is not None} | _details(table)
    for key in _NESTED:
        if isinstance(table.get(key), dict):
            whole |= _details(table[key])
    return whole


def _buckets(table: Mapping[str, Any]) -> dict[str, int]:
    """Langfuse buckets exclude one another and add up, unless a total or nested details show otherwise."""
    whole = _totals(table)
    total = count(table.get("total", table.get("total_tokens")))
    plain = whole.get("input", 0) + whole.get("output", 0)
    nested = any(isinstance(value, dict) for value in table.values())
    if nested or (total is not None and total == plain):
        return whole
    whole["input"] = _bucket_sum(table, ("input", "prompt", "cache"))
    whole["output"] = _bucket_sum(table, ("output", "completion"))
    return whole


def _bucket_sum(table: Mapping[str, Any], starts: tuple[str, ...]) -> int:
    amounts = (count(value) for key, value in table.items() if str(key).startswith(starts))
    return min(sum(amount for amount in amounts if amount is not None), LARGEST_COUNT)


def _first(table: Mapping[str, Any], keys: tuple[str, ...]) -> int | None:
    return next((value for key in keys if (value := count(table.get(key))) is not None), None)
