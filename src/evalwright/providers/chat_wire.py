"""The chat completions wire: request bodies for three ways of asking for JSON, replies read tolerantly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from evalwright.domain.errors import ModelCallFailed
from evalwright.ports.models import ChatReply, ChatRequest
from evalwright.ports.prices import Usage

MAX_NAME: Final = 300
"""Characters of what an endpoint calls its model that are read."""


class JsonMode(StrEnum):
    """How an endpoint is asked for JSON, strongest first."""

    SCHEMA = "json_schema"
    OBJECT = "json_object"
    TEXT = "text"


WEAKER = {JsonMode.SCHEMA: JsonMode.OBJECT, JsonMode.OBJECT: JsonMode.TEXT}


def request_body(request: ChatRequest, mode: JsonMode) -> dict[str, Any]:
    """Returns the JSON body of a call; weaker modes say the schema in words."""
    body: dict[str, Any] = {"model": request.model, "messages": list(request.messages)}
    if request.schema is not None:
        body |= _json_request(request, mode)
    optional = {"temperature": request.temperature, "max_tokens": request.max_tokens, "seed": request.seed}
    body |= {name: value for name, value in optional.items() if value is not None}
    if request.logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": request.logprobs}
    if request.tools:
        body["tools"] = list(request.tools)
    return body | dict(request.extra)


def _json_request(request: ChatRequest, mode: JsonMode) -> dict[str, Any]:
    if mode is JsonMode.SCHEMA:
        shape = {"name": request.schema_name, "schema": request.schema, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": shape}}
    words = f"Answer with one JSON object of this JSON schema and nothing else:\n{json.dumps(request.schema)}"
    said: dict[str, Any] = {"messages": [*request.messages, {"role": "user", "content": words}]}
    return said | ({"response_format": {"type": "json_object"}} if mode is JsonMode.OBJECT else {})


def refuses_json_mode(status: int, text: str) -> bool:
    """True when an endpoint's error says that it does not know the response format it was sent."""
    lowered = text.lower()
    return status in (400, 404, 415, 422, 501) and any(
        word in lowered
        for word in ("response_format", "json_schema", "json_object", "structured output", "guided_json")
    )


def read_reply(data: Any) -> ChatReply:
    """Returns the first choice of a completion; ``cost`` and the timings are the caller's to fill.

    Raises:
        ModelCallFailed: the answer holds no choice, or the model refused.
    """
    choice = _first(data.get("choices")) if isinstance(data, dict) else {}
    message = choice.get("message")
    if not isinstance(message, dict):
        raise ModelCallFailed("the endpoint's answer holds no message", hint="is this an OpenAI-compatible endpoint?")
    text = _text(message.get("content"))
    if message.get("refusal") and not text:
        raise ModelCallFailed(f"the model refused: {str(message['refusal'])[:200]!r}")
    usage = data.get("usage") if isinstance(data.get("usage"), dict) else {}
    logprobs = choice.get("logprobs")
    tokens = logprobs.get("content") if isinstance(logprobs, dict) else ()
    return ChatReply(
        text=text,
        model=str(data.get("model") or "")[:MAX_NAME],
        system_fingerprint=str(data.get("system_fingerprint") or "")[:MAX_NAME],
        finish_reason=str(choice.get("finish_reason") or ""),
        tool_calls=_objects(message.get("tool_calls")),
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        cache_read_tokens=_count(usage.get("prompt_tokens_details"), "cached_tokens"),
        reasoning_tokens=_count(usage.get("completion_tokens_details"), "reasoning_tokens"),
        response_id=str(data.get("id") or ""),
        logprobs=_objects(tokens),
    )


def _first(choices: Any) -> dict[str, Any]:
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}


def _objects(values: Any) -> tuple[dict[str, Any], ...]:
    return tuple(value for value in values if isinstance(value, dict)) if isinstance(values, list) else ()


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _count(values: Any, name: str) -> int | None:
    found = values.get(name) if isinstance(values, Mapping) else None
    return found if isinstance(found, int) and found >= 0 else None


def usage_of(reply: ChatReply) -> Usage | None:
    """Returns the reply's token counts for pricing; None when the endpoint did not say."""
    if reply.input_tokens is None and reply.output_tokens is None:
        return None
    return Usage(
        input_tokens=reply.input_tokens or 0,
        cache_read_tokens=reply.cache_read_tokens or 0,
        output_tokens=reply.output_tokens or 0,
        reasoning_tokens=reply.reasoning_tokens or 0,
    )
