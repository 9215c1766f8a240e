"""OpenLLMetry / Traceloop: entity spans, and the flattened messages it wrote before GenAI had any."""

from __future__ import annotations

from typing import Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.messages.events import vector_search_documents
from evalwright.semconv.readers import mapping_of, spoken, tools, value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.values import count, mapped, text, unquoted

_KINDS: Final = {"workflow": SpanKind.WORKFLOW, "agent": SpanKind.AGENT, "tool": SpanKind.TOOL}
_REQUESTS: Final = {
    "chat": SpanKind.LLM,
    "completion": SpanKind.LLM,
    "rerank": SpanKind.RERANKER,
    "embedding": SpanKind.EMBEDDING,
}
_PROPERTY: Final = "traceloop.association.properties."

_RULES: Final = (
    *rules("kind", mapped(_KINDS), Tier.NATIVE, "traceloop.span.kind"),
    *rules("kind_hint", mapped({"task": SpanKind.CHAIN}), Tier.GUESS, "traceloop.span.kind"),
    *rules("kind", mapped(_REQUESTS), Tier.NATIVE, "llm.request.type"),
    *rules("session_id", text, Tier.ASSOCIATED, _PROPERTY + "session_id", _PROPERTY + "thread_id"),
    *rules("session_id", text, Tier.ASSOCIATED, _PROPERTY + "conversation_id", _PROPERTY + "chat_id"),
    *rules("user_id", text, Tier.ASSOCIATED, _PROPERTY + "user_id"),
    *rules("user_id", text, Tier.GUESS, "llm.user", "gen_ai.user"),
    *rules("agent_entity", text, Tier.LEGACY, "traceloop.entity.name"),
    *rules("model_served", text, Tier.LEGACY, "llm.response.model"),
    *rules("model_requested", text, Tier.LEGACY, "llm.request.model"),
    *rules("input_tokens", count, Tier.LEGACY, "llm.usage.prompt_tokens"),
    *rules("output_tokens", count, Tier.LEGACY, "llm.usage.completion_tokens"),
    *rules("total_tokens", count, Tier.LEGACY, "gen_ai.usage.total_tokens", "llm.usage.total_tokens"),
    *rules("cache_read_tokens", count, Tier.LEGACY, "gen_ai.usage.cache_read_input_tokens"),
    *rules(
        "cache_write_tokens",
        count,
        Tier.LEGACY,
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.cache_write_input_tokens",
    ),
    *rules("input", unquoted, Tier.ASSOCIATED, "traceloop.entity.input"),
    *rules("output", unquoted, Tier.ASSOCIATED, "traceloop.entity.output"),
    *rules("prompt_name", text, Tier.NATIVE, "traceloop.prompt.key"),
    *rules("prompt_version", text, Tier.NATIVE, "traceloop.prompt.version", "traceloop.prompt.version_name"),
)

_SOURCES: Final = (
    Source("input_messages", spoken("gen_ai.prompt", "user"), Tier.NATIVE),
    Source("output_messages", spoken("gen_ai.completion", "assistant"), Tier.NATIVE),
    Source("tools", tools("llm.request.functions"), Tier.NATIVE),
    Source("tool_arguments", value_of("traceloop.entity.input"), Tier.ASSOCIATED),
    Source("tool_result", value_of("traceloop.entity.output"), Tier.ASSOCIATED),
    Source("documents", vector_search_documents, Tier.NATIVE),
    Source("prompt_template", value_of("traceloop.prompt.template"), Tier.NATIVE),
    Source("prompt_variables", mapping_of("traceloop.prompt.template_variables"), Tier.NATIVE),
)

OPENLLMETRY: Final = Convention(name="openllmetry", rules=_RULES, sources=_SOURCES, scopes=("traceloop", "Traceloop"))
