"""Taking out of spans what must not leave the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes

Mask: TypeAlias = Callable[[str], str]
"""Given a text, returns what may be sent of it."""


def masked(span: ReadableSpan, mask: Mask) -> ReadableSpan:
    """Returns a copy of a span with ``mask`` applied to the texts of attributes, events and status.

    A mask that raises, or returns no text, hides the whole text: what nobody looked at is never sent.
    """
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_attributes(span.attributes, mask),
        events=[Event(event.name, _attributes(event.attributes, mask), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code, _text(span.status.description, mask) or None),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _attributes(attributes: Mapping[str, Any] | None, mask: Mask) -> Attributes:
    return {key: _value(value, mask) for key, value in (attributes or {}).items()}


def _value(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return _text(value, mask)
    if isinstance(value, (list, tuple)):
        return [_value(held, mask) for held in value]
    return value


def _text(text: str | None, mask: Mask) -> str:
    if not text:
        return ""
    try:
        kept = mask(text)
    except Exception as error:
        return f"[hidden: the mask raised {type(error).__name__}]"
    return kept if isinstance(kept, str) else f"[hidden: the mask returned {type(kept).__name__}]"
