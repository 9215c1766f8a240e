"""Tokens and cost of a trial: sums of what is known, never a number that looks cheaper than it was."""

from __future__ import annotations

from typing import Any

from evalwright.domain.content import SpanContent
from evalwright.domain.evaluator import StepContent
from evalwright.domain.span import Span
from evalwright.experiments.usage import usage_of
from evalwright.ports.prices import Usage


class FlatPrices:
    """A cent per token of the one model it knows."""

    def price(self, *, model: str, provider: str, usage: Usage, at_ns: int) -> float | None:
        return 0.01 * (usage.input_tokens + usage.output_tokens) if model == "known" else None


def steps(*spans: dict[str, Any]) -> list[StepContent]:
    return [
        StepContent(span=Span(project="p", trace_id="t", span_id=str(n), **fields), content=SpanContent())
        for n, fields in enumerate(spans)
    ]


def test_tokens_and_costs_add_up_and_repeats_are_left_out() -> None:
    found = usage_of(
        steps(
            {"model": "known", "input_tokens": 100, "output_tokens": 10},
            {"model": "other", "input_tokens": 5, "output_tokens": 5, "cost": 0.5},
            {"input_tokens": 105, "output_tokens": 15, "usage_rollup": True},
            {"name": "a tool"},
        ),
        FlatPrices(),
    )
    assert found == {"input_tokens": 105, "output_tokens": 15, "cost": 1.6}


def test_one_step_without_a_price_leaves_the_cost_unknown() -> None:
    both = steps({"model": "known", "input_tokens": 100}, {"model": "new", "input_tokens": 1})
    assert usage_of(both, FlatPrices())["cost"] is None
    assert usage_of(both[:1], None)["cost"] is None


def test_a_trial_that_said_nothing_has_no_usage() -> None:
    assert usage_of([], FlatPrices()) == {"input_tokens": None, "output_tokens": None, "cost": None}
