"""Regex search over every field of every span of a trace.

The store leaves out the spans that cannot match where the pattern shows a text that every match contains; the others
are read some at a time, until enough is found.
"""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import re2

from evalwright.domain.errors import InvalidInput
from evalwright.domain.span import Span
from evalwright.domain.trace import FieldMatch
from evalwright.storage.spans.codec import encode
from evalwright.storage.spans.compile import quiet_options
from evalwright.storage.spans.engine import Engine
from evalwright.storage.spans.literals import required_literal
from evalwright.storage.spans.log_events import LogEvents
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.select import fetch
from evalwright.storage.spans.spans import trace_spans
from evalwright.storage.spans.summaries import Bounds, bounds_sql, find_bounds
from evalwright.storage.spans.trees import trace_not_found

MAX_MATCHES: Final = 10_000
_AROUND: Final = 40
_MAX_EXCERPT: Final = 240
_TEXTS: Final = (
    "name", "status_message", "error_type", "session_id", "user_id", "agent_name", "model", "model_requested",
    "provider", "input", "output", "tool_name", "tool_call_id", "prompt_name", "prompt_version", "environment",
    "release", "convention", "scope_name", "scope_version", "trace_state", "span_id", "parent_span_id",
)  # fmt: skip
_DOCUMENTS: Final = ("attributes", "events", "links", "resource")
_ANCHORS: Final = ("^", "$", "\\A", "\\z")
_BYTES_AT_ONCE: Final = 32 << 20
_SPANS_AT_ONCE: Final = 4_000


def search_trace(
    engine: Engine, events: LogEvents, project: str, trace_id: str, pattern: str, limit: int
) -> Sequence[FieldMatch]:
    """Returns up to ``limit`` matches in start order of spans.

    Raises:
        InvalidInput: not RE2.
        NotFound: no such trace.
    """
    compile_pattern(pattern)
    bounds = find_bounds(engine, project, [trace_id])
    if not bounds.last_ns and not trace_spans(engine, events, project, trace_id, (), bounds):
        raise trace_not_found(trace_id)
    found: list[FieldMatch] = []
    for ids in _portions(_candidates(engine, project, trace_id, bounds, pattern)):
        spans = trace_spans(engine, events, project, trace_id, ids, bounds)
        found += search_spans(spans, pattern, limit - len(found))
        if len(found) >= min(limit, MAX_MATCHES):
            break
    return found


def _candidates(engine: Engine, project: str, trace_id: str, bounds: Bounds, pattern: str) -> Iterator[tuple[str, int]]:
    """Yields id and size of every span that may match, in start order."""
    binder = Binder()
    size = " + ".join(f"length({name})" for name in ("input", "output", *_DOCUMENTS))
    place = bounds_sql(binder, project, [trace_id], bounds)
    may = _may_match(binder, project, trace_id, pattern)
    sql = f"SELECT span_id, {size} AS size FROM span_rows FINAL {place} AND {may} ORDER BY start_ns, span_id"
    return ((row["span_id"], row["size"]) for row in fetch(engine, sql, binder))


def _may_match(binder: Binder, project: str, trace_id: str, pattern: str) -> str:
    literal, exact = required_literal(pattern)
    if not literal:
        return "1"
    position = "position" if exact else "positionCaseInsensitive"
    needle = binder.bind(literal)
    columns = [f"{position}({name}, {needle}) > 0" for name in (*_TEXTS, "events", "links")]
    # Of mappings the values, for every span has the same keys. Where JSON is odd, all of it.
    columns += [
        f"if(isValidJSON({name}), arrayExists(pair -> {position}(pair.2, {needle}) > 0,"
        f" JSONExtractKeysAndValuesRaw({name})), {position}({name}, {needle}) > 0)"
        for name in ("attributes", "resource")
    ]
    tagged = f"arrayExists(tag -> {position}(tag, {needle}) > 0, tags)"
    # What came as a log event belongs to its span, and is looked at there.
    logged = (
        f"span_id IN (SELECT span_id FROM log_rows WHERE project = {binder.bind(project)}"
        f" AND trace_id = {binder.bind(trace_id)} AND event_name != '')"
    )
    return f"({' OR '.join([*columns, tagged, logged])})"


def _portions(candidates: Iterable[tuple[str, int]]) -> Iterator[list[str]]:
    """Yields ids of spans that may be in memory together."""
    ids: list[str] = []
    held = 0
    for span_id, size in candidates:
        if ids and (held + size > _BYTES_AT_ONCE or len(ids) >= _SPANS_AT_ONCE):
            yield ids
            ids, held = [], 0
        ids.append(span_id)
        held += size
    if ids:
        yield ids


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
    alone = any(sign in pattern for sign in _ANCHORS)
    found: list[FieldMatch] = []
    for span in spans:
        texts = list(span_texts(span))
        # One look at all of a span is much cheaper than one a field, and most spans hold no match.
        if not alone and not compiled.search("\n".join([text for _, text in texts])):
            continue
        for field, text in texts:
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
