from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient


@pytest.fixture
def built(tmp_path: Path, build_deps: Any, open_client: Any) -> TestClient:
    folder = tmp_path / "ui"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>the app</title>")
    (folder / "assets" / "app-1a2b.js").write_text("console.log('hello');" * 500)
    (tmp_path / "secret.txt").write_text("hunter2")
    (folder / "assets" / "leak.js").symlink_to(tmp_path / "secret.txt")
    client: TestClient = open_client(build_deps(ui_dir=folder))
    return client


@pytest.mark.parametrize("path", ["/", "/traces", f"/traces/{'a' * 32}", "/experiments/compare?baseline=x", "/a.b/c"])
def test_every_page_is_the_app_and_is_never_stale(built: TestClient, path: str) -> None:
    answer = built.get(path)
    assert "the app" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_hashed_assets_are_kept_for_ever_and_packed_for_who_takes_it(built: TestClient, encoding: str) -> None:
    answer = built.get("/assets/app-1a2b.js", headers={"accept-encoding": encoding})
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.text == "console.log('hello');" * 500


@pytest.mark.parametrize("path", ["/assets/gone.js", "/api/v1/nope", "/api/nope", "/v1/nope", "/assets/leak.js"])
def test_what_is_not_there_is_404_not_the_app(built: TestClient, path: str) -> None:
    answer = built.get(path)
    assert answer.status_code == 404
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("path", ["/../secret.txt", "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/%00"])
def test_files_outside_the_folder_are_out_of_reach(built: TestClient, path: str) -> None:
    assert "hunter2" not in built.get(path).text


def test_without_a_build_the_page_says_what_to_do(client: TestClient) -> None:
    assert "hatch_build.py" in client.get("/").text
