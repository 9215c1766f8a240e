"""GET /spans, POST /spans/aggregate, and streams of everything."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from evalwright.domain.project import Scope
from evalwright.domain.span import Span
from evalwright.domain.trace import Table
from evalwright.ports.spans import AggregateQuery, ListQuery
from evalwright.server.deps import Deps
from evalwright.server.params import MAX_TEXT, CallerParam, DepsParam, ListParam, ProjectParam, reply, window_of
from evalwright.server.routing import router
from evalwright.server.schemas import model_of, page_of

PAYLOAD_CHARACTERS: Final = 2000
MEDIA: Final = {"arrow": "application/vnd.apache.arrow.stream", "jsonl": "application/x-ndjson"}
Format = Annotated[Literal["arrow", "jsonl"], Query(description="Arrow IPC stream or JSON lines")]
Short = Annotated[str, Field(max_length=200)]

routes = router("spans")


class Aggregation(BaseModel):
    """A group-by over spans."""

    model_config = ConfigDict(extra="forbid")

    project: str = Field("", max_length=200)
    group_by: list[Short] = Field(default_factory=list, max_length=10, description="fields, day, hour, minute")
    metrics: list[Short] = Field(
        min_length=1, max_length=20, description="`count`, `error_rate`, `p95(latency_ms)` ..."
    )
    filter: str = Field("", max_length=MAX_TEXT)
    start: str = Field("", max_length=64, description="RFC 3339 or unix nanoseconds")
    end: str = Field("", max_length=64, description="RFC 3339 or unix nanoseconds")
    limit: int = Field(1000, ge=1, le=10_000)


def _cut(span: Span) -> Span:
    return dataclasses.replace(span, input=span.input[:PAYLOAD_CHARACTERS], output=span.output[:PAYLOAD_CHARACTERS])


@routes.get("/spans", response_model=page_of(Span))
def list_spans(
    deps: DepsParam,
    query: ListParam,
    full: Annotated[bool, Query(description="leave input and output whole")] = False,
) -> Response:
    """Spans that match, payloads cut to 2,000 characters unless ``full``."""
    page = deps.spans.list_spans(query)
    return reply(page if full else dataclasses.replace(page, items=[_cut(span) for span in page.items]))


@routes.post("/spans/aggregate", response_model=model_of(Table))
def aggregate_spans(deps: DepsParam, caller: CallerParam, body: Aggregation, project: ProjectParam = "") -> Response:
    """One row per group, one column per metric."""
    window = window_of(body.start, body.end)
    query = AggregateQuery(
        project=caller.project(Scope.READ, body.project, project),
        group_by=body.group_by,
        metrics=body.metrics,
        filter=body.filter,
        window=window,
        limit=body.limit,
    )
    return reply(deps.spans.aggregate(query))


def stream(
    deps: Deps, query: ListQuery, format: Literal["arrow", "jsonl"], table: Literal["spans", "scores"]
) -> Response:
    """Returns a download of every match. Its first block is read here, so that a bad filter is an error answer."""
    blocks = iter(deps.spans.export(query, format, table))
    first: Sequence[bytes] = [block for block in [next(blocks, b"")] if block]

    def all_blocks() -> Iterator[bytes]:
        yield from first
        yield from blocks

    headers = {"content-disposition": f'attachment; filename="{table}.{format}"'}
    return StreamingResponse(all_blocks(), media_type=MEDIA[format], headers=headers)


@routes.get("/spans/export", response_class=StreamingResponse)
def export_spans(deps: DepsParam, query: ListParam, format: Format = "jsonl") -> Response:
    """Streams every span that matches; ``limit`` and ``cursor`` do not apply."""
    return stream(deps, query, format, "spans")
