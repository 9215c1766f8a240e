"""The judge's own trace: one EVALUATOR span a verdict, one LLM span a model call, in OpenInference attributes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TracerProvider,
)

from evalwright.domain.evaluator import EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.plain import as_text
from evalwright.ports.models import ChatReply, ChatRequest

SCOPE: Final = "evalwright.evaluators"
PROJECT: Final = {"evalwright.project.name": "evalwright"}
"""Where judges' traces belong, unless the provider they are sent with names a project itself."""


def tracer(provider: TracerProvider | None) -> Tracer:
    """Returns a tracer of the given provider, else of the global one (which may be none, then nothing is recorded)."""
    return trace.get_tracer(SCOPE, tracer_provider=provider)


@contextmanager
def verdict_span(source: Tracer, spec: EvaluatorSpec, subject: Subject) -> Iterator[Span]:
    """Opens a trace of its own, linked to what is judged: a judge is no part of the agent's trace."""
    attributes = {
        **PROJECT,
        "openinference.span.kind": "EVALUATOR",
        "evalwright.evaluator.name": spec.name,
        "evalwright.evaluator.version": spec.version,
        "evalwright.target": subject.target.value,
        "evalwright.target.key": subject.key,
        "evalwright.target.project": subject.project,
    }
    links = [Link(judged)] if (judged := _judged(subject)) else []
    with source.start_as_current_span(
        f"evaluate {spec.name}", context=Context(), attributes=attributes, links=links
    ) as span:
        yield span


def _judged(subject: Subject) -> SpanContext | None:
    span_id = subject.span_id or next((step.span.span_id for step in subject.steps), "")
    try:
        context = SpanContext(int(subject.trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(1))
    except ValueError:
        return None
    return context if context.is_valid else None


def trace_id_of(span: Span) -> str:
    """Returns the trace id; empty when nothing records."""
    context = span.get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid and span.is_recording() else ""


@contextmanager
def call_span(source: Tracer, request: ChatRequest) -> Iterator[Span]:
    """Opens the span of one model call."""
    with source.start_as_current_span(f"chat {request.model}", kind=SpanKind.CLIENT) as span:
        if span.is_recording():
            span.set_attributes({**PROJECT, "openinference.span.kind": "LLM", "llm.model_name": request.model})
            for place, message in enumerate(request.messages):
                key = f"llm.input_messages.{place}.message"
                span.set_attributes(
                    {f"{key}.role": str(message["role"]), f"{key}.content": as_text(message["content"])}
                )
        yield span


def record_reply(span: Span, reply: ChatReply) -> None:
    """Writes the answer and its usage on the span of a call."""
    if not span.is_recording():
        return
    span.set_attributes(
        {
            "llm.model_name": reply.model,
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": reply.text,
        }
    )
    counts = {
        "llm.token_count.prompt": reply.input_tokens,
        "llm.token_count.prompt_details.cache_read": reply.cache_read_tokens,
        "llm.token_count.completion": reply.output_tokens,
        "llm.token_count.completion_details.reasoning": reply.reasoning_tokens,
        "llm.cost.total": reply.cost,
    }
    span.set_attributes({name: value for name, value in counts.items() if value is not None})


def record_outcome(span: Span, outcome: Outcome) -> None:
    """Writes the verdict on the span of an evaluation."""
    if not span.is_recording():
        return
    said = {"status": outcome.status.value, "label": outcome.label, "value": outcome.value, "reason": outcome.reason}
    span.set_attributes(
        {
            "output.value": as_text({**said, "explanation": outcome.explanation}),
            "output.mime_type": "application/json",
        }
    )
    if outcome.status is ScoreStatus.ERRORED:
        span.set_status(Status(StatusCode.ERROR, outcome.reason))
