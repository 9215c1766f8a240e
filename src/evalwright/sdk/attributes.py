"""What a program says about a span, as OpenInference attributes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from evalwright.sdk.values import cut, to_plain, to_text

AttributeValue = str | bool | int | float | Sequence[str]

_OPENINFERENCE_KINDS: Final = frozenset(
    ("LLM", "CHAIN", "RETRIEVER", "EMBEDDING", "AGENT", "TOOL", "RERANKER", "GUARDRAIL", "EVALUATOR", "PROMPT")
)
_PLAIN_KEYS: Final = {
    "model": "llm.model_name",
    "provider": "llm.provider",
    "input_tokens": "llm.token_count.prompt",
    "output_tokens": "llm.token_count.completion",
    "cache_read_tokens": "llm.token_count.prompt_details.cache_read",
    "reasoning_tokens": "llm.token_count.completion_details.reasoning",
    "cost": "llm.cost.total",
    "tool_name": "tool.name",
    "agent_name": "agent.name",
    "prompt_name": "evalwright.prompt.name",
    "prompt_version": "evalwright.prompt.version",
    "session_id": "session.id",
    "user_id": "user.id",
}


def attributes_of(fields: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Returns the attributes that say ``fields``; a None says nothing, and a value of a wrong shape is said as text."""
    found: dict[str, AttributeValue] = {}
    for name, value in fields.items():
        if value is not None:
            found.update(_attributes_or_text(name, value))
    return found


def _attributes_or_text(name: str, value: Any) -> dict[str, AttributeValue]:
    try:
        return dict(_attributes(name, value))
    except Exception:  # such as messages that are no mappings: telling about a span never breaks the program
        return {name: to_text(value)[0]}


def _attributes(name: str, value: Any) -> Iterator[tuple[str, AttributeValue]]:
    if name in _PLAIN_KEYS:
        yield _PLAIN_KEYS[name], _scalar(value)
    elif name == "kind":
        yield from _kind(str(value))
    elif name in ("input", "output"):
        text, mime = to_text(value)
        yield f"{name}.value", text
        yield f"{name}.mime_type", mime
    elif name == "tags":
        yield "tag.tags", [cut(str(tag), 500) for tag in value]
    elif name in ("input_messages", "output_messages"):
        yield from _messages(f"llm.{name}", value)
    elif name == "documents":
        yield from _documents(value)
    elif name == "metadata":
        yield "metadata", to_text(dict(value))[0]
    else:
        yield name, _scalar(value)


def _scalar(value: Any) -> AttributeValue:
    if isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, (list, tuple)) and all(isinstance(held, str) for held in value):
        return [cut(held) for held in value]
    return to_text(value)[0]


def _kind(kind: str) -> Iterator[tuple[str, str]]:
    upper = kind.upper()
    # Readers of OpenInference know ten kinds; ours has more.
    yield "openinference.span.kind", upper if upper in _OPENINFERENCE_KINDS else "CHAIN"
    if upper not in _OPENINFERENCE_KINDS:
        yield "evalwright.kind", upper


def _messages(prefix: str, messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, AttributeValue]]:
    for number, message in enumerate(messages):
        start = f"{prefix}.{number}.message"
        yield f"{start}.role", str(message.get("role", ""))
        if message.get("content") is not None:
            yield f"{start}.content", to_text(message["content"])[0]
        if message.get("tool_call_id"):
            yield f"{start}.tool_call_id", str(message["tool_call_id"])
        for place, call in enumerate(message.get("tool_calls") or ()):
            yield from _tool_call(f"{start}.tool_calls.{place}.tool_call", to_plain(call))


def _tool_call(start: str, call: Mapping[str, Any]) -> Iterator[tuple[str, AttributeValue]]:
    function = call.get("function") or call
    arguments = function.get("arguments", "")
    yield f"{start}.id", str(call.get("id", ""))
    yield f"{start}.function.name", str(function.get("name", ""))
    yield f"{start}.function.arguments", arguments if isinstance(arguments, str) else json.dumps(arguments)


def _documents(documents: Sequence[Any]) -> Iterator[tuple[str, AttributeValue]]:
    for number, document in enumerate(documents):
        start = f"retrieval.documents.{number}.document"
        fields = document if isinstance(document, Mapping) else {"content": document}
        for name in ("id", "content"):
            if fields.get(name) is not None:
                yield f"{start}.{name}", to_text(fields[name])[0]
        if fields.get("score") is not None:
            yield f"{start}.score", float(fields["score"])
        if fields.get("metadata"):
            yield f"{start}.metadata", to_text(dict(fields["metadata"]))[0]
