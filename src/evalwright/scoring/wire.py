"""Rows of the HTTP API as domain values, and scores as the API takes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import StepContent
from evalwright.domain.score import Score
from evalwright.domain.span import Span
from evalwright.semconv import content

_SPAN_FIELDS: Final = {field.name for field in dataclasses.fields(Span)}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def time_ns(text: str | None) -> int:
    """Returns unix nanoseconds of an RFC 3339 UTC instant; 0 for null."""
    if not text:
        return 0
    seconds, _, fraction = text.rstrip("Zz").partition(".")
    whole = datetime.fromisoformat(seconds).replace(tzinfo=UTC) - _EPOCH
    return (whole.days * 86_400 + whole.seconds) * 1_000_000_000 + int(fraction.ljust(9, "0")[:9] or 0)


def span_from_wire(row: Mapping[str, Any]) -> Span:
    """Returns the span of a row of ``GET /spans`` or ``GET /traces/{id}/spans``; fields it does not know are left out.

    Raises:
        InvalidInput: the row is no span.
    """
    values: dict[str, Any] = {}
    for name, value in row.items():
        field = f"{name[:-5]}_ns" if name.endswith("_time") else name
        if field in _SPAN_FIELDS:
            values[field] = time_ns(value) if field.endswith("_ns") else value
    values["events"] = [_with_time(event) for event in row.get("events") or ()]
    try:
        return msgspec.convert(values, Span, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidInput(f"the server's row is no span: {error}") from error


def _with_time(event: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in event.items() if name != "time"}, "time_ns": time_ns(event.get("time"))}


def step_from_wire(row: Mapping[str, Any]) -> StepContent:
    """Returns a row as evaluators see it: the span with its messages, tools and documents."""
    span = span_from_wire(row)
    return StepContent(span=span, content=content(span))


def score_to_wire(score: Score) -> dict[str, Any]:
    """Returns a score for ``POST /scores``. Without an id the server derives it, so that sending twice stores once."""
    plain = {name: value for name, value in dataclasses.asdict(score).items() if value not in ("", None, ())}
    created_ns = plain.pop("created_ns", 0)
    if created_ns:
        seconds, fraction = divmod(created_ns, 1_000_000_000)
        plain["created_time"] = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"
    return plain
