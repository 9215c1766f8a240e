"""All conventions in order of precedence, compiled into the tables that the hot path looks up."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Final

from evalwright.semconv.adk import ADK
from evalwright.semconv.claude_code import CLAUDE_CODE
from evalwright.semconv.fallbacks import FALLBACKS
from evalwright.semconv.laminar import LAMINAR
from evalwright.semconv.langfuse import LANGFUSE
from evalwright.semconv.langsmith import LANGSMITH
from evalwright.semconv.mlflow import MLFLOW
from evalwright.semconv.native import NATIVE
from evalwright.semconv.openinference import OPENINFERENCE
from evalwright.semconv.openlit import OPENLIT
from evalwright.semconv.openllmetry import OPENLLMETRY
from evalwright.semconv.otel_genai import OTEL_GENAI
from evalwright.semconv.pydantic_ai import PYDANTIC_AI
from evalwright.semconv.rules import Compiled, Convention, Rule, Source, compile_rules
from evalwright.semconv.strands import STRANDS
from evalwright.semconv.vercel import VERCEL

CONVENTIONS: Final[tuple[Convention, ...]] = (
    NATIVE,
    CLAUDE_CODE,
    STRANDS,
    ADK,
    VERCEL,
    PYDANTIC_AI,
    LANGSMITH,
    MLFLOW,
    LAMINAR,
    LANGFUSE,
    OPENINFERENCE,
    OPENLLMETRY,
    OPENLIT,
    OTEL_GENAI,
)
"""Products before the standards they build on: a span is named after the first convention that wrote on it."""

# Keys that several conventions share say nothing about who wrote the span.
_SHARED: Final = frozenset(
    {"session.id", "user.id", "error.type", "exception.type", "deployment.environment", "deployment.environment.name"}
    | {"enduser.id", "user.email", "user.account_uuid", "db.system", "db.system.name", "otel.status_code"}
    | {"conversation.id", "input", "output", "metadata"}
)


def _ranked(bare: int) -> list[tuple[int, Rule]]:
    pairs = []
    for index, convention in enumerate(CONVENTIONS):
        bit = 1 << index
        own = convention.bare if bare & bit else ()
        pairs += [(0 if rule.key in _SHARED else bit, rule) for rule in (*own, *convention.rules)]
    return pairs


@lru_cache(maxsize=64)
def rules_for(bits: int) -> Compiled:
    """The lookup table for spans known (by scope or name) to belong to the conventions in ``bits``."""
    return compile_rules(_ranked(bits))


@lru_cache(maxsize=4096)
def scope_bits(scope_name: str) -> int:
    """Bit set of the conventions whose instrumentation bears this scope name."""
    return sum(
        1 << index
        for index, convention in enumerate(CONVENTIONS)
        if any(_matches(scope_name, prefix) for prefix in convention.scopes)
    )


def _matches(scope_name: str, prefix: str) -> bool:
    """Whole names for short prefixes, so that the scope ``ai`` is not the scope ``aiohttp``."""
    return scope_name == prefix if len(prefix) < 4 else scope_name.startswith(prefix)


@lru_cache(maxsize=4096)
def convention_name(bits: int) -> str:
    """Name of the first convention in ``bits``; empty when there is none."""
    return next((convention.name for index, convention in enumerate(CONVENTIONS) if bits & (1 << index)), "")


@lru_cache(maxsize=4096)
def name_bits(span_name: str) -> int:
    """Bit set of the conventions that this name of a span gives away by how it starts."""
    return sum(
        1 << index
        for index, convention in enumerate(CONVENTIONS)
        if convention.span_prefix and span_name.startswith(convention.span_prefix)
    )


NAMED_KINDS: Final = {
    name: (1 << index, kind) for index, convention in enumerate(CONVENTIONS) for name, kind in convention.names.items()
}
"""First word of a span name -> (convention bit, kind)."""


def _sources() -> dict[str, tuple[Source, ...]]:
    grouped: dict[str, list[Source]] = defaultdict(list)
    for convention in (*CONVENTIONS, FALLBACKS):
        for source in convention.sources:
            grouped[source.field].append(source)
    return {name: tuple(sorted(found, key=lambda source: source.tier)) for name, found in grouped.items()}


SOURCES: Final = _sources()
"""Field of ``SpanContent`` -> where to read it, the most trusted source first."""
