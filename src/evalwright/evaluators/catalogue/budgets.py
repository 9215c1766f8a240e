"""Limits on time, tokens, money and length."""

from __future__ import annotations

from typing import Any

from evalwright.domain.errors import InvalidInput
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.plain import as_text
from evalwright.evaluators.result import Score


def latency_under(*, ms: float) -> CodeEvaluator:
    """It took less than ``ms`` milliseconds."""

    def latency_under(latency_ms: float) -> Score:
        """It took less than a limit."""
        return Score(value=latency_ms < ms, explanation=f"{latency_ms:.0f} ms of {ms:g} ms")

    return CodeEvaluator(latency_under, type="boolean", config={"ms": ms})


def tokens_under(*, n: int) -> CodeEvaluator:
    """It used fewer than ``n`` tokens, in and out, roll-ups not counted twice."""

    def tokens_under(total_tokens: int) -> Score:
        """It used fewer tokens than a limit."""
        return Score(value=total_tokens < n, explanation=f"{total_tokens} of {n} tokens")

    return CodeEvaluator(tokens_under, type="boolean", config={"n": n})


def cost_under(*, usd: float) -> CodeEvaluator:
    """It cost less than ``usd``. Unseen when no price is known: an unknown cost is not a low one."""

    def cost_under(cost: float) -> Score:
        """It cost less than a limit."""
        return Score(value=cost < usd, explanation=f"{cost:.6f} of {usd:g} USD")

    return CodeEvaluator(cost_under, type="boolean", config={"usd": usd})


def output_length(*, min: int = 1, max: int = 4000) -> CodeEvaluator:
    """The output has between ``min`` and ``max`` characters."""
    if min > max:
        raise InvalidInput(f"min {min!r} is over max {max!r}")
    shortest, longest = min, max

    def output_length(output: Any) -> Score:
        """The output is neither too short nor too long."""
        length = len(as_text(output).strip())
        return Score(value=shortest <= length <= longest, explanation=f"{length} characters")

    return CodeEvaluator(output_length, type="boolean", config={"min": min, "max": max})
