"""MLflow tracing: every value is JSON text, plain strings included."""

from __future__ import annotations

from typing import Any, Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.hosts import host
from evalwright.semconv.readers import joined, tools, value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.usage import summed
from evalwright.semconv.values import mapped, mapping, unquoted, word

_KINDS: Final = {
    "agent": SpanKind.AGENT,
    "chain": SpanKind.CHAIN,
    "task": SpanKind.CHAIN,
    "parser": SpanKind.CHAIN,
    "chat_model": SpanKind.LLM,
    "llm": SpanKind.LLM,
    "tool": SpanKind.TOOL,
    "retriever": SpanKind.RETRIEVER,
    "reranker": SpanKind.RERANKER,
    "embedding": SpanKind.EMBEDDING,
    "memory": SpanKind.MEMORY,
    "guardrail": SpanKind.GUARDRAIL,
    "evaluator": SpanKind.EVALUATOR,
    "workflow": SpanKind.WORKFLOW,
}


def _cost(value: Any) -> float | None:
    costs = mapping(value)
    return summed({name.removesuffix("_cost"): amount for name, amount in costs.items()}) if costs else None


_RULES: Final = (
    *rules("kind", mapped(_KINDS), Tier.NATIVE, "mlflow.spanType"),
    *rules("session_id", word, Tier.EXPLICIT, "mlflow.trace.session"),
    *rules("user_id", word, Tier.EXPLICIT, "mlflow.trace.user"),
    *rules("model_served", word, Tier.NATIVE, "mlflow.llm.model"),
    *rules("provider", host, Tier.NATIVE, "mlflow.llm.provider"),
    *rules("usage_totals", mapping, Tier.NATIVE, "mlflow.chat.tokenUsage"),
    *rules("cost", _cost, Tier.NATIVE, "mlflow.llm.cost"),
    *rules("tool_entity", word, Tier.NATIVE, "mlflow.spanFunctionName"),
    *rules("input", unquoted, Tier.NATIVE, "mlflow.spanInputs"),
    *rules("output", unquoted, Tier.NATIVE, "mlflow.spanOutputs"),
)

# Arguments of a call become attributes of the same names; a failed call names its model nowhere else.
_BARE: Final = (
    *rules("model_requested", word, Tier.LEGACY, "model"),
    *rules("tool_call_id", word, Tier.LEGACY, "tool_call_id"),
)

_SOURCES: Final = (
    Source("input_messages", joined("mlflow.spanInputs", ""), Tier.ASSOCIATED),
    Source("output_messages", joined("mlflow.spanOutputs", ""), Tier.ASSOCIATED),
    Source("tools", tools("mlflow.chat.tools"), Tier.NATIVE),
    Source("tool_arguments", value_of("mlflow.spanInputs"), Tier.ASSOCIATED),
    Source("tool_result", value_of("mlflow.spanOutputs"), Tier.ASSOCIATED),
)

MLFLOW: Final = Convention(name="mlflow", rules=_RULES, bare=_BARE, sources=_SOURCES, scopes=("mlflow",))
