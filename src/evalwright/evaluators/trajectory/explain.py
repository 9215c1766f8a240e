"""A comparison in words and as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalwright.evaluators.trajectory.arguments import differences
from evalwright.evaluators.trajectory.match import Comparison, SequenceMode

_MOST: Final = 10


def explain(found: Comparison) -> str:
    """Returns what is wrong in words, the most telling first; what the mode allows is not wrong."""
    if found.ok:
        return f"{len(found.matched)} of {len(found.reference)} expected calls were made"
    parts = [f"call {a + 1}, {found.actual[a].name}: {'; '.join(_told(found, a, r))}" for a, r in found.wrong_arguments]
    parts += [f"call {a + 1}, {found.actual[a].name}, was expected as {_ordinal(r)}" for a, r in found.out_of_order]
    if found.mode is not SequenceMode.SUBSET:
        parts += [f"{found.reference[r].name}, expected as {_ordinal(r)}, is missing" for r in found.missing]
    if found.mode is not SequenceMode.SUPERSET:
        parts += [f"call {a + 1}, {found.actual[a].name}, was not expected" for a in found.extra]
    more = [f"and {len(parts) - _MOST} more"] if len(parts) > _MOST else []
    return ". ".join([*parts[:_MOST], *more])


def as_metadata(found: Comparison) -> Mapping[str, Any]:
    """Returns the lists of a comparison with names and span ids, at most ``_MOST`` each; ``counts`` has them all."""
    pairs = {
        "matched": found.matched,
        "out_of_order": found.out_of_order,
        "wrong_arguments": found.wrong_arguments,
    }
    told: dict[str, Any] = {
        name: [{**_call(found, a), "expected_place": r + 1} for a, r in some[:_MOST]] for name, some in pairs.items()
    }
    told["missing"] = [{"tool": found.reference[r].name, "expected_place": r + 1} for r in found.missing[:_MOST]]
    told["extra"] = [_call(found, a) for a in found.extra[:_MOST]]
    counts = {name: len(some) for name, some in {**pairs, "missing": found.missing, "extra": found.extra}.items()}
    return {"match": found.mode.value, "counts": counts, **told}


def _told(found: Comparison, actual: int, reference: int) -> Sequence[str]:
    told = differences(found.actual[actual].arguments, found.reference[reference].arguments)
    return told or ["its arguments are not those asked for"]


def _call(found: Comparison, place: int) -> dict[str, Any]:
    return {"tool": found.actual[place].name, "place": place + 1, "span_id": found.actual[place].span_id}


def _ordinal(place: int) -> str:
    return f"number {place + 1}"
