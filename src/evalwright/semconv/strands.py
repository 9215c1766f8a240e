"""Strands Agents (AWS): GenAI attributes doubled under old names, messages as span events."""

from __future__ import annotations

from typing import Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.messages.events import genai_event_values
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.values import always, failed, number, text

_MEMORY: Final = ("memory.search", "memory.add", "memory.inject", "memory.extract")

_RULES: Final = (
    *rules("kind_hint", always(SpanKind.CHAIN), Tier.NATIVE, "event_loop.cycle_id"),
    *rules("failed", failed, Tier.NATIVE, "gen_ai.tool.status"),
)

# Its time to first token is in milliseconds, everybody else's in seconds.
_BARE: Final = (
    *rules("ttft_ms", number, Tier.EXPLICIT, "gen_ai.server.time_to_first_token"),
    *rules("session_id", text, Tier.NATIVE, "session.id"),
)

_SOURCES: Final = (
    Source("tool_arguments", genai_event_values("gen_ai.tool.message", "content"), Tier.ASSOCIATED),
    Source("tool_result", genai_event_values("gen_ai.choice", "message"), Tier.ASSOCIATED),
)

STRANDS: Final = Convention(
    name="strands",
    rules=_RULES,
    bare=_BARE,
    sources=_SOURCES,
    scopes=("strands",),
    names={
        "execute_event_loop_cycle": SpanKind.CHAIN,
        "invoke_swarm": SpanKind.WORKFLOW,
        "invoke_graph": SpanKind.WORKFLOW,
        **dict.fromkeys(_MEMORY, SpanKind.MEMORY),
    },
)
