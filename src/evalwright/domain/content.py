"""What a span carries beyond scalars: messages, tool definitions, documents. Derived from a stored span on reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

PartType = Literal["text", "reasoning", "tool_call", "tool_call_response", "blob", "file", "uri", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a message (OTel GenAI part types).

    ``text`` for text/reasoning; ``tool_call_id``, ``tool_name``, ``arguments`` for calls; ``result`` for responses;
    ``uri`` and ``mime`` for media; ``data`` keeps any other part verbatim.
    """

    type: PartType
    text: str = ""
    tool_call_id: str = ""
    tool_name: str = ""
    arguments: Any = None
    result: Any = None
    mime: str = ""
    uri: str = ""
    data: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One chat message; ``role`` is system, user, assistant, tool or the source's own word."""

    role: str
    parts: Sequence[Part] = ()
    name: str = ""
    finish_reason: str = ""

    @property
    def text(self) -> str:
        """The text parts joined by a newline."""
        return "\n".join(part.text for part in self.parts if part.type == "text" and part.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDefinition:
    """A tool advertised to a model; ``parameters`` is its JSON schema when known."""

    name: str
    description: str = ""
    parameters: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A retrieved or reranked document."""

    id: str = ""
    content: str = ""
    score: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanContent:
    """Everything structured a span carries. Empty fields mean the source did not carry them."""

    input_messages: Sequence[Message] = ()
    output_messages: Sequence[Message] = ()
    tools: Sequence[ToolDefinition] = ()
    tool_arguments: Any = None
    tool_result: Any = None
    query: str = ""
    documents: Sequence[Document] = ()
    prompt_template: str = ""
    prompt_variables: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    finish_reasons: Sequence[str] = ()
    response_id: str = ""
