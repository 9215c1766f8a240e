"""Google Agent Development Kit, telemetry schemas 1 and 2."""

from __future__ import annotations

from typing import Any, Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.messages.conversation import read_conversation
from evalwright.semconv.readers import joined, read_tools, value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.values import always, count, shown_unless_empty, text
from evalwright.semconv.view import SpanView

_KEY: Final = "gcp.vertex.agent."

_RULES: Final = (
    *rules("session_id", text, Tier.ASSOCIATED, _KEY + "session_id"),
    *rules("thought_tokens", count, Tier.LEGACY, "gen_ai.usage.experimental.reasoning_tokens"),
    *rules("kind_hint", always(SpanKind.OTHER), Tier.GUESS, _KEY + "data"),
    *rules("input", shown_unless_empty, Tier.NATIVE, _KEY + "tool_call_args", _KEY + "llm_request"),
    *rules("output", shown_unless_empty, Tier.NATIVE, _KEY + "tool_response", _KEY + "llm_response"),
)


def _request(view: SpanView) -> dict[str, Any]:
    request = view.get(_KEY + "llm_request")
    return request if isinstance(request, dict) else {}


def _config(view: SpanView) -> dict[str, Any]:
    config = _request(view).get("config")
    return config if isinstance(config, dict) else {}


def _messages(view: SpanView) -> Any:
    system = _config(view).get("system_instruction")
    return (*read_conversation(system, "system"), *read_conversation(_request(view).get("contents"), "user"))


def _declared(view: SpanView) -> Any:
    return read_tools(_config(view).get("tools"))


_SOURCES: Final = (
    Source("input_messages", _messages, Tier.NATIVE),
    Source("output_messages", joined(_KEY + "llm_response", "assistant"), Tier.NATIVE),
    Source("tools", _declared, Tier.LEGACY),
    Source("tool_arguments", value_of(_KEY + "tool_call_args"), Tier.NATIVE),
    Source("tool_result", value_of(_KEY + "tool_response"), Tier.NATIVE),
)

ADK: Final = Convention(
    name="adk",
    rules=_RULES,
    sources=_SOURCES,
    scopes=("gcp.vertex.agent", "google.adk", "google_adk"),
    names={
        "invocation": SpanKind.WORKFLOW,
        "agent_run": SpanKind.AGENT,
        "call_llm": SpanKind.LLM,
        "invoke_node": SpanKind.CHAIN,
        "execute_tool": SpanKind.TOOL,
    },
)
