"""Plain OpenTelemetry: a provider that sends OTLP over HTTP, and spans in the GenAI semantic conventions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from examples.support_triage.retriever import Hit


def provider(endpoint: str, *, project: str = "support", release: str = "2026.5.1") -> TracerProvider:
    """Returns a provider that sends to ``endpoint``; call ``shutdown`` to send what is left."""
    resource = Resource.create(
        {
            "service.name": "support-triage",
            "service.version": release,
            "deployment.environment.name": "production",
            "openinference.project.name": project,
        }
    )
    made = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    made.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=50_000, schedule_delay_millis=500))
    return made


def tracer() -> trace.Tracer:
    """Returns the tracer of whoever set a provider up; without one, spans cost nothing."""
    return trace.get_tracer("examples.support_triage", "1.0")


@contextmanager
def operation(name: str, attributes: Mapping[str, Any], kind: SpanKind = SpanKind.INTERNAL) -> Iterator[Span]:
    """Opens a span; an exception that passes through is recorded and marks it as an error."""
    given = {key: value for key, value in attributes.items() if value not in (None, "")}
    with tracer().start_as_current_span(name, kind=kind, attributes=given, record_exception=True) as span:
        yield span


def fail(span: Span, kind: str, message: str) -> None:
    """Marks a span as an error that the agent lives with."""
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR, message))


def chat_messages(messages: Sequence[Mapping[str, Any]]) -> str:
    """Returns OpenAI chat messages as GenAI semantic convention messages."""
    return json.dumps([_message(message) for message in messages], ensure_ascii=False)


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    if message["role"] == "tool":
        part = {"type": "tool_call_response", "id": message["tool_call_id"], "response": message["content"]}
        return {"role": "tool", "parts": [part]}
    parts: list[dict[str, Any]] = [{"type": "text", "content": message["content"]}] if message.get("content") else []
    for call in message.get("tool_calls") or ():
        function = call["function"]
        arguments = json.loads(function["arguments"])
        parts.append({"type": "tool_call", "id": call["id"], "name": function["name"], "arguments": arguments})
    return {"role": message["role"], "parts": parts}


def documents(hits: Sequence[Hit]) -> dict[str, Any]:
    """Returns retrieved documents as OpenInference attributes."""
    attributes: dict[str, Any] = {}
    for place, hit in enumerate(hits):
        key = f"retrieval.documents.{place}.document"
        attributes |= {f"{key}.id": hit.id, f"{key}.content": hit.content, f"{key}.score": hit.score}
    return attributes
