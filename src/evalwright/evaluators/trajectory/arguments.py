"""When the arguments of a call are those wanted: whole, in part, by pattern, by a function, or not looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, TypeAlias

from evalwright.domain.errors import InvalidInput
from evalwright.evaluators.plain import as_text
from evalwright.evaluators.trajectory.canonical import same
from evalwright.evaluators.trajectory.patterns import searcher

Matcher: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
"""A function of (actual, reference) arguments, always in this order."""

PATTERNS: Final = ("$regex", "$contains", "$any_of", "$present")
"""Keys of a one-key mapping that stands for a value: ``{"$contains": "refund"}``."""


class ArgumentMode(StrEnum):
    """How the arguments of a call are compared with those of the reference."""

    EXACT = "exact"
    IGNORE = "ignore"
    SUBSET = "subset"
    SUPERSET = "superset"


Rule: TypeAlias = ArgumentMode | Matcher


def arguments_match(actual: Mapping[str, Any], reference: Mapping[str, Any], rule: Rule) -> bool:
    """True when the actual arguments are what the reference asks for.

    ``exact``: the same keys and values. ``subset``: the actual are some of the reference's. ``superset``: the
    reference's are some of the actual. Values of the reference may be patterns.
    """
    if not isinstance(rule, ArgumentMode):
        return bool(rule(actual, reference))
    if rule is ArgumentMode.IGNORE:
        return True
    if rule is not ArgumentMode.SUPERSET and not actual.keys() <= reference.keys():
        return False
    if rule is not ArgumentMode.SUBSET and not reference.keys() <= actual.keys():
        return False
    return all(value_matches(actual[key], reference[key]) for key in actual.keys() & reference.keys())


def value_matches(actual: Any, reference: Any) -> bool:
    """True when a value is the one wanted or fits the pattern that stands in its place."""
    if not _is_pattern(reference):
        return same(actual, reference)
    (kind, wanted), *_ = reference.items()
    if kind == "$present":
        return bool(wanted)
    if kind == "$any_of":
        return any(same(actual, one) for one in wanted)
    if kind == "$contains":
        return as_text(wanted).casefold() in as_text(actual).casefold()
    return searcher(str(wanted))(as_text(actual))


def check_patterns(arguments: Mapping[str, Any], where: str) -> None:
    """Refuses a pattern that could never be used.

    Raises:
        InvalidInput: an unknown ``$`` key, or a pattern of the wrong kind.
    """
    for key, value in arguments.items():
        if not isinstance(value, Mapping) or len(value) != 1:
            continue
        (kind, wanted), *_ = value.items()
        if not str(kind).startswith("$"):
            continue
        if kind not in PATTERNS:
            raise InvalidInput(f"{where}: {key!r} has the pattern {kind!r}", hint=f"patterns: {', '.join(PATTERNS)}")
        if kind == "$any_of" and not isinstance(wanted, list):
            raise InvalidInput(f"{where}: {key!r}: $any_of takes a list, not {wanted!r}")
        if kind == "$regex":
            searcher(str(wanted))


def differences(actual: Mapping[str, Any], reference: Mapping[str, Any]) -> Sequence[str]:
    """Returns what differs, one short text an argument, in the reference's order."""
    absent = [f"{key} is missing" for key in reference if key not in actual]
    added = [f"{key} was not asked for" for key in actual if key not in reference]
    other = [
        f"{key} is {_short(actual[key])}, not {_short(reference[key])}"
        for key in reference
        if key in actual and not value_matches(actual[key], reference[key])
    ]
    return [*other, *absent, *added]


def _is_pattern(reference: Any) -> bool:
    return isinstance(reference, Mapping) and len(reference) == 1 and next(iter(reference)) in PATTERNS


def _short(value: Any) -> str:
    text = as_text(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
