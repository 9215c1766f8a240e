"""Two answers compared in both orders; when the order decides, nobody wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import Evidence, ScoreStatus
from evalwright.evaluators.pairwise import VALUES, Orders, swapped_label


def swapped_texts(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Returns the inputs with the two answers in each other's place."""
    return {name: texts.get(swapped_label(name), text) for name, text in texts.items()}


def of_both_orders(a_first: Outcome, b_first: Outcome) -> Outcome:
    """Returns the verdict of both orders; a tie when they disagree, and none when one of them gave none.

    ``b_first`` is as the judge gave it, with the answers swapped: its labels and evidence are turned back here.
    """
    missing = next((outcome for outcome in (a_first, b_first) if outcome.status is not ScoreStatus.SCORED), None)
    if missing is not None:
        return missing
    orders = Orders(a_first.label, swapped_label(b_first.label))
    evidence = (*a_first.evidence, *(_turned(quote) for quote in b_first.evidence))
    said = a_first.explanation
    if not orders.consistent:
        said = f"the order decided: {orders.a_first} with a shown first, {orders.b_first} with b shown first. {said}"
    sure = [outcome.metadata["confidence"] for outcome in (a_first, b_first) if "confidence" in outcome.metadata]
    told = {"confidence": sum(sure) / 2} if len(sure) == 2 and orders.consistent else {}
    samples = {"a_first": dict(a_first.metadata), "b_first": dict(b_first.metadata)}
    kept = {"in_each_order": samples} if any(samples.values()) else {}
    return replace(
        a_first,
        label=orders.label,
        value=VALUES[orders.label],
        explanation=said,
        evidence=evidence,
        metadata={**orders.as_metadata(), **told, **kept},
    )


def _turned(quote: Evidence) -> Evidence:
    return replace(quote, field=swapped_label(quote.field))
