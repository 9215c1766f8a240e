"""Vercel AI SDK: the ``ai.*`` spans of v3 to v6; v7 speaks GenAI with extras."""

from __future__ import annotations

from typing import Any, Final

from evalwright.domain.content import Message
from evalwright.domain.span import SpanKind
from evalwright.semconv.hosts import sdk_host
from evalwright.semconv.messages.conversation import read_conversation
from evalwright.semconv.messages.parts import call, reasoning_part, text_part
from evalwright.semconv.readers import finish, joined, stripped, tools, value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.values import always, compact_json, count, mapped, number, parse_json, shown, text, words
from evalwright.semconv.view import SpanView

_OUTER: Final = ("generateText", "streamText", "generateObject", "streamObject")
_INNER: Final = ("doGenerate", "doStream")
_KINDS: Final = {
    **{f"ai.{outer}": SpanKind.AGENT for outer in _OUTER},
    **{f"ai.{outer}.{inner}": SpanKind.LLM for outer in _OUTER for inner in _INNER},
    **{f"ai.{name}": SpanKind.EMBEDDING for name in ("embed", "embedMany", "embed.doEmbed", "embedMany.doEmbed")},
    "ai.rerank": SpanKind.RERANKER,
    "ai.rerank.doRerank": SpanKind.RERANKER,
    "ai.toolCall": SpanKind.TOOL,
}
_REPEATING: Final = {f"ai.{name}": True for name in (*_OUTER, "embed", "embedMany", "rerank")}
_META: Final = "ai.telemetry.metadata."


def _calls(value: Any) -> str | None:
    parsed = parse_json(value)
    return compact_json(parsed) if parsed else None


_RULES: Final = (
    *rules("kind", mapped(_KINDS), Tier.NATIVE, "ai.operationId"),
    *rules("rollup", mapped(_REPEATING), Tier.NATIVE, "ai.operationId"),
    *rules("session_id", text, Tier.ASSOCIATED, _META + "sessionId", _META + "session_id", _META + "threadId"),
    *rules("session_id", text, Tier.ASSOCIATED, _META + "langfuse_session_id", _META + "langfuseSessionId"),
    *rules("user_id", text, Tier.ASSOCIATED, _META + "userId", _META + "user_id"),
    *rules("tags", words, Tier.ASSOCIATED, _META + "tags"),
    *rules("agent_function", text, Tier.NATIVE, "ai.telemetry.functionId"),
    *rules("model_served", text, Tier.NATIVE, "ai.response.model"),
    *rules("model_requested", text, Tier.NATIVE, "ai.model.id", "aisdk.model.id"),
    *rules("provider", sdk_host, Tier.EXPLICIT, "ai.model.provider", "aisdk.model.provider"),
    *rules("input_tokens", count, Tier.NATIVE, "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"),
    *rules("uncached_input_tokens", count, Tier.NATIVE, "ai.usage.inputTokenDetails.noCacheTokens"),
    *rules("output_tokens", count, Tier.NATIVE, "ai.usage.outputTokens", "ai.usage.completionTokens"),
    *rules(
        "cache_read_tokens",
        count,
        Tier.NATIVE,
        "ai.usage.inputTokenDetails.cacheReadTokens",
        "ai.usage.cachedInputTokens",
    ),
    *rules("cache_write_tokens", count, Tier.NATIVE, "ai.usage.inputTokenDetails.cacheWriteTokens"),
    *rules(
        "reasoning_tokens",
        count,
        Tier.NATIVE,
        "ai.usage.outputTokenDetails.reasoningTokens",
        "ai.usage.reasoningTokens",
    ),
    *rules("ttft_ms", number, Tier.NATIVE, "ai.response.msToFirstChunk"),
    *rules("tool_name", text, Tier.NATIVE, "ai.toolCall.name"),
    *rules("tool_call_id", text, Tier.NATIVE, "ai.toolCall.id"),
    *rules("input", shown, Tier.STANDARD, "ai.prompt.messages", "ai.prompt", "ai.toolCall.args", "ai.value"),
    *rules("input", shown, Tier.STANDARD, "ai.values"),
    *rules("output", shown, Tier.STANDARD, "ai.response.text", "ai.response.object", "ai.toolCall.result"),
    *rules("output", _calls, Tier.STANDARD, "ai.response.toolCalls"),
    *rules("output", shown, Tier.LEGACY, "ai.result.text", "ai.result.object", "ai.result.toolCalls"),
    *rules("output", always("(vectors)"), Tier.GUESS, "ai.embedding", "ai.embeddings"),
)


def _prompt(view: SpanView) -> object:
    """The outer prompt: ``{system, prompt | messages}``."""
    prompt = view.get("ai.prompt")
    if not isinstance(prompt, dict):
        return read_conversation(prompt, "user")
    system = read_conversation(prompt.get("system"), "system")
    return (*system, *read_conversation(prompt.get("messages") or prompt.get("prompt"), "user"))


def _response(view: SpanView) -> object:
    """One assistant message out of the pieces that the SDK spreads over ``ai.response.*``."""
    for prefix in ("ai.response.", "ai.result."):
        said = view.attributes.get(prefix + "text") or view.attributes.get(prefix + "object")
        thought = view.attributes.get(prefix + "reasoning")
        calls = view.get(prefix + "toolCalls")
        parts = [reasoning_part(thought)] if isinstance(thought, str) and thought else []
        parts += [text_part(shown(said) or "")] if said else []
        parts += [call(item) for item in calls if isinstance(item, dict)] if isinstance(calls, list) else []
        if parts:
            reason = text(view.attributes.get(prefix + "finishReason")) or ""
            return (Message(role="assistant", parts=tuple(parts), finish_reason=reason),)
    return ()


_SOURCES: Final = (
    Source("input_messages", joined("ai.prompt.messages", "user"), Tier.STANDARD),
    Source("input_messages", _prompt, Tier.STANDARD),
    Source("output_messages", _response, Tier.STANDARD),
    Source("tools", tools("ai.prompt.tools"), Tier.NATIVE),
    Source("tool_arguments", value_of("ai.toolCall.args"), Tier.NATIVE),
    Source("tool_result", value_of("ai.toolCall.result"), Tier.NATIVE),
    Source("parameters", stripped("ai.settings."), Tier.LEGACY),
    Source("finish_reasons", finish("ai.response.finishReason", "ai.finishReason"), Tier.NATIVE),
    Source("response_id", value_of("ai.response.id"), Tier.NATIVE),
)

VERCEL: Final = Convention(name="vercel", rules=_RULES, sources=_SOURCES, scopes=("ai", "@ai-sdk"))
