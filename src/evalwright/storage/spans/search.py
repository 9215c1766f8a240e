"""Regex search over every field of every span of a trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import re2

from evalwright.domain.errors import InvalidInput
from evalwright.domain.span import Span
from evalwright.domain.trace import FieldMatch
from evalwright.storage.spans.codec import encode
from evalwright.storage.spans.compile import quiet_options

MAX_MATCHES: Final = 10_000
_AROUND: Final = 40
_MAX_EXCERPT: Final = 240
_TEXTS: Final = (
    "name", "status_message", "error_type", "session_id", "user_id", "agent_name", "model", "model_requested",
    "provider", "input", "output", "tool_name", "tool_call_id", "prompt_name", "prompt_version", "environment",
    "release", "convention", "scope_name", "scope_version", "trace_state", "span_id", "parent_span_id",
)  # fmt: skip


def compile_pattern(pattern: str) -> Any:
    """Returns the compiled pattern.

    Raises:
        InvalidInput: not RE2, or it compiles too large.
    """
    try:
        return re2.compile(pattern, quiet_options())
    except re2.error as error:
        detail = error.args[0] if error.args else ""
        detail = detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
        raise InvalidInput(
            f"{pattern[:100]!r} is not a valid RE2 pattern: {detail}", hint="RE2 has no look-around or back-references"
        ) from None


def search_spans(spans: Iterator[Span] | Sequence[Span], pattern: str, limit: int) -> Sequence[FieldMatch]:
    """Returns up to ``limit`` matches in span order; offsets count characters, empty matches are left out."""
    compiled = compile_pattern(pattern)
    found: list[FieldMatch] = []
    for span in spans:
        for field, text in span_texts(span):
            for match in compiled.finditer(text):
                if match.end() == match.start():
                    continue
                found.append(_match(span.span_id, field, text, match.start(), match.end()))
                if len(found) >= min(limit, MAX_MATCHES):
                    return found
    return found


def span_texts(span: Span) -> Iterator[tuple[str, str]]:
    """Yields (field, text) for everything a span carries; values that are not text as JSON."""
    for name in _TEXTS:
        if value := getattr(span, name):
            yield name, value
    for index, tag in enumerate(span.tags):
        yield f"tags[{index}]", tag
    yield from _mapping_texts("attributes", span.attributes)
    for index, event in enumerate(span.events):
        yield f"events[{index}].name", event.name
        yield from _mapping_texts(f"events[{index}].attributes", event.attributes)
    for index, link in enumerate(span.links):
        yield f"links[{index}].trace_id", link.trace_id
        yield f"links[{index}].span_id", link.span_id
        yield from _mapping_texts(f"links[{index}].attributes", link.attributes)
    yield from _mapping_texts("resource", span.resource)


def _mapping_texts(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        yield f"{prefix}.{key}", value if isinstance(value, str) else encode(value).decode()


def _match(span_id: str, field: str, text: str, start: int, end: int) -> FieldMatch:
    begin = max(0, start - _AROUND)
    excerpt = text[begin : min(end + _AROUND, begin + _MAX_EXCERPT)]
    return FieldMatch(span_id=span_id, field=field, offset=start, length=end - start, excerpt=excerpt)
