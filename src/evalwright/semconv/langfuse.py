"""Langfuse SDKs v3 and later."""

from __future__ import annotations

from typing import Any, Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.readers import joined, mapping_of, value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.usage import summed
from evalwright.semconv.values import failed, mapped, mapping, text, unquoted, words

_KINDS: Final = {
    "generation": SpanKind.LLM,
    "event": SpanKind.EVENT,
    "embedding": SpanKind.EMBEDDING,
    "agent": SpanKind.AGENT,
    "tool": SpanKind.TOOL,
    "chain": SpanKind.CHAIN,
    "retriever": SpanKind.RETRIEVER,
    "guardrail": SpanKind.GUARDRAIL,
    "evaluator": SpanKind.EVALUATOR,
}
_SEEN: Final = "langfuse.observation."


def _total(value: Any) -> float | None:
    costs = mapping(value)
    return summed(costs) if costs else None


_RULES: Final = (
    *rules("kind", mapped(_KINDS), Tier.NATIVE, _SEEN + "type"),
    *rules("kind_hint", mapped({"span": SpanKind.CHAIN}), Tier.GUESS, _SEEN + "type"),
    *rules("session_id", text, Tier.EXPLICIT, "langfuse.session.id"),
    *rules("user_id", text, Tier.EXPLICIT, "langfuse.user.id"),
    *rules("tags", words, Tier.EXPLICIT, "langfuse.trace.tags"),
    *rules("model_served", text, Tier.EXPLICIT, _SEEN + "model.name"),
    *rules("usage_buckets", mapping, Tier.NATIVE, _SEEN + "usage_details"),
    *rules("cost", _total, Tier.EXPLICIT, _SEEN + "cost_details"),
    *rules("first_token_at", text, Tier.NATIVE, _SEEN + "completion_start_time"),
    *rules("input", unquoted, Tier.STANDARD, _SEEN + "input"),
    *rules("output", unquoted, Tier.STANDARD, _SEEN + "output"),
    *rules("input", unquoted, Tier.GUESS, "langfuse.trace.input"),
    *rules("output", unquoted, Tier.GUESS, "langfuse.trace.output"),
    *rules("prompt_name", text, Tier.EXPLICIT, _SEEN + "prompt.name", "langfuse.prompt.name"),
    *rules("prompt_version", text, Tier.EXPLICIT, _SEEN + "prompt.version", "langfuse.prompt.version"),
    *rules("environment", text, Tier.EXPLICIT, "langfuse.environment"),
    *rules("release", text, Tier.EXPLICIT, "langfuse.release"),
    *rules("release", text, Tier.LEGACY, "langfuse.version"),
    *rules("failed", failed, Tier.NATIVE, _SEEN + "level"),
    *rules("status_message", text, Tier.NATIVE, _SEEN + "status_message"),
)

_SOURCES: Final = (
    Source("input_messages", joined(_SEEN + "input", ""), Tier.ASSOCIATED),
    Source("output_messages", joined(_SEEN + "output", ""), Tier.ASSOCIATED),
    Source("tool_arguments", value_of(_SEEN + "input"), Tier.ASSOCIATED),
    Source("tool_result", value_of(_SEEN + "output"), Tier.ASSOCIATED),
    Source("parameters", mapping_of(_SEEN + "model.parameters"), Tier.EXPLICIT),
)

LANGFUSE: Final = Convention(name="langfuse", rules=_RULES, sources=_SOURCES, scopes=("langfuse",))
