"""LangSmith's OpenTelemetry export."""

from __future__ import annotations

from typing import Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.hosts import host
from evalwright.semconv.rules import Convention, Tier, rules
from evalwright.semconv.values import mapped, mapping, shown, text, words

_KINDS: Final = {
    "llm": SpanKind.LLM,
    "chain": SpanKind.CHAIN,
    "parser": SpanKind.CHAIN,
    "tool": SpanKind.TOOL,
    "retriever": SpanKind.RETRIEVER,
    "embedding": SpanKind.EMBEDDING,
    "prompt": SpanKind.PROMPT,
}
_META: Final = "langsmith.metadata."

# gen_ai.prompt and gen_ai.completion hold the whole input and output; their messages are read by the sources of
# the same key in ``openllmetry``, which take JSON text and flattened lists alike.
_RULES: Final = (
    *rules("kind", mapped(_KINDS), Tier.NATIVE, "langsmith.span.kind"),
    *rules("session_id", text, Tier.ASSOCIATED, _META + "session_id", _META + "thread_id", _META + "conversation_id"),
    *rules("user_id", text, Tier.ASSOCIATED, _META + "user_id"),
    *rules("tags", words, Tier.NATIVE, "langsmith.span.tags"),
    *rules("agent_name", text, Tier.ASSOCIATED, _META + "lc_agent_name"),
    *rules("model_requested", text, Tier.ASSOCIATED, _META + "ls_model_name"),
    *rules("provider", host, Tier.NATIVE, _META + "ls_provider"),
    *rules("usage_totals", mapping, Tier.NATIVE, "langsmith.usage_metadata", _META + "usage_metadata"),
    *rules("tool_entity", text, Tier.LEGACY, "langsmith.trace.name"),
    *rules("input", shown, Tier.LEGACY, "gen_ai.prompt"),
    *rules("output", shown, Tier.LEGACY, "gen_ai.completion"),
    *rules("environment", text, Tier.ASSOCIATED, _META + "environment"),
    *rules("release", text, Tier.ASSOCIATED, _META + "revision_id"),
)

LANGSMITH: Final = Convention(name="langsmith", rules=_RULES, scopes=("langsmith",))
