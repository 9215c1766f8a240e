"""``evalwright doctor`` says what is in force and where it comes from, and what a newcomer's empty list means."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import RunningServer, running_server


def evalwright(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("EVALWRIGHT_", "OPENAI_"))}
    command = [sys.executable, "-m", "evalwright", *arguments]
    return subprocess.run(command, cwd=cwd, env=plain | environment, capture_output=True, text=True, check=False)


def doctor(*arguments: str, cwd: Path, **environment: str) -> tuple[int, dict[str, Any], dict[str, Any]]:
    done = evalwright("doctor", "--json", *arguments, cwd=cwd, **environment)
    answer = json.loads(done.stdout)
    settings = {row["setting"]: (row["value"], row["from"]) for row in answer["settings"]}
    return done.returncode, settings, {check["check"]: check for check in answer["checks"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


def test_each_setting_says_where_it_comes_from_and_no_secret_is_shown(tmp_path: Path) -> None:
    (tmp_path / "evalwright.toml").write_text("grpc_port = 0\nkey_pepper = 'hot-pepper'\n[limits]\nshutdown_s = 5\n")
    given = {
        "EVALWRIGHT_PORT": "0",
        "EVALWRIGHT_LIMITS__MAX_SQL_ROWS": "500",
        "OPENAI_API_KEY": "sk-secret",
        "EVALWRIGHT_DATA": str(tmp_path),
    }
    code, settings, checks = doctor("--server", "http://127.0.0.1:9", cwd=tmp_path, **given)
    assert code == 0
    assert settings["port"] == (0, "EVALWRIGHT_PORT")
    assert settings["grpc_port"] == (0, "evalwright.toml")
    assert settings["limits.shutdown_s"] == (5.0, "evalwright.toml")
    assert settings["limits.max_sql_rows"] == (500, "EVALWRIGHT_LIMITS__MAX_SQL_ROWS")
    assert settings["host"] == ("127.0.0.1", "default")
    assert settings["OPENAI_API_KEY"][1] == "environment"
    assert not {"sk-secret", "hot-pepper"} & {str(value) for value, _ in settings.values()}
    assert "nothing answers" in checks["server"]["detail"]


def test_a_port_another_program_holds_is_a_problem(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        given = {"EVALWRIGHT_PORT": str(port), "EVALWRIGHT_GRPC_PORT": "0", "EVALWRIGHT_DATA": str(tmp_path)}
        code, _, checks = doctor("--server", "http://127.0.0.1:9", cwd=tmp_path, **given)
    assert code == 1
    assert checks[f"port {port}"] == {"check": f"port {port}", "ok": False, "detail": "taken by another program"}


@pytest.mark.parametrize("command", ["doctor", "serve"])
def test_a_settings_file_that_is_not_there_is_not_passed_over(command: str, tmp_path: Path) -> None:
    done = evalwright(command, cwd=tmp_path, EVALWRIGHT_CONFIG="none.toml")
    assert done.returncode == 2
    assert "the settings file 'none.toml' does not exist" in done.stderr


@pytest.mark.parametrize("command", ["doctor", "serve"])
def test_a_wrong_setting_is_a_sentence(command: str, tmp_path: Path) -> None:
    done = evalwright(command, cwd=tmp_path, EVALWRIGHT_PORT="high")
    assert done.returncode == 2
    assert "setting 'port'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_the_server_does_not_know_is_found_before_it_matters(server: RunningServer, tmp_path: Path) -> None:
    given = {"EVALWRIGHT_DATA": str(tmp_path), "EVALWRIGHT_PORT": "0", "EVALWRIGHT_GRPC_PORT": "0"}
    code, _, checks = doctor("--server", server.url, cwd=tmp_path, **given)
    assert (code, checks["server"]["ok"]) == (0, True)
    assert "has no spans yet" in checks["server"]["detail"]
    code, _, checks = doctor("--server", server.url, cwd=tmp_path, EVALWRIGHT_API_KEY="ew_wrong", **given)
    assert (code, checks["server"]["ok"]) == (1, False)
    assert "unknown or was revoked" in checks["server"]["detail"]


def test_an_empty_list_names_the_projects_that_hold_something(server: RunningServer, tmp_path: Path) -> None:
    program = "import evalwright as ew, sys\new.init('shop', endpoint=sys.argv[1])\nwith ew.span('one'): pass"
    subprocess.run([sys.executable, "-c", program, server.url], check=True)
    where = ("--server", server.url)
    for command in (("traces", "list"), ("spans", "query"), ("sessions", "list"), ("scores", "list")):
        done = evalwright(*command, *where, "--project", "shpo", cwd=tmp_path)
        assert done.returncode == 0
        assert "project 'shpo' holds no spans; --project may be one of: shop" in done.stderr.replace("\n", " ")
    done = evalwright("traces", "list", *where, "-p", "shop", "-f", "name == 'two'", cwd=tmp_path)
    assert "may be one of" not in done.stderr


def test_adding_nothing_to_a_dataset_is_said(server: RunningServer, tmp_path: Path) -> None:
    where = ("--server", server.url, "--project", "shop")
    assert evalwright("datasets", "create", "golden", *where, cwd=tmp_path).returncode == 0
    done = evalwright("datasets", "add", "golden", "--filter", "name == 'nobody'", *where, cwd=tmp_path)
    assert "golden v0: 0 items; spans that matched: none" in done.stderr
