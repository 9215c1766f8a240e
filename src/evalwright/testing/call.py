"""What a script is given: one request, read into the few things scripts ask about."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One chat request as the server received it.

    Attributes:
        body: the decoded JSON body.
        headers: header names in lower case.
        attempt: how many equal bodies came before this one, so that a fault can clear on retry.
        number: order of arrival; do not decide on it in concurrent runs, decide on ``random()``.
        seed: the server's seed.
    """

    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 0
    number: int = 0
    seed: int = 0

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.body.get("model", ""))

    @property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        """The chat messages as sent."""
        found = self.body.get("messages")
        return [message for message in found if isinstance(message, dict)] if isinstance(found, list) else []

    @property
    def system(self) -> str:
        """Text of all system and developer messages."""
        return "\n".join(message_text(m) for m in self.messages if m.get("role") in ("system", "developer"))

    @property
    def last_user(self) -> str:
        """Text of the newest user message; empty when there is none."""
        return next((message_text(m) for m in reversed(self.messages) if m.get("role") == "user"), "")

    @property
    def tool_names(self) -> Sequence[str]:
        """Names of the tools offered."""
        tools = self.body.get("tools") or []
        return [str(tool.get("function", {}).get("name", "")) for tool in tools]

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON schema asked for, when ``response_format`` is ``json_schema``."""
        wanted = self.body.get("response_format") or {}
        found = wanted.get("json_schema", {}).get("schema") if wanted.get("type") == "json_schema" else None
        return found if isinstance(found, dict) else None

    def random(self, salt: str = "") -> random.Random:
        """Returns a generator that depends on seed, salt and messages only: the same question, the same luck."""
        text = f"{self.seed}\0{salt}\0" + "\0".join(message_text(m) for m in self.messages)
        return random.Random(hashlib.sha256(text.encode("utf-8", "replace")).digest())


def message_text(message: Mapping[str, Any]) -> str:
    """Returns the text of a chat message whose content is a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""
