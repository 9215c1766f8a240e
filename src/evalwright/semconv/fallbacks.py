"""Last resorts: structured content out of the display values, when no convention carried it."""

from __future__ import annotations

from typing import Any, Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.messages.conversation import read_conversation
from evalwright.semconv.messages.parts import plain_arguments
from evalwright.semconv.readers import Read, read_documents, read_tools
from evalwright.semconv.rules import Convention, Source, Tier
from evalwright.semconv.values import parse_json
from evalwright.semconv.view import SpanView

_INPUT: Final = 0
_OUTPUT: Final = 1
_QUERIES: Final = ("query", "input", "query_str", "question", "q", "text")
_RETRIEVING: Final = frozenset({SpanKind.RETRIEVER, SpanKind.RERANKER})


def _said(side: int, role: str) -> Read:
    """A conversation in the display value; plain text is believed to be one only on a model call."""

    def read(view: SpanView) -> Any:
        return read_conversation(view.shown[side], role if view.kind is SpanKind.LLM else "")

    return read


def _tool_value(side: int) -> Read:
    def read(view: SpanView) -> Any:
        return parse_json(view.shown[side]) if view.kind is SpanKind.TOOL and view.shown[side] else None

    return read


def _query(view: SpanView) -> Any:
    if view.kind not in _RETRIEVING:
        return None
    asked = plain_arguments(parse_json(view.shown[_INPUT]))
    if not isinstance(asked, dict):
        return asked
    named = next((asked[key] for key in _QUERIES if asked.get(key)), None)
    bare = asked.get("args")
    return bare[0] if named is None and isinstance(bare, list) and bare else named


def _found(view: SpanView) -> Any:
    return read_documents(view.shown[_OUTPUT]) if view.kind in _RETRIEVING else ()


def _offered(view: SpanView) -> Any:
    for value in (view.get("llm.invocation_parameters"), view.get("input.value"), parse_json(view.shown[_INPUT])):
        if isinstance(value, dict) and (found := read_tools(value.get("tools") or value.get("functions"))):
            return found
    return ()


FALLBACKS: Final = Convention(
    name="",
    sources=(
        Source("input_messages", _said(_INPUT, "user"), Tier.GUESS),
        Source("output_messages", _said(_OUTPUT, "assistant"), Tier.GUESS),
        Source("tool_arguments", _tool_value(_INPUT), Tier.GUESS),
        Source("tool_result", _tool_value(_OUTPUT), Tier.GUESS),
        Source("query", _query, Tier.GUESS),
        Source("documents", _found, Tier.GUESS),
        Source("tools", _offered, Tier.GUESS),
    ),
)
