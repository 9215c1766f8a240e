from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from starlette.testclient import TestClient

from evalwright.domain.project import Scope
from evalwright.domain.span import Span
from evalwright.server.auth import CACHE_S, COOKIE, SESSION_S, issue_key
from evalwright.server.deps import Deps

Open = Callable[[Deps], TestClient]


def make_key(deps: Deps, *scopes: Scope, project: str = "") -> str:
    return issue_key(deps.records, deps.authenticator.pepper, name="k", scopes=scopes, project=project).secret_key


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


@pytest.fixture
def locked(build_deps: Callable[..., Deps]) -> Deps:
    return build_deps(open_locally=False)


def test_a_loopback_server_without_keys_answers_everyone_on_the_machine(client: TestClient) -> None:
    assert client.get("/api/v1/projects").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4318", "127.0.0.1.evil.example", "", "0.0.0.0"])
def test_a_foreign_host_name_is_refused_so_that_dns_rebinding_fails(client: TestClient, host: str) -> None:
    for path in ("/api/v1/projects", "/", "/metrics"):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 403
        assert "allowed_hosts" in answer.json()["hint"]


@pytest.mark.parametrize("host", ["localhost:4318", "127.0.0.1", "[::1]:4318", "LOCALHOST"])
def test_loopback_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/v1/projects", headers={"host": host}).status_code == 200


def test_configured_host_names_are_answered(build_deps: Callable[..., Deps], open_client: Open) -> None:
    client = open_client(build_deps(allowed_hosts=frozenset({"evals.corp"})))
    assert client.get("/api/v1/projects", headers={"host": "evals.corp:80"}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9999"])
@pytest.mark.parametrize("path", ["/api/v1/scores", "/v1/traces"])
def test_a_page_of_another_site_cannot_write(client: TestClient, origin: str, path: str) -> None:
    assert client.post(path, json={"scores": []}, headers={"origin": origin}).status_code == 403


def test_the_own_page_and_trusted_origins_can_write(build_deps: Callable[..., Deps], open_client: Open) -> None:
    client = open_client(build_deps(allowed_origins=frozenset({"https://app.corp"})))
    for origin in ("http://127.0.0.1:4318", "https://app.corp"):
        answer = client.post("/api/v1/scores", json={"scores": []}, headers={"origin": origin})
        assert answer.status_code == 200


def test_without_a_key_a_locked_server_says_how_to_get_one(locked: Deps, open_client: Open) -> None:
    answer = open_client(locked).get("/api/v1/projects")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "evalwright keys create" in answer.json()["hint"]


@pytest.mark.parametrize("secret", ["ew_00000000_" + "a" * 43, "nonsense", "ew__", "ew_é", "x" * 10_000])
def test_a_wrong_key_is_401_even_on_an_open_server(client: TestClient, secret: str) -> None:
    for headers in ({"authorization": f"Bearer {secret}".encode()}, {"x-api-key": secret.encode()}):
        assert client.get("/api/v1/projects", headers=headers).status_code == 401


def test_both_headers_carry_a_key(locked: Deps, open_client: Open) -> None:
    client, secret = open_client(locked), make_key(locked, Scope.READ)
    assert client.get("/api/v1/projects", headers=bearer(secret)).status_code == 200
    assert client.get("/api/v1/projects", headers={"x-api-key": secret}).status_code == 200


READS: Sequence[tuple[str, str, Any]] = [
    ("GET", "/api/v1/traces", None),
    ("GET", "/api/v1/spans", None),
    ("GET", "/api/v1/sessions", None),
    ("GET", "/api/v1/scores", None),
    ("GET", "/api/v1/datasets", None),
    ("GET", "/api/v1/experiments", None),
    ("GET", "/api/v1/experiments/e/report", None),
    ("GET", "/api/v1/evaluators", None),
    ("GET", "/api/v1/spans/export", None),
    ("POST", "/api/v1/spans/aggregate", {"metrics": ["count"]}),
]
WRITES: Sequence[tuple[str, str, Any]] = [
    ("POST", "/api/v1/scores", {"scores": [{"name": "n", "session_id": "s", "value": 1}]}),
    ("POST", "/api/v1/datasets", {"name": "d"}),
    ("DELETE", "/api/v1/datasets/d", None),
    ("POST", "/api/v1/experiments", {"name": "e", "dataset": "d"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_read_key_cannot_write(locked: Deps, open_client: Open, method: str, path: str, body: Any) -> None:
    headers = bearer(make_key(locked, Scope.READ))
    assert open_client(locked).request(method, path, json=body, headers=headers).status_code == 403


@pytest.mark.parametrize(("method", "path", "body"), READS)
def test_an_ingest_key_cannot_read(locked: Deps, open_client: Open, method: str, path: str, body: Any) -> None:
    headers = bearer(make_key(locked, Scope.INGEST, Scope.WRITE))
    assert open_client(locked).request(method, path, json=body, headers=headers).status_code == 403


@pytest.mark.parametrize(("method", "path", "body"), [*READS, *WRITES])
def test_a_key_of_one_project_does_not_open_another(
    locked: Deps, open_client: Open, method: str, path: str, body: Any
) -> None:
    headers = bearer(make_key(locked, Scope.READ, Scope.WRITE, project="mine"))
    answer = open_client(locked).request(method, path, json=body, params={"project": "theirs"}, headers=headers)
    assert answer.status_code == 403


def test_a_key_of_one_project_sees_only_that_project_when_none_is_named(locked: Deps, open_client: Open) -> None:
    for project, letter in (("mine", "a"), ("theirs", "b")):
        locked.spans.write_spans(
            [Span(project=project, trace_id=letter * 32, span_id=letter * 16, start_ns=1, end_ns=2)]
        )
    client, headers = open_client(locked), bearer(make_key(locked, Scope.READ, project="mine"))
    projects = client.get("/api/v1/projects", headers=headers).json()["items"]
    assert [each["name"] for each in projects] == ["mine"]
    assert client.get(f"/api/v1/traces/{'a' * 32}", headers=headers).status_code == 200
    assert client.get(f"/api/v1/traces/{'b' * 32}", headers=headers).status_code == 404


def test_a_body_cannot_name_a_project_the_key_does_not_open(locked: Deps, open_client: Open) -> None:
    headers = bearer(make_key(locked, Scope.WRITE, project="mine"))
    score = {"name": "n", "session_id": "s", "value": 1, "project": "theirs"}
    answer = open_client(locked).post("/api/v1/scores", json={"scores": [score]}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("scopes", [(Scope.READ, Scope.WRITE, Scope.INGEST)])
def test_only_admins_manage_keys(locked: Deps, open_client: Open, scopes: Sequence[Scope]) -> None:
    client, headers = open_client(locked), bearer(make_key(locked, *scopes))
    body = {"name": "x", "scopes": ["admin"]}
    assert client.get("/api/v1/keys", headers=headers).status_code == 403
    assert client.post("/api/v1/keys", json=body, headers=headers).status_code == 403
    assert client.delete("/api/v1/keys/key_1", headers=headers).status_code == 403


def test_an_admin_of_one_project_cannot_make_keys_for_all(locked: Deps, open_client: Open) -> None:
    headers = bearer(make_key(locked, Scope.ADMIN, project="mine"))
    answer = open_client(locked).post("/api/v1/keys", json={"name": "x", "scopes": ["admin"]}, headers=headers)
    assert answer.status_code == 403


def test_the_secret_is_shown_once_and_never_listed(client: TestClient) -> None:
    made = client.post("/api/v1/keys", json={"name": "ci", "scopes": ["read"]}).json()
    listed = client.get("/api/v1/keys").text
    assert made["secret"].startswith(made["prefix"])
    assert made["secret"] not in listed
    assert made["prefix"] in listed


def test_a_revoked_key_stops_working_at_once(locked: Deps, open_client: Open) -> None:
    client, admin = open_client(locked), bearer(make_key(locked, Scope.ADMIN))
    made = client.post("/api/v1/keys", json={"name": "ci", "scopes": ["read"]}, headers=admin).json()
    assert client.get("/api/v1/projects", headers=bearer(made["secret"])).status_code == 200
    assert client.delete(f"/api/v1/keys/{made['id']}", headers=admin).status_code == 200
    assert client.get("/api/v1/projects", headers=bearer(made["secret"])).status_code == 401


def test_a_key_revoked_elsewhere_stops_working_when_the_cache_is_stale(locked: Deps, open_client: Open) -> None:
    client, secret = open_client(locked), make_key(locked, Scope.READ)
    assert client.get("/api/v1/projects", headers=bearer(secret)).status_code == 200
    locked.records.revoke_key(locked.records.list_keys()[0].id)
    locked.clock.ns += (CACHE_S + 1) * 1_000_000_000  # type: ignore[attr-defined]
    assert client.get("/api/v1/projects", headers=bearer(secret)).status_code == 401


def test_the_browser_trades_a_key_for_a_cookie_scripts_cannot_read(locked: Deps, open_client: Open) -> None:
    client, secret = open_client(locked), make_key(locked, Scope.READ)
    answer = client.post("/api/v1/login", json={"key": secret})
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 204
    assert all(word in cookie for word in (COOKIE, "HttpOnly", "SameSite=strict"))
    assert secret not in cookie
    assert client.get("/api/v1/projects").status_code == 200
    client.post("/api/v1/logout")
    assert client.get("/api/v1/projects").status_code == 401


def test_a_session_ends_with_its_time_and_with_its_key(locked: Deps, open_client: Open) -> None:
    client, secret = open_client(locked), make_key(locked, Scope.READ)
    client.post("/api/v1/login", json={"key": secret})
    locked.clock.ns += (SESSION_S + 1) * 1_000_000_000  # type: ignore[attr-defined]
    assert client.get("/api/v1/projects").status_code == 401


@pytest.mark.parametrize(
    "change",
    [lambda c: c[:-1] + ("0" if c[-1] != "0" else "1"), lambda c: ("b" if c[0] == "a" else "a") + c[1:], lambda c: "x"],
)
def test_a_forged_session_is_refused(locked: Deps, open_client: Open, change: Callable[[str], str]) -> None:
    client, secret = open_client(locked), make_key(locked, Scope.READ)
    client.post("/api/v1/login", json={"key": secret})
    forged = change(client.cookies[COOKIE])
    client.cookies.clear()
    assert client.get("/api/v1/projects", headers={"cookie": f"{COOKIE}={forged}"}).status_code == 401


def test_login_with_a_wrong_key_is_401_and_sets_nothing(locked: Deps, open_client: Open) -> None:
    answer = open_client(locked).post("/api/v1/login", json={"key": "ew_00000000_" + "a" * 43})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/api/v1/projects", "/api/v1/nope", "/healthz"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"].split("style-src")[0]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


class OneSnapshot:
    """A server that can take a snapshot."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def take(self) -> str:
        self.taken.append("sn_1")
        return "sn_1"

    def drop(self, name: str) -> None:
        self.taken.remove(name)


def test_only_an_admin_of_every_project_takes_and_drops_snapshots(
    build_deps: Callable[..., Deps], open_client: Open
) -> None:
    snapshots = OneSnapshot()
    deps = build_deps(open_locally=False, snapshots=snapshots)
    client = open_client(deps)
    keys = [
        make_key(deps, Scope.READ, Scope.WRITE, Scope.INGEST),
        make_key(deps, Scope.ADMIN, project="support"),
    ]
    for key in keys:
        assert client.post("/api/v1/snapshots", headers=bearer(key)).status_code == 403
        assert client.delete("/api/v1/snapshots/sn_1", headers=bearer(key)).status_code == 403
    assert client.post("/api/v1/snapshots").status_code == 401
    assert snapshots.taken == []
    admin = bearer(make_key(deps, Scope.ADMIN))
    assert client.post("/api/v1/snapshots", headers=admin).json() == {"id": "sn_1"}
    assert client.delete("/api/v1/snapshots/sn_1", headers=admin).status_code == 204
    assert snapshots.taken == []


@pytest.mark.parametrize("name", ["..", "%2e%2e", "lock%2f..", "a%00b", "A"])
def test_no_name_of_a_snapshot_reaches_outside_its_folder(
    build_deps: Callable[..., Deps], open_client: Open, name: str
) -> None:
    client = open_client(build_deps(snapshots=OneSnapshot()))
    assert client.delete(f"/api/v1/snapshots/{name}").status_code in {400, 404, 405, 422}


def test_a_page_of_another_site_cannot_take_a_snapshot(build_deps: Callable[..., Deps], open_client: Open) -> None:
    snapshots = OneSnapshot()
    client = open_client(build_deps(snapshots=snapshots))
    assert client.post("/api/v1/snapshots", headers={"origin": "https://evil.example"}).status_code == 403
    assert snapshots.taken == []


def test_stores_on_servers_have_no_snapshots(client: TestClient) -> None:
    answer = client.post("/api/v1/snapshots")
    assert answer.status_code == 400
    assert "URL" in answer.json()["detail"]
