"""Language models, reached over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One chat call. ``messages`` are OpenAI chat messages; ``schema`` asks for JSON of that schema.

    ``deadline_s`` bounds the call from its first attempt on, retries included.
    """

    model: str
    messages: Sequence[Mapping[str, Any]]
    schema: Mapping[str, Any] | None = None
    schema_name: str = "answer"
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    logprobs: int | None = None
    tools: Sequence[Mapping[str, Any]] = ()
    deadline_s: float = 60.0
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """The answer. ``cost`` is None when the model has no known price; ``retries`` counts extra attempts.

    ``model`` and ``system_fingerprint`` are what the endpoint says has answered, which may be more exact than what was
    asked for.
    """

    text: str
    model: str
    finish_reason: str = ""
    tool_calls: Sequence[Mapping[str, Any]] = ()
    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: float | None = None
    latency_ms: float = 0.0
    retries: int = 0
    response_id: str = ""
    system_fingerprint: str = ""
    logprobs: Sequence[Any] = ()


class ChatModel(Protocol):
    """Asks a model. Safe to share between tasks; concurrency is limited inside."""

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Returns the reply, or raises ModelCallFailed once retries or the deadline are spent."""
        ...
