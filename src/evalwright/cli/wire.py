"""Values of API answers as domain values, where a command needs more than the JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Denominators


def estimate_of(value: Mapping[str, Any]) -> Estimate:
    """The estimate behind its JSON; null numbers are NaN."""
    return Estimate(
        estimate=_number(value.get("estimate")),
        low=_number(value.get("low")),
        high=_number(value.get("high")),
        level=_number(value.get("level")),
        n_effective=_number(value.get("n_effective")),
        n=int(value.get("n") or 0),
        method=value.get("method", ""),
        unit=value.get("unit", ""),
        denominators=Denominators(**(value.get("denominators") or {})),
        warnings=tuple(value.get("warnings") or ()),
    )


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
