"""Builders of OTLP export requests as plain JSON values, for tests of anything that takes or reads traces.

>>> request = export(trace([span("answer", kind="LLM"), span("search", kind="TOOL", parent=0)]))
>>> [s["name"] for s in spans_of(request)]
['answer', 'search']
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

MILLISECOND_NS: Final = 1_000_000
START_NS: Final = 1_767_225_600_000_000_000
"""2026-01-01T00:00:00Z, when traces begin unless told otherwise."""


def span(
    name: str,
    *,
    kind: str = "",
    parent: int | None = None,
    attributes: Mapping[str, Any] | None = None,
    input: str = "",
    output: str = "",
    start_ms: float = 0.0,
    duration_ms: float = 10.0,
    error: str = "",
    session: str = "",
    span_id: str = "",
) -> dict[str, Any]:
    """Returns a description of a span for ``trace``.

    Args:
        name: of the span.
        kind: OpenInference kind, such as LLM or TOOL.
        parent: place of its parent in the list given to ``trace``; None for a root.
        attributes: more attributes, any JSON values.
        input: sets ``input.value``.
        output: sets ``output.value``.
        start_ms: after the start of the trace.
        duration_ms: how long it takes.
        error: message of an error status.
        session: sets ``session.id``.
        span_id: 16 hex digits; derived from trace and place when empty.
    """
    named = {"openinference.span.kind": kind, "input.value": input, "output.value": output, "session.id": session}
    return {
        "name": name,
        "parent": parent,
        "attributes": {key: value for key, value in named.items() if value} | dict(attributes or {}),
        "start_ms": start_ms,
        "duration_ms": duration_ms,
        "error": error,
        "span_id": span_id,
    }


def trace(spans: Sequence[Mapping[str, Any]], *, seed: str = "0", start_ns: int = START_NS) -> list[dict[str, Any]]:
    """Returns the OTLP JSON spans of one trace; ids depend on ``seed`` and place only.

    Raises:
        IndexError: a parent's place is not in the list.
    """
    trace_id = hashlib.sha256(seed.encode()).hexdigest()[:32]
    ids = [each["span_id"] or _span_id(trace_id, place) for place, each in enumerate(spans)]
    return [_otlp(each, trace_id, ids, place, start_ns) for place, each in enumerate(spans)]


def export(
    *traces: Sequence[Mapping[str, Any]], project: str = "", resource: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Returns an ``ExportTraceServiceRequest`` as JSON, ready to be posted to ``/v1/traces``."""
    about = {"service.name": "test", **({"openinference.project.name": project} if project else {}), **(resource or {})}
    spans = [each for group in traces for each in group]
    scope_spans = [{"scope": {"name": "evalwright.testing"}, "spans": spans}]
    return {"resourceSpans": [{"resource": {"attributes": key_values(about)}, "scopeSpans": scope_spans}]}


def spans_of(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns all spans of an export request, in order."""
    return [s for r in request["resourceSpans"] for scope in r["scopeSpans"] for s in scope["spans"]]


def chat(model: str, question: str, answer: str, *, input_tokens: int = 10, output_tokens: int = 5) -> dict[str, Any]:
    """Returns the attributes of a model call in OpenInference."""
    return {
        "openinference.span.kind": "LLM",
        "llm.model_name": model,
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": question,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": answer,
        "llm.token_count.prompt": input_tokens,
        "llm.token_count.completion": output_tokens,
    }


def key_values(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns attributes as OTLP JSON key-value pairs."""
    return [{"key": key, "value": any_value(value)} for key, value in values.items()]


def any_value(value: Any) -> dict[str, Any]:
    """Returns a JSON value as OTLP's AnyValue; 64-bit integers are strings there."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": key_values(value)}}
    if isinstance(value, Sequence):
        return {"arrayValue": {"values": [any_value(each) for each in value]}}
    return {}


def _span_id(trace_id: str, place: int) -> str:
    return hashlib.sha256(f"{trace_id} {place}".encode()).hexdigest()[:16]


def _otlp(each: Mapping[str, Any], trace_id: str, ids: Sequence[str], place: int, start_ns: int) -> dict[str, Any]:
    begin = start_ns + int(each["start_ms"] * MILLISECOND_NS)
    made = {
        "traceId": trace_id,
        "spanId": ids[place],
        "name": each["name"],
        "kind": 1,
        "startTimeUnixNano": str(begin),
        "endTimeUnixNano": str(begin + int(each["duration_ms"] * MILLISECOND_NS)),
        "attributes": key_values(each["attributes"]),
        "status": {"code": 2, "message": each["error"]} if each["error"] else {"code": 1},
    }
    return made if each["parent"] is None else made | {"parentSpanId": ids[each["parent"]]}
