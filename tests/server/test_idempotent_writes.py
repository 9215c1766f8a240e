from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from evalwright.domain.errors import Conflict
from evalwright.server.deps import Deps
from evalwright.server.idempotency import LIFE_NS, MAX_ANSWER_BYTES, IdempotencyCache

KEY = {"idempotency-key": "k1"}


def test_the_same_write_with_the_same_key_happens_once(client: TestClient) -> None:
    first = client.post("/api/v1/datasets", json={"name": "d"}, headers=KEY)
    again = client.post("/api/v1/datasets", json={"name": "d"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"


def test_a_key_used_for_another_write_is_a_conflict(client: TestClient) -> None:
    client.post("/api/v1/datasets", json={"name": "d"}, headers=KEY)
    assert client.post("/api/v1/datasets", json={"name": "e"}, headers=KEY).status_code == 409
    assert client.post("/api/v1/datasets?project=x", json={"name": "d"}, headers=KEY).status_code == 409


def test_an_error_of_the_caller_is_remembered_too(client: TestClient) -> None:
    body = {"scores": [{"name": "x", "value": 1}]}
    for replayed in (None, "true"):
        answer = client.post("/api/v1/scores", json=body, headers=KEY)
        assert answer.status_code == 400
        assert answer.headers.get("idempotent-replayed") == replayed


def test_answers_with_secrets_are_never_kept(client: TestClient) -> None:
    body = {"name": "k", "scopes": ["read"]}
    secrets = {client.post("/api/v1/keys", json=body, headers=KEY).json()["secret"] for _ in range(2)}
    assert len(secrets) == 2


def test_a_failed_write_can_be_tried_again(client: TestClient, deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(deps.records, "create_dataset", away)
        assert client.post("/api/v1/datasets", json={"name": "d"}, headers=KEY).status_code == 500
    assert client.post("/api/v1/datasets", json={"name": "d"}, headers=KEY).status_code == 201


def test_a_key_that_is_too_long_is_refused(client: TestClient) -> None:
    answer = client.post("/api/v1/datasets", json={"name": "d"}, headers={"idempotency-key": "k" * 300})
    assert answer.status_code == 400


def test_answers_are_forgotten_after_a_day_and_when_there_are_too_many(deps: Deps) -> None:
    clock: Any = deps.clock
    cache = IdempotencyCache(clock, max_entries=2)
    for key in ("a", "b", "c"):
        assert cache.begin(key, "f") is None
        cache.finish(key, status=200, media_type="application/json", body=b"{}")
    assert cache.begin("a", "f") is None
    assert cache.begin("c", "f") is not None
    clock.ns += LIFE_NS
    assert cache.begin("c", "f") is None


def test_a_request_that_still_runs_is_a_conflict(deps: Deps) -> None:
    cache = IdempotencyCache(deps.clock, max_entries=2)
    cache.begin("a", "f")
    with pytest.raises(Conflict):
        cache.begin("a", "f")
    cache.abandon("a")
    assert cache.begin("a", "f") is None


def test_an_answer_that_is_too_large_is_not_kept(deps: Deps) -> None:
    cache = IdempotencyCache(deps.clock, max_entries=2)
    cache.begin("a", "f")
    cache.finish("a", status=200, media_type="application/json", body=b"x" * (MAX_ANSWER_BYTES + 1))
    assert cache.begin("a", "f") is None
