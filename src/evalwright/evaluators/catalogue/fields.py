"""Fields an output must have, and numbers it must come near to."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.plain import as_json, as_text
from evalwright.evaluators.result import Score

_NUMBER: Final = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\.\d+")


def required_fields(*, names: str) -> CodeEvaluator:
    """The output is a JSON object that has these fields, such as ``id,customer.email``, each with a value."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        raise InvalidInput(f"{names!r} names no field", hint="write names=id,customer.email")

    def required_fields(output: Any) -> Score:
        """The output has the fields it must have, and none of them is empty."""
        value = as_json(output)
        if not isinstance(value, Mapping):
            return Score(value=False, explanation="the output is no JSON object")
        missing = [name for name in wanted if _at(value, name) in (None, "", [], {})]
        return Score(value=not missing, explanation=f"absent or empty: {', '.join(missing)}" if missing else "")

    return CodeEvaluator(required_fields, type="boolean", config={"names": wanted})


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def numeric_close(*, absolute: float = 0.0, relative: float = 1e-6) -> CodeEvaluator:
    """The last number of the output is the expected one, within ``absolute`` or ``relative`` of it."""
    if absolute < 0 or relative < 0:
        raise InvalidInput(f"tolerances must not be negative, got {absolute!r} and {relative!r}")

    def numeric_close(output: Any, expected: Any) -> Score:
        """The number in the output is the expected one, up to a tolerance."""
        found, wanted = last_number(output), last_number(expected)
        if wanted is None:
            raise ValueError(f"there is no number in what was expected: {as_text(expected)[:80]!r}")
        if found is None:
            return Score(value=False, explanation="there is no number in the output")
        close = math.isclose(found, wanted, rel_tol=relative, abs_tol=absolute)
        return Score(value=close, explanation=f"{found:g} for {wanted:g}", metadata={"difference": found - wanted})

    return CodeEvaluator(numeric_close, type="boolean", config={"absolute": absolute, "relative": relative})


def last_number(value: Any) -> float | None:
    """Returns the last number in a value: answers end with their result. Thousands may be set off by commas."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    found = [float(match.replace(",", "")) for match in _NUMBER.findall(as_text(value))]
    finite = [number for number in found if math.isfinite(number)]
    return finite[-1] if finite else None
