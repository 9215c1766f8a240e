"""What a script answers: text, tool calls or a fault, after a delay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalwright.testing.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call the model wants made. ``id`` is made from the response id when empty."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. With all defaults it is an empty assistant message, at once.

    Attributes:
        text: content of the assistant message.
        tool_calls: calls it makes; ``finish_reason`` is then ``tool_calls`` unless given.
        refusal: text of a refusal; content is then null.
        latency_s: wait before the first byte.
        chunk_latency_s: wait between chunks of a streamed answer.
        status: HTTP status; anything over 399 answers OpenAI's error object with ``error``.
        retry_after_s: sends a Retry-After header (whole and fractional seconds as given).
        hang: never answers; the client must give up.
        truncate: sends the head and half of the body, then closes the connection.
        raw: sends these bytes as the body instead of a chat completion.
        input_tokens: defaults to a quarter of the characters sent, like ``output_tokens`` of those answered.
        logprob: natural-log probability given to every token when the request asks for logprobs.
        model: what the endpoint says has answered; the model asked for when empty.
        system_fingerprint: of the system that answered; made from the seed when empty.
    """

    text: str = ""
    tool_calls: Sequence[ToolCall] = ()
    refusal: str = ""
    finish_reason: str = ""
    latency_s: float = 0.0
    chunk_latency_s: float = 0.0
    status: int = 200
    error: str = "scripted fault"
    error_code: str = ""
    retry_after_s: float | None = None
    hang: bool = False
    truncate: bool = False
    raw: bytes | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    logprob: float = -0.1
    model: str = ""
    system_fingerprint: str = ""


Script = Callable[[Call], "Reply | str"]
"""A function of the request; a plain string is a reply with that text."""


def rate_limited(retry_after_s: float | None = 0.05) -> Reply:
    """Returns a 429 with Retry-After (left out when None)."""
    return Reply(status=429, error="rate limit reached", error_code="rate_limit_exceeded", retry_after_s=retry_after_s)


def server_error(status: int = 500) -> Reply:
    """Returns a 5xx answer."""
    return Reply(status=status, error="the server had an error", error_code="server_error")


def refuses_format() -> Reply:
    """Returns the 400 of an endpoint that does not know the ``response_format`` it was sent."""
    return Reply(status=400, error="response_format type is not supported by this model", error_code="invalid_request")
