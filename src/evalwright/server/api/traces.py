"""GET /traces and what is inside one."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from fastapi import Path, Query, Request, Response

from evalwright.domain.content import SpanContent
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.ids import parse_span_id
from evalwright.domain.project import Scope
from evalwright.domain.span import Span
from evalwright.domain.trace import FieldMatch, SpanNode, TraceSummary, TraceTree
from evalwright.semconv import words
from evalwright.server import wire
from evalwright.server.conditional import reply_if_changed
from evalwright.server.deps import Deps
from evalwright.server.outlines import PREVIEWS_UP_TO, TraceOutline, outline_of
from evalwright.server.params import CallerParam, DepsParam, ListParam, ProjectParam, TraceId, reply
from evalwright.server.routing import router
from evalwright.server.schemas import extend, list_of, model_of, page_of, shape

MAX_IDS = 1000

routes = router("traces")
SpanDetail = extend(Span, "SpanDetail", "A full span with its structured content.", content=model_of(SpanContent))
SpanDetails = shape("SpanDetails", "Full spans in start order.", items=list_of(SpanDetail))
Matches = shape("Matches", "Where a pattern occurs in a trace.", items=list_of(model_of(FieldMatch)), truncated=bool)
AnyProject = ProjectParam


def _with_words(node: SpanNode) -> SpanNode:
    """Returns the node with what its payloads say instead of their JSON, as summaries and outlines have it."""
    said, answered = words(node.input_preview), words(node.output_preview)
    if said is node.input_preview and answered is node.output_preview:
        return node
    return dataclasses.replace(node, input_preview=said, output_preview=answered)


def span_detail(deps: Deps, span: Span) -> dict[str, object]:
    """Returns a span as JSON with its messages, tools and documents."""
    return {**wire.to_plain(span), "content": wire.to_plain(deps.content(span))}


@routes.get("/traces", response_model=page_of(TraceSummary))
def list_traces(request: Request, deps: DepsParam, query: ListParam) -> Response:
    """Traces, newest first unless sorted otherwise; 304 where ``If-None-Match`` says that they are known."""
    return reply_if_changed(request, deps, query.project, lambda: deps.spans.list_traces(query))


@routes.get("/traces/{trace_id}", response_model=model_of(TraceTree))
def show_trace(deps: DepsParam, caller: CallerParam, trace_id: TraceId, project: AnyProject = "") -> Response:
    """The light tree of a trace: every node, no payloads. Without ``project``, of whichever project holds it."""
    tree = deps.spans.trace_tree(caller.any_project(Scope.READ, project), trace_id)
    return reply(TraceTree(summary=tree.summary, nodes=[_with_words(node) for node in tree.nodes]))


@routes.get("/traces/{trace_id}/outline", response_model=model_of(TraceOutline))
def outline_trace(deps: DepsParam, caller: CallerParam, trace_id: TraceId, project: AnyProject = "") -> Response:
    """The light tree as columns, a tenth of the size: what the web app draws a trace of any length from."""
    allowed = caller.any_project(Scope.READ, project)
    return reply(outline_of(deps.spans.trace_tree(allowed, trace_id, previews_up_to=PREVIEWS_UP_TO)))


@routes.get("/traces/{trace_id}/spans", response_model=SpanDetails)
def list_trace_spans(
    deps: DepsParam,
    caller: CallerParam,
    trace_id: TraceId,
    ids: Annotated[str, Query(max_length=17 * MAX_IDS, description="span ids, comma-separated; empty: all")] = "",
    project: AnyProject = "",
) -> Response:
    """Full spans of a trace, payloads and content included. Unknown ids are left out."""
    wanted = [parse_span_id(each.strip()) for each in ids.split(",") if each.strip()]
    spans = deps.spans.trace_spans(caller.any_project(Scope.READ, project), trace_id, wanted)
    return reply({"items": [span_detail(deps, span) for span in spans]})


@routes.get("/traces/{trace_id}/spans/{span_id}", response_model=SpanDetail)
def show_span(
    deps: DepsParam,
    caller: CallerParam,
    trace_id: TraceId,
    span_id: Annotated[
        str, Path(max_length=64, description="16 hex digits", json_schema_extra={"pattern": "^[0-9a-f]{16}$"})
    ],
    project: AnyProject = "",
) -> Response:
    """One full span."""
    wanted = parse_span_id(span_id)
    spans = deps.spans.trace_spans(caller.any_project(Scope.READ, project), trace_id, [wanted])
    if not spans:
        raise NotFound(f"no span {wanted!r} in trace {trace_id!r}")
    return reply(span_detail(deps, spans[0]))


@routes.get("/traces/{trace_id}/preview", response_model=model_of(TraceTree))
def preview_trace(
    deps: DepsParam,
    caller: CallerParam,
    trace_id: TraceId,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
    project: AnyProject = "",
) -> Response:
    """The nodes that hold most of the trace's latency, largest share first."""
    tree = deps.spans.trace_tree(caller.any_project(Scope.READ, project), trace_id)
    nodes = sorted(tree.nodes, key=lambda node: node.latency_share, reverse=True)[:limit]
    return reply(TraceTree(summary=tree.summary, nodes=[_with_words(node) for node in nodes]))


@routes.get("/traces/{trace_id}/search", response_model=Matches)
def search_trace(
    deps: DepsParam,
    caller: CallerParam,
    trace_id: TraceId,
    pattern: Annotated[str, Query(min_length=1, max_length=1000, description="RE2 regular expression")],
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
    project: AnyProject = "",
) -> Response:
    """Every place where the pattern occurs, over every field of every span."""
    if "\x00" in pattern:
        raise InvalidInput("the pattern holds a NUL character")
    found = deps.spans.search_trace(caller.any_project(Scope.READ, project), trace_id, pattern, limit=limit + 1)
    return reply({"items": list(found[:limit]), "truncated": len(found) > limit})
