"""OpenTelemetry GenAI: attributes of 1.27 to 1.42 and after the move, old names included, and its events."""

from __future__ import annotations

from typing import Final

from evalwright.domain.content import Message
from evalwright.domain.span import SpanKind
from evalwright.semconv.hosts import host
from evalwright.semconv.kinds import GEN_AI_OPERATIONS, VECTOR_STORES
from evalwright.semconv.messages.conversation import read_instructions
from evalwright.semconv.messages.events import genai_event_messages, told_details
from evalwright.semconv.readers import Read, documents, finish, joined, read_tools, stripped, tools, value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.usage import CACHE_DETAILS, REASONING_DETAILS
from evalwright.semconv.values import (
    always,
    count,
    failed,
    mapped,
    mapping,
    number,
    seconds,
    shown,
    text,
)
from evalwright.semconv.view import SpanView

_RULES: Final = (
    *rules("kind", mapped(GEN_AI_OPERATIONS), Tier.STANDARD, "gen_ai.operation.name"),
    *rules("kind_hint", always(SpanKind.TOOL), Tier.ASSOCIATED, "mcp.method.name", "gen_ai.tool.name"),
    *rules("kind_hint", mapped(VECTOR_STORES), Tier.ASSOCIATED, "db.system.name", "db.system"),
    *rules("session_id", text, Tier.STANDARD, "gen_ai.conversation.id"),
    *rules("session_id", text, Tier.GUESS, "conversation.id"),
    *rules("user_id", text, Tier.GUESS, "enduser.id", "user.email", "user.account_uuid"),
    *rules("agent_name", text, Tier.STANDARD, "gen_ai.agent.name"),
    *rules("model_served", text, Tier.STANDARD, "gen_ai.response.model"),
    *rules("model_requested", text, Tier.STANDARD, "gen_ai.request.model"),
    *rules("provider", host, Tier.STANDARD, "gen_ai.provider.name", "gen_ai.system"),
    *rules("input_tokens", count, Tier.STANDARD, "gen_ai.usage.input_tokens"),
    *rules("input_tokens", count, Tier.LEGACY, "gen_ai.usage.prompt_tokens"),
    *rules("output_tokens", count, Tier.STANDARD, "gen_ai.usage.output_tokens"),
    *rules("output_tokens", count, Tier.LEGACY, "gen_ai.usage.completion_tokens"),
    *rules("cache_read_tokens", count, Tier.STANDARD, "gen_ai.usage.cache_read.input_tokens"),
    *rules(
        "cache_write_tokens",
        count,
        Tier.STANDARD,
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
    ),
    *rules("reasoning_tokens", count, Tier.STANDARD, "gen_ai.usage.reasoning.output_tokens"),
    *rules("reasoning_tokens", count, Tier.LEGACY, "gen_ai.usage.reasoning_tokens"),
    *rules("input_details", mapping, Tier.LEGACY, *CACHE_DETAILS),
    *rules("output_details", mapping, Tier.LEGACY, *REASONING_DETAILS),
    *rules("ttft_ms", seconds, Tier.STANDARD, "gen_ai.response.time_to_first_chunk"),
    *rules("ttft_ms", seconds, Tier.LEGACY, "gen_ai.server.time_to_first_token"),
    *rules("tool_name", text, Tier.STANDARD, "gen_ai.tool.name"),
    *rules("tool_name", text, Tier.ASSOCIATED, "mcp.tool.name"),
    *rules("tool_call_id", text, Tier.STANDARD, "gen_ai.tool.call.id"),
    *rules("prompt_name", text, Tier.STANDARD, "gen_ai.prompt.name"),
    *rules("prompt_version", text, Tier.STANDARD, "gen_ai.prompt.version"),
    *rules("error_type", text, Tier.STANDARD, "error.type"),
    *rules("error_type", text, Tier.LEGACY, "exception.type"),
    *rules("failed", failed, Tier.STANDARD, "otel.status_code"),
    *rules("input", shown, Tier.LEGACY, "gen_ai.input.messages", "gen_ai.tool.call.arguments"),
    *rules("input", shown, Tier.LEGACY, "gen_ai.retrieval.query.text"),
    *rules("output", shown, Tier.LEGACY, "gen_ai.output.messages", "gen_ai.tool.call.result"),
    *rules("output", shown, Tier.LEGACY, "gen_ai.retrieval.documents"),
    *rules("input", shown, Tier.GUESS, "input"),
    *rules("output", shown, Tier.GUESS, "output"),
    *rules("environment", text, Tier.STANDARD, "deployment.environment.name", "deployment.environment"),
    *rules("cost", number, Tier.LEGACY, "gen_ai.usage.cost"),
)


def _instructions(view: SpanView) -> tuple[Message, ...]:
    return read_instructions(view.get("gen_ai.system_instructions"))


def _instructed(read: Read) -> Read:
    """Messages with the system instructions, which GenAI keeps apart, in front."""

    def with_system(view: SpanView) -> object:
        messages = read(view)
        if not messages:
            return ()
        said = {message.text for message in messages if message.role == "system"}
        return (*(system for system in _instructions(view) if system.text not in said), *messages)

    return with_system


def _told_tools(view: SpanView) -> object:
    return read_tools(told_details("gen_ai.tool.definitions")(view))


_SOURCES: Final = (
    Source("input_messages", _instructed(joined("gen_ai.input.messages", "user")), Tier.EXPLICIT),
    Source("output_messages", joined("gen_ai.output.messages", "assistant"), Tier.EXPLICIT),
    Source("input_messages", _instructed(genai_event_messages("input")), Tier.ASSOCIATED),
    Source("input_messages", _instructions, Tier.GUESS),
    Source("output_messages", genai_event_messages("output"), Tier.ASSOCIATED),
    Source("tools", tools("gen_ai.tool.definitions"), Tier.EXPLICIT),
    Source("tools", tools("gen_ai.tool_definitions", "gen_ai.request.tools", "gen_ai.agent.tools"), Tier.LEGACY),
    Source("tools", _told_tools, Tier.ASSOCIATED),
    Source("tool_arguments", value_of("gen_ai.tool.call.arguments"), Tier.STANDARD),
    Source("tool_result", value_of("gen_ai.tool.call.result"), Tier.STANDARD),
    Source("documents", documents("gen_ai.retrieval.documents"), Tier.STANDARD),
    Source("query", value_of("gen_ai.retrieval.query.text"), Tier.STANDARD),
    Source("prompt_variables", stripped("gen_ai.prompt.variable."), Tier.STANDARD),
    Source("parameters", stripped("gen_ai.request.", without=("model", "tools", "user")), Tier.STANDARD),
    Source("finish_reasons", finish("gen_ai.response.finish_reasons"), Tier.STANDARD),
    Source("response_id", value_of("gen_ai.response.id"), Tier.STANDARD),
)

# Its instrumentations share their scope prefix with those of HTTP clients and of OpenLLMetry: the keys decide.
OTEL_GENAI: Final = Convention(name="otel_genai", rules=_RULES, sources=_SOURCES, scopes=("agent_framework",))
