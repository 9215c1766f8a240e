"""Whose telemetry a key may send: never silently into another project than the one that was named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from memory_spans import MemorySpanStore
from starlette.testclient import TestClient

from evalwright.domain.errors import Forbidden
from evalwright.domain.project import Scope
from evalwright.ingest import Intake, IntakeCounters, IntakeLimits
from evalwright.ingest.http import otlp_routes
from evalwright.providers.prices import GenaiPrices
from evalwright.server.assembly import grpc_authorise, http_authorise
from evalwright.server.auth import issue_key
from evalwright.server.deps import Deps, SystemClock

SPAN = {
    "traceId": "a" * 32,
    "spanId": "b" * 16,
    "name": "step",
    "startTimeUnixNano": "1790000000000000000",
    "endTimeUnixNano": "1790000000000000001",
}
BODY = {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}
NAMED = [
    ("support", "", "support"),
    ("support", "support", "support"),
    ("support", "default", "support"),
    ("support", "support ", "support"),
    ("support", "billing", None),
    ("support", "Support", None),
    ("", "billing", "billing"),
    ("", "", "default"),
]


@pytest.fixture
def spans() -> MemorySpanStore:
    return MemorySpanStore()


@pytest.fixture
def locked(build_deps: Callable[..., Deps], spans: MemorySpanStore) -> Iterator[Deps]:
    intake = Intake(spans, GenaiPrices(), SystemClock(), IntakeCounters(), IntakeLimits())
    intake.start()
    deps = build_deps(open_locally=False, spans=spans)
    routes = otlp_routes(intake, authorise=http_authorise(deps.authenticator))
    yield build_deps(records=deps.records, authenticator=deps.authenticator, spans=spans, otlp=routes)
    assert intake.drain(10)


def key_of(deps: Deps, project: str) -> str:
    made = issue_key(
        deps.records, deps.authenticator.pepper, name="k", scopes=[Scope.INGEST, Scope.READ], project=project
    )
    return f"Bearer {made.secret_key}"


@pytest.mark.parametrize(("of_key", "named", "stored"), NAMED)
def test_a_key_of_one_project_sends_to_no_other_and_says_so(
    locked: Deps, open_client: Any, spans: MemorySpanStore, of_key: str, named: str, stored: str | None
) -> None:
    client: TestClient = open_client(locked)
    headers = {"authorization": key_of(locked, of_key)} | ({"x-evalwright-project": named} if named else {})
    for signal, body in (("traces", BODY), ("logs", {"resourceLogs": []}), ("metrics", {"resourceMetrics": []})):
        answer = client.post(f"/v1/{signal}", json=body, headers=headers)
        assert answer.status_code == (200 if stored else 403), answer.text
    if not stored:
        said = client.post("/v1/traces", json=BODY, headers=headers).json()
        assert said["code"] == 7
        assert repr(of_key) in said["message"]
        assert repr(named) in said["message"]
    assert [each.name for each in spans.list_projects()] == ([stored] if stored else [])


@pytest.mark.parametrize(("of_key", "named", "stored"), NAMED)
def test_grpc_follows_the_same_rule(locked: Deps, of_key: str, named: str, stored: str | None) -> None:
    authorise = grpc_authorise(locked.authenticator)
    metadata = {"authorization": key_of(locked, of_key)} | ({"x-evalwright-project": named} if named else {})
    if stored:
        assert authorise(metadata, "peer").project == of_key
    else:
        with pytest.raises(Forbidden, match=repr(named)):
            authorise(metadata, "peer")
