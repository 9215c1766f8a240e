"""Verdicts on the same two answers shown in both orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from evalwright.domain.evaluator import EvaluatorSpec

FIRST: Final = "a"
SECOND: Final = "b"
TIE: Final = "tie"
LABELS: Final = (FIRST, SECOND, TIE)
VALUES: Final[Mapping[str, float]] = {FIRST: 1.0, TIE: 0.5, SECOND: 0.0}
"""How well the first answer did."""

BOTH: Final = "both"
"""Value of ``definition["orders"]`` of judges that ask in both orders by themselves."""

_SWAPPED: Final = {FIRST: SECOND, SECOND: FIRST}


def swapped_label(label: str) -> str:
    """Returns the label of the same preference when the two answers have changed places."""
    return _SWAPPED.get(label, label)


def is_pairwise(spec: EvaluatorSpec) -> bool:
    """True for evaluators that choose between ``a`` and ``b``."""
    return bool(spec.definition.get("pairwise")) or {FIRST, SECOND} <= set(spec.labels) <= set(LABELS)


def keeps_both_orders(spec: EvaluatorSpec) -> bool:
    """True for evaluators that ask in both orders by themselves and keep both verdicts in ``metadata["orders"]``."""
    return spec.definition.get("orders") == BOTH


@dataclass(frozen=True, slots=True)
class Orders:
    """What was preferred with ``a`` shown first and with ``b`` shown first; both name the answer, not the place."""

    a_first: str
    b_first: str

    @property
    def consistent(self) -> bool:
        """Whether the order made no difference."""
        return self.a_first == self.b_first

    @property
    def label(self) -> str:
        """The verdict of both orders; a tie when they disagree."""
        return self.a_first if self.consistent else TIE

    def as_metadata(self) -> Mapping[str, Any]:
        """Returns what is kept in an outcome's metadata."""
        return {"orders": {"a_first": self.a_first, "b_first": self.b_first}, "consistent": self.consistent}

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Orders | None:
        """Returns the orders kept in an outcome's metadata; None when there are none."""
        found = metadata.get("orders")
        if not isinstance(found, Mapping) or not {"a_first", "b_first"} <= set(found):
            return None
        return cls(str(found["a_first"]), str(found["b_first"]))
