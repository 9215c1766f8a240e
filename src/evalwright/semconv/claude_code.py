"""Claude Code's own spans (beta): bare attribute names, token counts without cache."""

from __future__ import annotations

from typing import Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.messages.events import named_event
from evalwright.semconv.readers import finish, value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.values import count, failed, mapped, number, shown, text

_STEPS: Final = {
    "interaction": SpanKind.AGENT,
    "llm_request": SpanKind.LLM,
    "tool": SpanKind.TOOL,
    "tool.blocked_on_user": SpanKind.WAIT,
    "tool.execution": SpanKind.CHAIN,
    "hook": SpanKind.HOOK,
}
_KINDS: Final = {**_STEPS, **{f"claude_code.{step}": kind for step, kind in _STEPS.items()}}

_BARE: Final = (
    *rules("kind_hint", mapped(_KINDS), Tier.EXPLICIT, "span.type"),
    *rules("agent_name", text, Tier.NATIVE, "subagent_type", "agent_id"),
    *rules("model_requested", text, Tier.LEGACY, "model"),
    *rules("uncached_input_tokens", count, Tier.NATIVE, "input_tokens"),
    *rules("output_tokens", count, Tier.NATIVE, "output_tokens"),
    *rules("cache_read_tokens", count, Tier.NATIVE, "cache_read_tokens"),
    *rules("cache_write_tokens", count, Tier.NATIVE, "cache_creation_tokens"),
    *rules("cost", number, Tier.NATIVE, "cost_usd"),
    *rules("ttft_ms", number, Tier.NATIVE, "ttft_ms"),
    *rules("tool_name", text, Tier.NATIVE, "tool_name"),
    *rules("tool_call_id", text, Tier.NATIVE, "tool_use_id"),
    *rules("failed", failed, Tier.NATIVE, "success"),
    *rules("status_message", text, Tier.NATIVE, "error"),
    *rules("input", shown, Tier.NATIVE, "user_prompt", "tool_input", "full_command", "file_path"),
    *rules("output", shown, Tier.NATIVE, "response.model_output", "tool_output"),
)

_SOURCES: Final = (
    Source("tool_arguments", value_of("tool_input"), Tier.LEGACY),
    Source("tool_result", named_event("tool.output"), Tier.LEGACY),
    Source("finish_reasons", finish("stop_reason"), Tier.LEGACY),
)

CLAUDE_CODE: Final = Convention(
    name="claude_code",
    bare=_BARE,
    sources=_SOURCES,
    scopes=("com.anthropic.claude_code",),
    span_prefix="claude_code.",
    names={f"claude_code.{step}": kind for step, kind in _STEPS.items()},
)
