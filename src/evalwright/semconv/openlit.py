"""OpenLIT: GenAI attributes with extras."""

from __future__ import annotations

from typing import Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.readers import value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.values import always, count, number, shown, text

_RULES: Final = (
    *rules(
        "kind_hint",
        always(SpanKind.GUARDRAIL),
        Tier.NATIVE,
        "guard.verdict",
        "guard.score",
        "guard.classification",
        "guard.validator",
    ),
    *rules("session_id", text, Tier.NATIVE, "gen_ai.session.id"),
    *rules("user_id", text, Tier.LEGACY, "gen_ai.user.id", "gen_ai.request.user"),
    *rules("cache_read_tokens", count, Tier.LEGACY, "gen_ai.usage.prompt_tokens_details.cache_read"),
    *rules("cache_write_tokens", count, Tier.LEGACY, "gen_ai.usage.prompt_tokens_details.cache_write"),
    *rules("reasoning_tokens", count, Tier.LEGACY, "gen_ai.usage.completion_tokens_details.reasoning"),
    *rules("cost", number, Tier.LEGACY, "gen_ai.token.cost.total"),
    *rules("environment", text, Tier.NATIVE, "gen_ai.environment"),
    *rules("input", shown, Tier.LEGACY, "gen_ai.tool.input"),
    *rules("input", shown, Tier.GUESS, "gen_ai.tool.args"),
    *rules("output", shown, Tier.LEGACY, "gen_ai.tool.output"),
)

_SOURCES: Final = (
    Source("tool_arguments", value_of("gen_ai.tool.input", "gen_ai.tool.args"), Tier.LEGACY),
    Source("tool_result", value_of("gen_ai.tool.output"), Tier.LEGACY),
)

OPENLIT: Final = Convention(name="openlit", rules=_RULES, sources=_SOURCES, scopes=("openlit",))
