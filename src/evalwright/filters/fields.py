"""Every field a filter may name, with its type and meaning. The API serves this table; the UI completes from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FieldType(StrEnum):
    """What a field holds; decides which operators and values fit."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    LIST = "list"


class FieldTarget(StrEnum):
    """What a field belongs to."""

    SPAN = "span"
    TRACE = "trace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. ``folded`` text compares without regard to case."""

    name: str
    type: FieldType
    description: str
    target: FieldTarget = FieldTarget.SPAN
    folded: bool = False


OPERATORS: Final[Mapping[FieldType, tuple[str, ...]]] = {
    FieldType.TEXT: ("==", "!=", "in", "not in", "~", "=~"),
    FieldType.NUMBER: ("==", "!=", "<", "<=", ">", ">=", "in", "not in"),
    FieldType.BOOLEAN: ("==", "!="),
    FieldType.TIME: ("==", "!=", "<", "<=", ">", ">="),
    FieldType.LIST: ("==", "!=", "in", "not in", "~", "=~"),
}
"""Operators by field type; on a list each means "some element does"."""


def _text(name: str, description: str, *, folded: bool = False) -> Field:
    return Field(name=name, type=FieldType.TEXT, description=description, folded=folded)


def _number(name: str, description: str, target: FieldTarget = FieldTarget.SPAN) -> Field:
    return Field(name=name, type=FieldType.NUMBER, description=description, target=target)


_SPAN_FIELDS: Final = (
    _text("kind", "what the step did: LLM, AGENT, TOOL, RETRIEVER ... (any case)", folded=True),
    _text("name", "span name"),
    _text("status", "UNSET, OK or ERROR (any case)", folded=True),
    _text("status_message", "the message sent with the status"),
    _text("error_type", "class of the error"),
    _text("model", "model that answered"),
    _text("provider", "who serves the model"),
    _text("session_id", "conversation the span belongs to"),
    _text("user_id", "end user"),
    _text("agent_name", "agent that took the step"),
    _text("trace_id", "trace id, 32 hex digits"),
    _text("span_id", "span id, 16 hex digits"),
    _text("parent_span_id", "parent's span id; empty for roots"),
    _number("latency_ms", "end minus start, milliseconds"),
    _number("ttft_ms", "time to the first token, milliseconds"),
    Field(name="start_time", type=FieldType.TIME, description="start; RFC 3339 text or unix nanoseconds"),
    Field(name="end_time", type=FieldType.TIME, description="end; RFC 3339 text or unix nanoseconds"),
    _number("input_tokens", "input tokens, cache included"),
    _number("output_tokens", "output tokens, reasoning included"),
    _number("total_tokens", "input plus output tokens"),
    _number("cached_tokens", "input tokens read from a cache"),
    _number("reasoning_tokens", "output tokens spent on reasoning"),
    _number("cost", "US dollars"),
    _text("cost_source", "reported, computed or unpriced"),
    _text("input", "display input"),
    _text("output", "display output"),
    _text("tool_name", "tool that was called"),
    _text("prompt_name", "prompt template"),
    _text("prompt_version", "version of the prompt template"),
    _text("environment", "deployment environment"),
    _text("release", "release or commit"),
    Field(name="tags", type=FieldType.LIST, description="tags; an operator holds when some tag meets it"),
    Field(name="is_root", type=FieldType.BOOLEAN, description="true for spans without a parent id"),
    _text("convention", "convention the span arrived in"),
    Field(name="flags", type=FieldType.LIST, description="repairs intake made; some flag must meet the operator"),
)
_TRACE_FIELDS: Final = (
    _number("span_count", "spans of the trace", FieldTarget.TRACE),
    _number("error_count", "spans of the trace with status ERROR", FieldTarget.TRACE),
    _number("trace_latency_ms", "first start to last end, milliseconds", FieldTarget.TRACE),
    _number("trace_cost", "US dollars of the whole trace, roll-ups not counted twice", FieldTarget.TRACE),
    _number("trace_tokens", "tokens of the whole trace, roll-ups not counted twice", FieldTarget.TRACE),
    Field(name="root_name", type=FieldType.TEXT, description="name of the root span", target=FieldTarget.TRACE),
)
FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in (*_SPAN_FIELDS, *_TRACE_FIELDS)}
"""Name to field, span fields first."""


def fields() -> Sequence[Field]:
    """Returns every field in the order users should see them."""
    return tuple(FIELDS.values())


def find_field(name: str) -> Field | None:
    """Returns the field of this name, or None."""
    return FIELDS.get(name)
