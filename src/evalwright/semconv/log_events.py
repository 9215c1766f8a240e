"""Events that a sender reports as log records instead of on the span they happened in: joined when a span is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from evalwright.domain.span import Span, SpanEvent
from evalwright.semconv.display import shown_of_events
from evalwright.semconv.values import parse_json


def event_of_log(time_ns: int, name: str, body: str, attributes: Mapping[str, Any]) -> SpanEvent:
    """Returns a log record as the event it reports: its attributes, and its body as ``body``."""
    told = parse_json(body)
    if told in (None, "") or "body" in attributes:
        return SpanEvent(time_ns=time_ns, name=name, attributes=attributes)
    return SpanEvent(time_ns=time_ns, name=name, attributes={**attributes, "body": told})


def with_log_events(span: Span, reported: Sequence[SpanEvent]) -> Span:
    """Returns the span with events that arrived as logs after its own, and display values where it had none.

    Events of a name that the span has itself are left out: their sender writes them both ways.
    """
    own = {event.name for event in span.events}
    new = [event for event in reported if event.name not in own]
    if not new:
        return span
    joined = dataclasses.replace(span, events=(*span.events, *new))
    (said, said_mime), (answered, answered_mime) = shown_of_events(joined)
    return dataclasses.replace(joined, input=said, input_mime=said_mime, output=answered, output_mime=answered_mime)
