"""Polling a list that does not change costs next to nothing, and never hides what changed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_spans import MemorySpanStore
from starlette.testclient import TestClient

from evalwright.domain.project import Scope
from evalwright.domain.span import Span
from evalwright.server.auth import issue_key
from evalwright.server.deps import Deps
from evalwright.storage.spans.changes import MAX_PROJECTS, ChangeCounts


class WatchedSpans(MemorySpanStore):
    """Counts reads of lists."""

    reads = 0

    def list_traces(self, query: Any) -> Any:
        self.reads += 1
        return super().list_traces(query)


@pytest.fixture
def counts() -> ChangeCounts:
    return ChangeCounts()


@pytest.fixture
def watched() -> WatchedSpans:
    return WatchedSpans()


@pytest.fixture
def polled(
    build_deps: Callable[..., Deps], open_client: Any, watched: WatchedSpans, counts: ChangeCounts
) -> TestClient:
    client: TestClient = open_client(build_deps(spans=watched, changes=counts.of))
    return client


def store(spans: MemorySpanStore, counts: ChangeCounts, number: int, project: str = "default") -> None:
    with counts.noted([project]):
        spans.write_spans([Span(project=project, trace_id=f"{number:032x}", span_id="1" * 16, start_ns=1, end_ns=2)])


@pytest.mark.parametrize("path", ["/api/v1/traces", "/api/v1/sessions"])
def test_a_known_list_is_304_until_something_is_written_to_its_project(
    polled: TestClient, watched: WatchedSpans, counts: ChangeCounts, path: str
) -> None:
    store(watched, counts, 1)
    first = polled.get(path)
    assert first.status_code == 200
    known = {"if-none-match": first.headers["etag"]}
    again = polled.get(path, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert watched.reads <= 1
    store(watched, counts, 2, project="other")
    assert polled.get(path, headers=known).status_code == 304
    store(watched, counts, 3)
    changed = polled.get(path, headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


def test_the_browser_still_keeps_nothing_on_disk(polled: TestClient) -> None:
    assert polled.get("/api/v1/traces").headers["cache-control"] == "no-store"


def test_a_tag_of_another_project_or_another_run_is_not_known(
    polled: TestClient, build_deps: Callable[..., Deps], open_client: Any, counts: ChangeCounts
) -> None:
    known = {"if-none-match": polled.get("/api/v1/traces").headers["etag"]}
    assert polled.get("/api/v1/traces", params={"project": "other"}, headers=known).status_code == 200
    restarted = open_client(build_deps(changes=counts.of, started_ns=7))
    assert restarted.get("/api/v1/traces", headers=known).status_code == 200


def test_a_tag_opens_nothing_to_a_key_that_may_not_read(
    build_deps: Callable[..., Deps], open_client: Any, counts: ChangeCounts
) -> None:
    deps = build_deps(open_locally=False, changes=counts.of)
    client = open_client(deps)

    def bearer(*scopes: Scope, project: str = "") -> dict[str, str]:
        pepper = deps.authenticator.pepper
        made = issue_key(deps.records, pepper, name="k", scopes=scopes, project=project)
        return {"authorization": f"Bearer {made.secret_key}"}

    tag = client.get("/api/v1/traces", headers=bearer(Scope.READ)).headers["etag"]
    params = {"project": "default"}
    for key in (bearer(Scope.INGEST), bearer(Scope.READ, project="other")):
        assert client.get("/api/v1/traces", params=params, headers=key | {"if-none-match": tag}).status_code == 403


def test_a_wrong_question_is_an_error_whatever_is_known(polled: TestClient) -> None:
    known = {"if-none-match": polled.get("/api/v1/traces").headers["etag"]}
    assert polled.get("/api/v1/traces", params={"limit": 0}, headers=known).status_code == 422
    assert polled.get("/api/v1/traces", params={"filter": "kind ?? 3"}, headers=known).status_code != 304


def test_stores_that_others_write_to_have_no_tags(client: TestClient) -> None:
    answer = client.get("/api/v1/traces", headers={"if-none-match": "*"})
    assert answer.status_code == 200
    assert "etag" not in answer.headers


def test_a_write_that_fails_counts_too() -> None:
    counts = ChangeCounts()
    with pytest.raises(RuntimeError), counts.noted(["p"]):
        raise RuntimeError
    assert counts.of("p") == 1


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=30))
def test_every_write_moves_its_project_and_no_other(writes: list[str]) -> None:
    counts = ChangeCounts()
    for project in writes:
        before = {name: counts.of(name) for name in "abc"}
        with counts.noted([project]):
            assert counts.of(project) == before[project]
        moved = {name for name in "abc" if counts.of(name) != before[name]}
        assert moved == {project}


def test_projects_beyond_the_bound_look_changed_and_never_unchanged() -> None:
    counts = ChangeCounts()
    with counts.noted(["first"]):
        pass
    seen = counts.of("first")
    with counts.noted(f"p{number}" for number in range(MAX_PROJECTS)):
        pass
    assert counts.of("first") > seen
    assert counts.of("p1") > counts.of("first")


def test_writers_at_once_are_all_counted() -> None:
    counts = ChangeCounts()

    def write(_: int) -> None:
        with counts.noted(["p"]):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(1000)))
    assert counts.of("p") == 1000
