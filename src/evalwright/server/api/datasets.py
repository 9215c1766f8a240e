"""/datasets and their items."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from evalwright.domain.dataset import ChangedDataset, Dataset, Item
from evalwright.domain.errors import Conflict
from evalwright.domain.project import Scope
from evalwright.ports.records import NewItem
from evalwright.server.harvest import FromSpans, harvest
from evalwright.server.judgements import Name, Word
from evalwright.server.params import CallerParam, CursorParam, DepsParam, NameOrId, ProjectParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import model_of, page_of

MAX_ITEMS = 10_000

routes = router("datasets")


class DatasetIn(BaseModel):
    """A dataset to make."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: str = Field("", max_length=10_000)
    project: Word = ""
    exist_ok: bool = Field(False, description="answer with the dataset of that name when there is one")


class ItemIn(BaseModel):
    """An item to add; ``key`` is a hash of ``input`` when absent."""

    model_config = ConfigDict(extra="forbid")

    input: Any
    expected: Any = None
    key: Word = ""
    metadata: dict[str, Any] | None = None
    split: Word = ""
    tags: list[Word] = Field(default_factory=list, max_length=100)
    source_trace_id: Word = ""
    source_span_id: Word = ""


class ItemsIn(BaseModel):
    """Items given, or taken from stored spans; exactly one of the two."""

    model_config = ConfigDict(extra="forbid")

    items: list[ItemIn] | None = Field(None, max_length=MAX_ITEMS)
    from_spans: FromSpans | None = None

    @model_validator(mode="after")
    def _one(self) -> ItemsIn:
        if (self.items is None) == (self.from_spans is None):
            raise ValueError("give exactly one of items and from_spans")
        return self


class ItemKeys(BaseModel):
    """Keys of items to remove."""

    model_config = ConfigDict(extra="forbid")

    keys: list[Word] = Field(min_length=1, max_length=MAX_ITEMS)


@routes.get("/datasets", response_model=page_of(Dataset))
def list_datasets(
    deps: DepsParam,
    caller: CallerParam,
    project: ProjectParam = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: CursorParam = "",
) -> Response:
    """Datasets of the project."""
    return reply(deps.records.list_datasets(caller.project(Scope.READ, project), limit=limit, cursor=cursor))


EXISTING: dict[int | str, dict[str, Any]] = {200: {"model": model_of(Dataset), "description": "It was there already"}}


@routes.post("/datasets", response_model=model_of(Dataset), status_code=201, responses=EXISTING)
def create_dataset(deps: DepsParam, caller: CallerParam, body: DatasetIn, project: ProjectParam = "") -> Response:
    """Makes an empty dataset."""
    allowed = caller.project(Scope.WRITE, body.project, project)
    try:
        return reply(deps.records.create_dataset(allowed, body.name, body.description), 201)
    except Conflict:
        if not body.exist_ok:
            raise
        return reply(deps.records.find_dataset(allowed, body.name), 200)


@routes.get("/datasets/{name_or_id}", response_model=model_of(Dataset))
def show_dataset(deps: DepsParam, caller: CallerParam, name_or_id: NameOrId, project: ProjectParam = "") -> Response:
    """One dataset at its newest version."""
    return reply(deps.records.find_dataset(caller.project(Scope.READ, project), name_or_id))


@routes.delete("/datasets/{name_or_id}", status_code=204, response_class=Response)
def delete_dataset(deps: DepsParam, caller: CallerParam, name_or_id: NameOrId, project: ProjectParam = "") -> Response:
    """Deletes the dataset with all its versions."""
    deps.records.delete_dataset(deps.records.find_dataset(caller.project(Scope.WRITE, project), name_or_id).id)
    return Response(status_code=204)


@routes.get("/datasets/{name_or_id}/items", response_model=page_of(Item))
def list_items(
    deps: DepsParam,
    caller: CallerParam,
    name_or_id: NameOrId,
    project: ProjectParam = "",
    version: Annotated[int, Query(ge=0, le=2**31 - 1, description="0: the newest")] = 0,
    split: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    cursor: CursorParam = "",
) -> Response:
    """Items of one version in order of addition."""
    dataset = deps.records.find_dataset(caller.project(Scope.READ, project), name_or_id)
    return reply(deps.records.list_items(dataset.id, version=version, split=split, limit=limit, cursor=cursor))


@routes.post("/datasets/{name_or_id}/items", response_model=model_of(ChangedDataset))
def add_items(
    deps: DepsParam, caller: CallerParam, name_or_id: NameOrId, body: ItemsIn, project: ProjectParam = ""
) -> Response:
    """Adds or replaces items by key, in one new version; says what became of each."""
    allowed = caller.project(Scope.WRITE, project)
    dataset = deps.records.find_dataset(allowed, name_or_id)
    if body.from_spans is not None:
        items, more = harvest(deps, allowed, body.from_spans)
    else:
        more = False
        items = [NewItem(**{**each.model_dump(), "tags": tuple(each.tags)}) for each in body.items or ()]
    return reply(replace(deps.records.add_items(dataset.id, items), more=more))


@routes.delete("/datasets/{name_or_id}/items", response_model=model_of(Dataset))
def remove_items(
    deps: DepsParam, caller: CallerParam, name_or_id: NameOrId, body: ItemKeys, project: ProjectParam = ""
) -> Response:
    """Removes items by key, in one new version; old versions keep them."""
    dataset = deps.records.find_dataset(caller.project(Scope.WRITE, project), name_or_id)
    return reply(deps.records.remove_items(dataset.id, body.keys))
