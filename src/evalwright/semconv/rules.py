"""The one precedence mechanism: which attribute fills which field, and who wins when several could."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from evalwright.domain.span import SpanKind
from evalwright.semconv.values import Reader

if TYPE_CHECKING:
    from evalwright.semconv.view import SpanView

Compiled = Mapping[str, tuple[tuple[str, int, Reader, int], ...]]
"""Attribute key -> (field, rank, reader, convention bit) of every field it can fill; the lowest rank wins."""


class Tier(IntEnum):
    """How much a key is to be trusted for a field; the lower tier wins, within one the earlier convention."""

    EXPLICIT = 0
    STANDARD = 1
    NATIVE = 2
    ASSOCIATED = 3
    LEGACY = 4
    GUESS = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """Attribute ``key`` fills ``field`` with what ``read`` makes of its value."""

    key: str
    field: str
    read: Reader
    tier: Tier


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field of ``SpanContent`` can be read from; an empty result passes the word to the next source."""

    field: str
    read: Callable[[SpanView], Any]
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One dialect of attributes.

    ``bare`` rules have keys too ordinary to be believed everywhere (``model``): they apply only to spans of the
    convention's own ``scopes`` (scope name prefixes) or ``span_prefix``. ``names`` maps the first word of a span
    name to a kind, for spans that this convention is known to have written.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    bare: tuple[Rule, ...] = ()
    sources: tuple[Source, ...] = ()
    scopes: tuple[str, ...] = ()
    span_prefix: str = ""
    names: Mapping[str, SpanKind] = field(default_factory=dict)


def rules(target: str, read: Reader, tier: Tier, *keys: str) -> tuple[Rule, ...]:
    """One rule per key, the first key winning over the next."""
    return tuple(Rule(key, target, read, tier) for key in keys)


def compile_rules(ranked: Iterable[tuple[int, Rule]]) -> Compiled:
    """A table for lookups by key from (convention bit, rule) pairs in order of precedence within a tier."""
    table: dict[str, tuple[tuple[str, int, Reader, int], ...]] = {}
    for position, (bit, rule) in enumerate(ranked):
        entry = (rule.field, rule.tier * 10_000 + position, rule.read, bit)
        table[rule.key] = (*table.get(rule.key, ()), entry)
    return table
