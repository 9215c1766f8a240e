"""Spans as the decoder would hand them over, read from the real traces with a few lines of our own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shared import shared_data

from evalwright.domain.span import RawSpan, Span, SpanEvent, SpanStatus
from evalwright.semconv import normalise

STATUSES = {
    1: SpanStatus.OK,
    2: SpanStatus.ERROR,
    "STATUS_CODE_OK": SpanStatus.OK,
    "STATUS_CODE_ERROR": SpanStatus.ERROR,
}


def raw_span(attributes: dict[str, Any] | None = None, **fields: Any) -> RawSpan:
    defaults: dict[str, Any] = {
        "trace_id": "a" * 32,
        "span_id": "b" * 16,
        "parent_span_id": "",
        "name": "step",
        "otel_kind": 1,
        "start_ns": 1_763_000_000_000_000_000,
        "end_ns": 1_763_000_001_000_000_000,
        "status": SpanStatus.UNSET,
        "status_message": "",
        "attributes": attributes or {},
        "events": (),
        "links": (),
        "resource": {},
        "scope_name": "",
        "scope_version": "",
    }
    return RawSpan(**(defaults | fields))


@pytest.fixture(scope="session")
def make_raw() -> Callable[..., RawSpan]:
    return raw_span


@pytest.fixture(scope="session")
def make() -> Callable[..., Span]:
    def normalised(attributes: dict[str, Any] | None = None, **fields: Any) -> Span:
        return normalise(raw_span(attributes, **fields), project="p", received_ns=1)

    return normalised


@pytest.fixture(scope="session")
def event() -> Callable[..., SpanEvent]:
    def made(name: str, **attributes: Any) -> SpanEvent:
        return SpanEvent(time_ns=0, name=name, attributes={key.replace("__", "."): v for key, v in attributes.items()})

    return made


@pytest.fixture(scope="session")
def otlp() -> Callable[[str], Iterator[RawSpan]]:
    """Reads one of the real OTLP files: ``otlp("trail/trail_gaia.public")``."""
    return lambda name: _spans(shared_data() / f"{name}.otlp.jsonl.gz")


@pytest.fixture(scope="session")
def frameworks(otlp: Callable[[str], Iterator[RawSpan]]) -> dict[str, list[Span]]:
    """The nine real framework traces by the first word that tells them apart, spans normalised."""
    named = (
        "beeai",
        "langsmith",
        "crewai",
        "adk",
        "google_genai",
        "llama_index",
        "microsoft",
        "pydantic",
        "pydantic_tools",
    )
    traces: dict[str, list[Span]] = {}
    for raw in otlp("frameworks/frameworks.public"):
        traces.setdefault(raw.trace_id, []).append(normalise(raw, project="p", received_ns=1))
    assert len(traces) == len(named)
    return dict(zip(named, traces.values(), strict=True))


@pytest.fixture(scope="session")
def vercel_v6() -> list[Span]:
    path = shared_data() / "frameworks" / "vercel_ai_sdk_v6_spans.json"
    found = []
    for item in json.loads(path.read_text()):
        events = [SpanEvent(time_ns=0, name=e["name"], attributes=e["attributes"]) for e in item["events"]]
        raw = raw_span(item["attributes"], name=item["name"], events=events, scope_name="ai")
        found.append(normalise(raw, project="p", received_ns=1))
    return found


def _spans(path: Path) -> Iterator[RawSpan]:
    with gzip.open(path, "rt") as lines:
        for line in lines:
            for resource_spans in json.loads(line)["resourceSpans"]:
                resource = _attributes(resource_spans.get("resource", {}))
                for scope_spans in resource_spans["scopeSpans"]:
                    scope = scope_spans.get("scope", {})
                    for span in scope_spans["spans"]:
                        yield _span(span, scope, resource)


def _span(span: dict[str, Any], scope: dict[str, Any], resource: dict[str, Any]) -> RawSpan:
    status = span.get("status") or {}
    return raw_span(
        _attributes(span),
        trace_id=span["traceId"],
        span_id=span["spanId"],
        parent_span_id=span.get("parentSpanId", ""),
        name=span["name"],
        start_ns=int(span["startTimeUnixNano"]),
        end_ns=int(span["endTimeUnixNano"]),
        status=STATUSES.get(status.get("code"), SpanStatus.UNSET),
        status_message=status.get("message", ""),
        events=tuple(
            SpanEvent(time_ns=int(event["timeUnixNano"]), name=event["name"], attributes=_attributes(event))
            for event in span.get("events", ())
        ),
        resource=resource,
        scope_name=scope.get("name", ""),
        scope_version=scope.get("version", ""),
    )


def _attributes(holder: dict[str, Any]) -> dict[str, Any]:
    return {item["key"]: _value(item.get("value")) for item in holder.get("attributes", ())}


def _value(value: dict[str, Any] | None) -> Any:
    if not value:
        return None
    ((kind, held),) = value.items()
    if kind == "arrayValue":
        return [_value(item) for item in held.get("values", ())]
    if kind == "kvlistValue":
        return {item["key"]: _value(item.get("value")) for item in held.get("values", ())}
    return int(held) if kind == "intValue" else held
