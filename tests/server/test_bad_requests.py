from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from memory_records import MemoryRecordStore
from memory_spans import MemorySpanStore
from starlette.testclient import TestClient

from evalwright.domain.errors import RateLimited, StoreUnavailable
from evalwright.domain.project import Principal
from evalwright.ingest import Intake, IntakeCounters, IntakeLimits
from evalwright.ingest.http import otlp_routes
from evalwright.providers.prices import GenaiPrices
from evalwright.server.deps import Bounds, SystemClock

JSON = {"content-type": "application/json"}
SCORE = b'{"scores": [{"name": "n", "session_id": "s", "value": %s}]}'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"scores": NaN}', 400),
        (SCORE % b"NaN", 400),
        (SCORE % b"1e999", 400),
        (SCORE % (b"9" * 400), 422),
        (SCORE % b'"\\ud800"', 400),
        (b"\xff\xfe", 400),
        (b"[" * 200_000 + b"]" * 200_000, 400),
        (b"[]", 422),
        (b'{"scores": [{}]}', 422),
        (b'{"scores": [], "surprise": 1}', 422),
        (b'{"scores": [{"name": "a\\u0000b", "session_id": "s", "value": 1}]}', 422),
    ],
)
def test_a_bad_body_is_a_clear_4xx(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post("/api/v1/scores", content=body, headers=JSON)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) >= {"type", "title", "status", "detail", "hint"}
    assert problem["detail"]


def test_validation_errors_never_repeat_the_values(client: TestClient) -> None:
    answer = client.post("/api/v1/keys", json={"name": "x", "scopes": ["hunter2-secret"]})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text
    assert "scopes" in answer.json()["detail"]


def test_deeply_nested_metadata_is_stored_or_refused_never_a_fault(client: TestClient) -> None:
    deep = b"[" * 900 + b"]" * 900
    body = b'{"scores": [{"name": "n", "session_id": "s", "value": 1, "metadata": {"d": ' + deep + b"}}]}"
    assert client.post("/api/v1/scores", content=body, headers=JSON).status_code < 500
    assert client.get("/api/v1/scores").status_code < 500


def test_huge_integers_in_free_values_survive(client: TestClient) -> None:
    client.post("/api/v1/datasets", json={"name": "d"})
    answer = client.post("/api/v1/datasets/d/items", json={"items": [{"input": 10**40}]})
    assert answer.status_code == 200
    assert client.get("/api/v1/datasets/d/items").json()["items"][0]["input"] == 10**40


@pytest.mark.parametrize("media", ["text/plain", "application/x-protobuf", "multipart/form-data", ""])
def test_a_body_that_is_not_json_is_415(client: TestClient, media: str) -> None:
    answer = client.post("/api/v1/scores", content=b"{}", headers={"content-type": media})
    assert answer.status_code == 415


def test_content_type_parameters_are_fine(client: TestClient) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    assert client.post("/api/v1/scores", content=b'{"scores": []}', headers=headers).status_code == 200


def test_a_body_over_the_bound_is_413_announced_or_not(build_deps: Any, open_client: Any) -> None:
    client = open_client(build_deps(bounds=Bounds(max_body_bytes=2000)))
    assert client.post("/api/v1/scores", content=b" " * 3000, headers=JSON).status_code == 413

    def chunks() -> Iterator[bytes]:
        yield from (b" " * 1000 for _ in range(3))

    assert client.post("/api/v1/scores", content=chunks(), headers=JSON).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/traces?limit=0",
        "/api/v1/traces?limit=1001",
        "/api/v1/traces?start=yesterday",
        "/api/v1/traces?start=20&end=10",
        "/api/v1/traces?cursor=zz",
        "/api/v1/traces/zz",
        "/api/v1/traces/" + "0" * 32,
        "/api/v1/traces/" + "a" * 32 + "/spans?ids=zz",
        "/api/v1/traces?project=a%00b",
        "/api/v1/scores/summary?group_by=nope",
        "/api/v1/experiments/compare?baseline=a",
        "/api/v1/datasets/a%00b",
    ],
)
def test_bad_parameters_are_4xx_with_a_reason(client: TestClient, path: str) -> None:
    client.post("/api/v1/scores", json={"scores": [{"name": "n", "session_id": "s", "value": 1}]})
    answer = client.get(path)
    assert 400 <= answer.status_code < 500
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/..%2f..%2fetc/passwd", "/assets/..%2f..%2fapp.py", "/%2e%2e/x"]
)
def test_no_path_leads_out_of_the_web_folder(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert "root:" not in answer.text
    assert "[project]" not in answer.text
    assert "def create_app" not in answer.text


def test_an_unexpected_fault_is_a_problem_without_its_trace(
    build_deps: Any, open_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(MemoryRecordStore):
        def list_datasets(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("the secret cause")

    answer = open_client(build_deps(records=Broken())).get("/api/v1/datasets")
    assert answer.status_code == 500
    assert "secret cause" not in answer.text
    assert answer.json()["type"].endswith("/internal")
    assert "the secret cause" in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("error", "status"), [(StoreUnavailable("away", retry_after_s=2.2), 503), (RateLimited("slow down"), 429)]
)
def test_an_error_that_passes_says_when_to_try_again(
    build_deps: Any, open_client: Any, error: Exception, status: int
) -> None:
    class Away(MemoryRecordStore):
        def list_datasets(self, *_: Any, **__: Any) -> Any:
            raise error

    answer = open_client(build_deps(records=Away())).get("/api/v1/datasets")
    assert answer.status_code == status
    assert int(answer.headers["retry-after"]) >= 1


def test_a_method_that_is_not_there_is_405(client: TestClient) -> None:
    assert client.put("/api/v1/traces").status_code == 405


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/traces", "POST"),
        ("HEAD", "/v1/logs", "POST"),
        ("PUT", "/v1/metrics", "POST"),
        ("GET", "/api/v1/sql", "POST"),
        ("GET", "/api/v1/experiments/x/finish", "POST"),
        ("DELETE", "/api/v1/status", "GET"),
        ("PUT", "/api/v1/evaluators", "GET, POST"),
        ("DELETE", "/api/v1/scores", "GET, POST"),
        ("PATCH", "/api/v1/evaluators/x/probes", "GET, POST"),
        ("POST", "/evaluators", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405_and_says_which_one_is_right(
    build_deps: Any, open_client: Any, method: str, path: str, allow: str
) -> None:
    intake = Intake(MemorySpanStore(), GenaiPrices(), SystemClock(), IntakeCounters(), IntakeLimits())
    client = open_client(build_deps(otlp=otlp_routes(intake, authorise=lambda _: Principal(local=True))))
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allow
    if method != "HEAD":
        assert answer.json()["type"].endswith("/method-not-allowed")
        assert path in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/v1/nothing", "/api", "//api/v1/traces"])
def test_an_address_of_the_api_that_is_not_there_is_a_problem_and_not_the_web_app(client: Any, path: str) -> None:
    answer = client.get(f"http://127.0.0.1:4318{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
