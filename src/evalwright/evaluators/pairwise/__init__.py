"""Comparing two answers: labels, orders, and what follows when the two orders disagree."""

from __future__ import annotations

from evalwright.evaluators.pairwise.orders import (
    FIRST,
    LABELS,
    SECOND,
    TIE,
    Orders,
    is_pairwise,
    keeps_both_orders,
    swapped_label,
)
from evalwright.evaluators.pairwise.recorded import RecordedPairs

__all__ = [
    "FIRST",
    "LABELS",
    "SECOND",
    "TIE",
    "Orders",
    "RecordedPairs",
    "is_pairwise",
    "keeps_both_orders",
    "swapped_label",
]
