"""Comparing two answers: labels, orders, and what follows when the two orders disagree."""

from __future__ import annotations

from evalwright.evaluators.pairwise.orders import (
    BOTH,
    FIRST,
    LABELS,
    SECOND,
    TIE,
    VALUES,
    Orders,
    is_pairwise,
    keeps_both_orders,
    swapped_label,
)
from evalwright.evaluators.pairwise.recorded import RecordedPairs

__all__ = [
    "BOTH",
    "FIRST",
    "LABELS",
    "SECOND",
    "TIE",
    "VALUES",
    "Orders",
    "RecordedPairs",
    "is_pairwise",
    "keeps_both_orders",
    "swapped_label",
]
