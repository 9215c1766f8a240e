"""OpenAI's wire format: chat completions whole and streamed, errors, embeddings, models."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from evalwright.testing.call import Call, message_text
from evalwright.testing.reply import Reply


def completion(call: Call, reply: Reply, created: int) -> dict[str, Any]:
    """Returns a ``chat.completion`` object."""
    identity = response_id(call)
    choice: dict[str, Any] = {
        "index": 0,
        "message": _message(reply, identity),
        "finish_reason": _finish(reply),
        "logprobs": _logprobs(reply) if call.body.get("logprobs") else None,
    }
    return {
        "id": identity,
        "object": "chat.completion",
        "created": created,
        "model": reply.model or call.model,
        "choices": [choice],
        "usage": usage(call, reply),
        "system_fingerprint": reply.system_fingerprint or f"fp_{call.seed:08x}",
    }


def response_id(call: Call) -> str:
    """Returns an id that depends on the seed, the messages and the attempt, not on the order of arrival."""
    text = json.dumps([call.seed, call.attempt, call.model, call.messages], sort_keys=True, default=str)
    return "chatcmpl-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def usage(call: Call, reply: Reply) -> dict[str, Any]:
    """Returns token counts; about four characters to a token where the script gives none."""
    sent = sum(len(message_text(message)) for message in call.messages)
    said = len(reply.text) + sum(len(c.name) + len(_arguments(c.arguments)) for c in reply.tool_calls)
    into = reply.input_tokens if reply.input_tokens is not None else max(1, sent // 4)
    out = reply.output_tokens if reply.output_tokens is not None else max(1, said // 4) + reply.reasoning_tokens
    return {
        "prompt_tokens": into,
        "completion_tokens": out,
        "total_tokens": into + out,
        "prompt_tokens_details": {"cached_tokens": min(reply.cached_tokens, into)},
        "completion_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
    }


def _arguments(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _tool_calls(reply: Reply, identity: str) -> list[dict[str, Any]]:
    return [
        {
            "id": call.id or f"call_{identity[-12:]}_{position}",
            "type": "function",
            "function": {"name": call.name, "arguments": _arguments(call.arguments)},
        }
        for position, call in enumerate(reply.tool_calls)
    ]


def _message(reply: Reply, identity: str) -> dict[str, Any]:
    empty = reply.refusal or (reply.tool_calls and not reply.text)
    message: dict[str, Any] = {"role": "assistant", "content": None if empty else reply.text}
    message["refusal"] = reply.refusal or None
    if reply.tool_calls:
        message["tool_calls"] = _tool_calls(reply, identity)
    return message


def _finish(reply: Reply) -> str:
    return reply.finish_reason or ("tool_calls" if reply.tool_calls else "stop")


def _logprobs(reply: Reply) -> dict[str, Any]:
    words = reply.text.split(" ")
    tokens = [word if not place else f" {word}" for place, word in enumerate(words)]
    content = [
        {"token": token, "logprob": reply.logprob, "bytes": list(token.encode("utf-8", "replace")), "top_logprobs": []}
        for token in tokens
    ]
    return {"content": content}


def stream(call: Call, reply: Reply, created: int) -> Iterator[bytes]:
    """Yields server-sent events: role, pieces of text, tool calls, finish, usage when asked for, ``[DONE]``."""
    identity = response_id(call)
    model = reply.model or call.model
    base = {"id": identity, "object": "chat.completion.chunk", "created": created, "model": model}

    def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _event({**base, "choices": [choice]})

    yield event({"role": "assistant", "content": ""})
    for start in range(0, len(reply.text), 16):
        yield event({"content": reply.text[start : start + 16]})
    for position, made in enumerate(_tool_calls(reply, identity)):
        yield event({"tool_calls": [{"index": position, **made}]})
    yield event({}, _finish(reply))
    if (call.body.get("stream_options") or {}).get("include_usage"):
        yield _event({**base, "choices": [], "usage": usage(call, reply)})
    yield b"data: [DONE]\n\n"


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def error_object(reply: Reply) -> dict[str, Any]:
    """Returns OpenAI's error object."""
    kind = "invalid_request_error" if reply.status < 500 else "server_error"
    return {"error": {"message": reply.error, "type": kind, "code": reply.error_code or None, "param": None}}


def embeddings(texts: Sequence[str], model: str, dimensions: int) -> dict[str, Any]:
    """Returns unit vectors: hashed words, so texts that share words are near each other, the same everywhere."""
    data = [{"object": "embedding", "index": i, "embedding": _vector(t, dimensions)} for i, t in enumerate(texts)]
    tokens = sum(max(1, len(text) // 4) for text in texts)
    return {
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _vector(text: str, dimensions: int) -> list[float]:
    vector = [0.0] * dimensions
    for word in text.lower().split():
        digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
        vector[int.from_bytes(digest[:4], "big") % dimensions] += 1.0 if digest[4] & 1 else -1.0
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector] if length else [1.0, *vector[1:]]


def models(names: Sequence[str]) -> dict[str, Any]:
    """Returns the list of models."""
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": "evalwright"} for name in names]}
