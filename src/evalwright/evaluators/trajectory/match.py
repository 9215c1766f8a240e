"""A trajectory held against the expected one: what matched, is missing, is extra, or had wrong arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.evaluators.trajectory.alignment import longest_alignment
from evalwright.evaluators.trajectory.arguments import ArgumentMode, Rule, arguments_match
from evalwright.evaluators.trajectory.assignment import maximum_matching
from evalwright.evaluators.trajectory.calls import ToolCall

MAX_PAIRS: Final = 1_000_000
"""Calls made times calls expected: what bounds the time and memory of a comparison."""


class SequenceMode(StrEnum):
    """What must hold between the calls made and those expected.

    ``strict``: the same calls in the same order. ``unordered``: the same calls. ``subset``: no call but expected ones.
    ``superset``: every expected call, and maybe others.
    """

    STRICT = "strict"
    UNORDERED = "unordered"
    SUBSET = "subset"
    SUPERSET = "superset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How calls are compared. ``tools`` overrides ``arguments`` for single tools, by mode or by function."""

    sequence: SequenceMode = SequenceMode.STRICT
    arguments: Rule = ArgumentMode.EXACT
    tools: Mapping[str, Rule] = field(default_factory=dict)

    def fits(self, actual: ToolCall, reference: ToolCall) -> bool:
        """True when a call is the one wanted."""
        if actual.name != reference.name or reference.any_arguments:
            return actual.name == reference.name
        rule = self.tools.get(actual.name, self.arguments)
        return arguments_match(actual.arguments, reference.arguments, rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Places count from 0, pairs are (actual, reference). ``out_of_order`` fit each other but break a strict order."""

    ok: bool
    actual: Sequence[ToolCall]
    reference: Sequence[ToolCall]
    matched: Sequence[tuple[int, int]]
    out_of_order: Sequence[tuple[int, int]]
    wrong_arguments: Sequence[tuple[int, int]]
    missing: Sequence[int]
    extra: Sequence[int]
    mode: SequenceMode

    @property
    def precision(self) -> float | None:
        """Share of the calls made that were expected; None when none was made."""
        return len(self.matched) / len(self.actual) if self.actual else None

    @property
    def recall(self) -> float | None:
        """Share of the expected calls that were made; None when none was expected."""
        return len(self.matched) / len(self.reference) if self.reference else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None when there was neither."""
        both = len(self.actual) + len(self.reference)
        return 2 * len(self.matched) / both if both else None


def compare(actual: Sequence[ToolCall], reference: Sequence[ToolCall], rules: Rules) -> Comparison:
    """Returns how the calls made compare with those expected.

    In strict mode pairs keep the order of both sides (a longest common subsequence); in the others they are an optimal
    assignment. What is left of the same tool on both sides is a call with wrong arguments, not one missing and one
    extra.

    Raises:
        InvalidInput: the two have more than ``MAX_PAIRS`` pairs.
    """
    if len(actual) * len(reference) > MAX_PAIRS:
        raise InvalidInput(f"{len(actual)} calls cannot be held against {len(reference)}: over {MAX_PAIRS} pairs")
    fits = _fits(actual, reference, rules)
    strict = rules.sequence is SequenceMode.STRICT
    matched = longest_alignment(fits) if strict else _assigned(fits, len(reference))
    left, due = set(_rest(actual, 0, matched)), set(_rest(reference, 1, matched))
    moved = _assigned([[r for r in rights if r in due and a in left] for a, rights in enumerate(fits)], len(reference))
    placed = [*matched, *moved]
    wrong = _same_tool(actual, reference, _rest(actual, 0, placed), _rest(reference, 1, placed))
    return Comparison(
        ok=_holds(rules.sequence, not left, not due),
        actual=actual,
        reference=reference,
        matched=matched,
        out_of_order=moved,
        wrong_arguments=wrong,
        missing=_rest(reference, 1, [*placed, *wrong]),
        extra=_rest(actual, 0, [*placed, *wrong]),
        mode=rules.sequence,
    )


def _assigned(fits: Sequence[Sequence[int]], size: int) -> list[tuple[int, int]]:
    paired = maximum_matching(fits, size)
    return [(place, partner) for place, partner in enumerate(paired) if partner is not None]


def _rest(calls: Sequence[ToolCall], side: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    return sorted(set(range(len(calls))) - {pair[side] for pair in pairs})


def _fits(actual: Sequence[ToolCall], reference: Sequence[ToolCall], rules: Rules) -> list[list[int]]:
    """Every comparison is made once, however often the same call occurs on either side."""
    known: dict[Any, bool] = {}
    keys = [call.key for call in actual], [call.key for call in reference]

    def fit(a: int, r: int) -> bool:
        pair = keys[0][a], keys[1][r]
        if pair not in known:
            known[pair] = rules.fits(actual[a], reference[r])
        return known[pair]

    by_name: dict[str, list[int]] = {}
    for place, call in enumerate(reference):
        by_name.setdefault(call.name, []).append(place)
    return [[r for r in by_name.get(call.name, ()) if fit(a, r)] for a, call in enumerate(actual)]


def _same_tool(
    actual: Sequence[ToolCall], reference: Sequence[ToolCall], left: Sequence[int], due: Sequence[int]
) -> list[tuple[int, int]]:
    waiting: dict[str, list[int]] = {}
    for place in reversed(due):
        waiting.setdefault(reference[place].name, []).append(place)
    found = [(place, waiting.get(actual[place].name)) for place in left]
    return [(place, places.pop()) for place, places in found if places]


def _holds(mode: SequenceMode, all_actual: bool, all_reference: bool) -> bool:
    if mode is SequenceMode.SUBSET:
        return all_actual
    if mode is SequenceMode.SUPERSET:
        return all_reference
    return all_actual and all_reference
