"""Pydantic AI (instrumentation versions 1 to 6) and Logfire."""

from __future__ import annotations

from typing import Any, Final

from evalwright.domain.content import Message
from evalwright.domain.span import SpanKind
from evalwright.semconv.messages.conversation import read_conversation
from evalwright.semconv.messages.events import body_messages
from evalwright.semconv.messages.parts import text_part
from evalwright.semconv.readers import Read, tools, value_of
from evalwright.semconv.rules import Convention, Source, Tier, rules
from evalwright.semconv.values import always, count, number, shown, text, words
from evalwright.semconv.view import SpanView

_RULES: Final = (
    *rules(
        "kind_hint",
        always(SpanKind.AGENT),
        Tier.NATIVE,
        "pydantic_ai.all_messages",
        "all_messages_events",
        "gen_ai.agent.call.id",
    ),
    *rules("agent_name", text, Tier.LEGACY, "agent_name"),
    *rules("model_requested", text, Tier.LEGACY, "model_name"),
    *rules("input_tokens", count, Tier.NATIVE, "gen_ai.aggregated_usage.input_tokens"),
    *rules("output_tokens", count, Tier.NATIVE, "gen_ai.aggregated_usage.output_tokens"),
    *rules(
        "cache_read_tokens",
        count,
        Tier.LEGACY,
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cached_tokens",
    ),
    *rules("cache_write_tokens", count, Tier.LEGACY, "gen_ai.usage.details.cache_write_tokens"),
    *rules("reasoning_tokens", count, Tier.LEGACY, "gen_ai.usage.details.reasoning_tokens"),
    *rules("cost", number, Tier.NATIVE, "operation.cost"),
    *rules("tags", words, Tier.NATIVE, "logfire.tags"),
    *rules("input", shown, Tier.NATIVE, "tool_arguments"),
    *rules("output", shown, Tier.NATIVE, "tool_response", "final_result"),
)


def _history(take: str) -> Read:
    """Splits an agent's history at its last answer: what came before is input."""

    def read(view: SpanView) -> Any:
        messages = read_conversation(view.get("pydantic_ai.all_messages"), "user")
        messages = messages or body_messages(view.get("all_messages_events"))
        if not messages:
            return ()
        answered = messages[-1].role == "assistant"
        if take == "output":
            return messages[-1:] if answered else ()
        return messages[:-1] if answered else messages

    return read


def _logged(take: str) -> Read:
    """The version 1 ``events`` list: requests first, ``gen_ai.choice`` last."""

    def read(view: SpanView) -> Any:
        events = view.get("events")
        if not isinstance(events, list):
            return ()
        wanted = [event for event in events if isinstance(event, dict) and _is_choice(event) == (take == "output")]
        return body_messages(wanted)

    return read


def _final(view: SpanView) -> Any:
    said = shown(view.attributes.get("final_result"))
    return (Message(role="assistant", parts=(text_part(said),)),) if said else ()


def _is_choice(event: dict[str, Any]) -> bool:
    return event.get("event.name") == "gen_ai.choice"


_SOURCES: Final = (
    Source("input_messages", _history("input"), Tier.ASSOCIATED),
    Source("output_messages", _history("output"), Tier.ASSOCIATED),
    Source("input_messages", _logged("input"), Tier.NATIVE),
    Source("output_messages", _logged("output"), Tier.NATIVE),
    Source("output_messages", _final, Tier.LEGACY),
    Source("tools", tools("model_request_parameters"), Tier.NATIVE),
    Source("tool_arguments", value_of("tool_arguments"), Tier.NATIVE),
    Source("tool_result", value_of("tool_response"), Tier.NATIVE),
)

PYDANTIC_AI: Final = Convention(
    name="pydantic_ai", rules=_RULES, sources=_SOURCES, scopes=("pydantic-ai", "pydantic_ai", "logfire")
)
