"""The agents' model, over HTTP: any OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
from opentelemetry.trace import Span, SpanKind

from examples.support_triage import telemetry

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the model is. ``luck`` separates repeats of one question; real endpoints ignore it."""

    base_url: str
    model: str = "gpt-4.1-mini"
    api_key: str = "none"
    timeout_s: float = 60.0
    client: httpx2.Client = field(repr=False, compare=False, default_factory=lambda: httpx2.Client(trust_env=True))

    @classmethod
    def from_environment(cls) -> Endpoint:
        """Returns the endpoint that OPENAI_BASE_URL, OPENAI_API_KEY and SUPPORT_TRIAGE_MODEL name."""
        return cls(
            base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8399/v1"),
            model=os.environ.get("SUPPORT_TRIAGE_MODEL", "gpt-4.1-mini"),
            api_key=os.environ.get("OPENAI_API_KEY", "none"),
            timeout_s=float(os.environ.get("SUPPORT_TRIAGE_TIMEOUT_S", "60")),
        )

    def chat(
        self, agent: str, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], luck: str = ""
    ) -> dict[str, Any]:
        """Returns the assistant message.

        Raises:
            httpx2.HTTPError: the endpoint did not answer in time, or not with a message.
        """
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": self.model,
            "gen_ai.agent.name": agent,
            "gen_ai.input.messages": telemetry.chat_messages(messages),
            "gen_ai.tool.definitions": json.dumps([{"type": "function", **tool["function"]} for tool in tools]),
        }
        with telemetry.operation(f"chat {self.model}", attributes, SpanKind.CLIENT) as span:
            body = {"model": self.model, "messages": list(messages), "tools": list(tools), "user": luck}
            headers = {"authorization": f"Bearer {self.api_key}"}
            url = f"{self.base_url.rstrip('/')}/chat/completions"
            answer = self.client.post(url, json=body, headers=headers, timeout=self.timeout_s)
            answer.raise_for_status()
            data = answer.json()
            message: dict[str, Any] = data["choices"][0]["message"]
            _record(span, data, message)
            return message


def _record(span: Span, data: Mapping[str, Any], message: Message) -> None:
    usage = data.get("usage") or {}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    finish = data["choices"][0].get("finish_reason") or ""
    attributes = {
        "gen_ai.response.model": data.get("model"),
        "gen_ai.response.id": data.get("id"),
        "gen_ai.response.finish_reasons": [finish],
        "gen_ai.usage.input_tokens": usage.get("prompt_tokens"),
        "gen_ai.usage.output_tokens": usage.get("completion_tokens"),
        "gen_ai.usage.cache_read.input_tokens": cached,
        "gen_ai.output.messages": telemetry.chat_messages([message]),
    }
    span.set_attributes({key: value for key, value in attributes.items() if value is not None})
