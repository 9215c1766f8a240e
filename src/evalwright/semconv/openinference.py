"""OpenInference (Phoenix, Arize and every ``openinference-instrumentation-*``)."""

from __future__ import annotations

from typing import Final

from evalwright.semconv.hosts import host
from evalwright.semconv.kinds import OPENINFERENCE as _KINDS
from evalwright.semconv.messages.conversation import read_completions
from evalwright.semconv.readers import documents, finish, joined, mapping_of, tools, value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.values import count, mapped, number, shown, text, within, words
from evalwright.semconv.view import SpanView

_RULES: Final = (
    *rules("kind", mapped(_KINDS), Tier.STANDARD, "openinference.span.kind"),
    *rules("session_id", text, Tier.NATIVE, "session.id"),
    *rules("user_id", text, Tier.NATIVE, "user.id"),
    *rules("session_id", within("session_id", "thread_id", "conversation_id"), Tier.ASSOCIATED, "metadata"),
    *rules("user_id", within("user_id", "userId"), Tier.ASSOCIATED, "metadata"),
    *rules("agent_name", within("lc_agent_name"), Tier.ASSOCIATED, "metadata"),
    *rules("tags", words, Tier.STANDARD, "tag.tags"),
    *rules("agent_name", text, Tier.NATIVE, "agent.name"),
    *rules("agent_name", text, Tier.GUESS, "graph.node.name"),
    *rules("model_served", text, Tier.NATIVE, "llm.response.model_name", "llm.model_name"),
    *rules("model_served", text, Tier.NATIVE, "embedding.model_name", "reranker.model_name"),
    *rules("model_requested", text, Tier.NATIVE, "llm.request.model_name"),
    *rules("provider", host, Tier.NATIVE, "llm.provider", "llm.system"),
    *rules("input_tokens", count, Tier.NATIVE, "llm.token_count.prompt"),
    *rules("output_tokens", count, Tier.NATIVE, "llm.token_count.completion"),
    *rules("total_tokens", count, Tier.NATIVE, "llm.token_count.total"),
    *rules(
        "cache_read_tokens",
        count,
        Tier.NATIVE,
        "llm.token_count.prompt_details.cache_read",
        "llm.token_count.prompt_details.cache_input",
    ),
    *rules("cache_write_tokens", count, Tier.NATIVE, "llm.token_count.prompt_details.cache_write"),
    *rules("reasoning_tokens", count, Tier.NATIVE, "llm.token_count.completion_details.reasoning"),
    *rules("cost", number, Tier.NATIVE, "llm.cost.total"),
    *rules("input_cost", number, Tier.NATIVE, "llm.cost.prompt"),
    *rules("output_cost", number, Tier.NATIVE, "llm.cost.completion"),
    *rules("input", shown, Tier.EXPLICIT, "input.value"),
    *rules("input_mime", text, Tier.EXPLICIT, "input.mime_type"),
    *rules("output", shown, Tier.EXPLICIT, "output.value"),
    *rules("output_mime", text, Tier.EXPLICIT, "output.mime_type"),
    *rules("tool_name", text, Tier.NATIVE, "tool.name"),
    *rules("tool_call_id", text, Tier.NATIVE, "tool.id", "tool_call.id"),
    *rules("prompt_name", text, Tier.NATIVE, "prompt.name", "prompt.id"),
    *rules("prompt_version", text, Tier.NATIVE, "llm.prompt_template.version"),
)


def _prompts(view: SpanView) -> object:
    return read_completions(view.get("llm.prompts"), "user", "prompt")


def _choices(view: SpanView) -> object:
    return read_completions(view.get("llm.choices"), "assistant", "completion")


_SOURCES: Final = (
    Source("input_messages", joined("llm.input_messages", "user"), Tier.STANDARD),
    Source("output_messages", joined("llm.output_messages", "assistant"), Tier.STANDARD),
    Source("input_messages", _prompts, Tier.NATIVE),
    Source("output_messages", _choices, Tier.NATIVE),
    Source("output_messages", joined("llm.function_call", "assistant"), Tier.LEGACY),
    Source("tools", tools("llm.tools"), Tier.STANDARD),
    Source("tool_arguments", mapping_of("input.value"), Tier.LEGACY),
    Source("tool_arguments", value_of("tool.parameters"), Tier.GUESS),
    Source("documents", documents("retrieval.documents", "reranker.output_documents"), Tier.NATIVE),
    Source("documents", documents("reranker.input_documents"), Tier.LEGACY),
    Source("query", value_of("reranker.query"), Tier.NATIVE),
    Source("prompt_template", value_of("llm.prompt_template.template"), Tier.NATIVE),
    Source("prompt_variables", mapping_of("llm.prompt_template.variables"), Tier.NATIVE),
    Source("parameters", mapping_of("llm.invocation_parameters", "embedding.invocation_parameters"), Tier.NATIVE),
    Source("finish_reasons", finish("llm.finish_reason"), Tier.NATIVE),
)

OPENINFERENCE: Final = Convention(
    name="openinference",
    rules=_RULES,
    sources=_SOURCES,
    scopes=("openinference.", "@arizeai/openinference", "arize"),
)
