"""Dataset items from recorded spans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from evalwright.domain.content import Message
from evalwright.domain.span import Span
from evalwright.domain.trace import Page
from evalwright.ports.records import NewItem
from evalwright.ports.spans import ListQuery
from evalwright.server import wire
from evalwright.server.deps import Deps
from evalwright.server.paging import pages
from evalwright.server.params import MAX_TEXT, window_of

SPANS: Final = 500
"""Spans come with their payload, so their pages are short."""


class FromSpans(BaseModel):
    """Which spans become items, and how."""

    model_config = ConfigDict(extra="forbid")

    filter: str = Field("", max_length=MAX_TEXT)
    start: str = Field("", max_length=64)
    end: str = Field("", max_length=64)
    limit: int = Field(100, ge=1, le=10_000)
    split: str = Field("", max_length=500)
    tags: list[str] = Field(default_factory=list, max_length=100)
    output_as: str = Field(
        "metadata",
        pattern="^(metadata|expected|none)$",
        description="where the recorded output goes: beside the item (default), as the right answer, or nowhere",
    )


def harvest(deps: Deps, project: str, wanted: FromSpans) -> tuple[list[NewItem], bool]:
    """Returns one item per span: its input messages, else its input value. A person says what would be right.

    Beside them, whether further spans match, beyond the limit.
    """
    window = window_of(wanted.start, wanted.end)
    items: list[NewItem] = []

    def read(cursor: str) -> Page[Span]:
        size = min(SPANS, wanted.limit - len(items))
        query = ListQuery(project=project, filter=wanted.filter, limit=size, cursor=cursor, window=window)
        return deps.spans.list_spans(query)

    for page in pages(read):
        items += [to_item(deps, span, wanted) for span in page.items]
        if len(items) >= wanted.limit:
            return items, bool(page.next_cursor)
    return items, False


def to_item(deps: Deps, span: Span, wanted: FromSpans) -> NewItem:
    """Returns the item of one span, with where it came from."""
    content = deps.content(span)
    output = chat(content.output_messages) or parsed(span.output)
    metadata: dict[str, Any] = {"name": span.name, "kind": span.kind.value, "model": span.model}
    if wanted.output_as == "metadata" and output not in ("", None, []):
        metadata["recorded_output"] = output
    return NewItem(
        input=chat(content.input_messages) or parsed(span.input),
        expected=output if wanted.output_as == "expected" else None,
        metadata={key: value for key, value in metadata.items() if value},
        split=wanted.split,
        tags=tuple(wanted.tags),
        source_trace_id=span.trace_id,
        source_span_id=span.span_id,
    )


def chat(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Returns messages as role and text, with the parts beside it where text does not say all."""
    return [_chat_message(message) for message in messages]


def _chat_message(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.name:
        plain["name"] = message.name
    if any(part.type != "text" for part in message.parts):
        plain["parts"] = [
            {key: value for key, value in wire.to_plain(part).items() if value not in ("", None)}
            for part in message.parts
        ]
    return plain


def parsed(text: str) -> Any:
    """Returns the JSON value of a text that holds an object or a list, else the text itself."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
