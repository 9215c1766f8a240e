"""Laminar (``lmnr``)."""

from __future__ import annotations

from typing import Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.readers import joined, value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.values import mapped, number, text, unquoted, words

_KINDS: Final = {
    "llm": SpanKind.LLM,
    "cached": SpanKind.LLM,
    "tool": SpanKind.TOOL,
    "evaluator": SpanKind.EVALUATOR,
    "evaluation": SpanKind.EVALUATOR,
    "human_evaluator": SpanKind.EVALUATOR,
    "executor": SpanKind.CHAIN,
    "pipeline": SpanKind.WORKFLOW,
}
_PROPERTY: Final = "lmnr.association.properties."

_RULES: Final = (
    *rules("kind", mapped(_KINDS), Tier.NATIVE, "lmnr.span.type"),
    *rules("kind_hint", mapped({"default": SpanKind.CHAIN}), Tier.GUESS, "lmnr.span.type"),
    *rules("session_id", text, Tier.ASSOCIATED, _PROPERTY + "session_id"),
    *rules("user_id", text, Tier.ASSOCIATED, _PROPERTY + "user_id"),
    *rules("tags", words, Tier.ASSOCIATED, _PROPERTY + "tags"),
    *rules("input_cost", number, Tier.LEGACY, "gen_ai.usage.input_cost"),
    *rules("output_cost", number, Tier.LEGACY, "gen_ai.usage.output_cost"),
    *rules("prompt_version", text, Tier.GUESS, "lmnr.span.prompt_hash"),
    *rules("input", unquoted, Tier.NATIVE, "lmnr.span.input"),
    *rules("output", unquoted, Tier.NATIVE, "lmnr.span.output"),
)

_SOURCES: Final = (
    Source("input_messages", joined("lmnr.span.input", ""), Tier.ASSOCIATED),
    Source("output_messages", joined("lmnr.span.output", ""), Tier.ASSOCIATED),
    Source("tool_arguments", value_of("lmnr.span.input"), Tier.ASSOCIATED),
    Source("tool_result", value_of("lmnr.span.output"), Tier.ASSOCIATED),
)

LAMINAR: Final = Convention(name="laminar", rules=_RULES, sources=_SOURCES, scopes=("lmnr", "@lmnr-ai"))
