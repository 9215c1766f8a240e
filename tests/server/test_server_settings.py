from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from evalwright.domain.errors import Forbidden, InvalidInput, StoreUnavailable
from evalwright.domain.project import Scope
from evalwright.server.assembly import require_admin_key
from evalwright.server.auth import issue_key
from evalwright.server.bootstrap import create_key
from evalwright.server.configuration import read_settings
from evalwright.server.stores import PEPPER_FILE, read_pepper
from evalwright.settings import CONFIG_FILE_VARIABLE, Limits, Settings, is_loopback

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "settings.md"


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (CONFIG_FILE_VARIABLE, "EVALWRIGHT_PORT", "EVALWRIGHT_HOST", "EVALWRIGHT_DATA"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("model", [Settings, Limits])
def test_every_setting_is_documented(model: type[BaseModel]) -> None:
    text = REFERENCE.read_text()
    prefix = "limits." if model is Limits else ""
    for name, field in model.model_fields.items():
        assert field.description, name
        assert f"| `{prefix}{name}` |" in text, f"{prefix}{name} is missing in {REFERENCE.name}"


def test_the_reference_names_no_setting_that_does_not_exist() -> None:
    rows = [line.split("`")[1] for line in REFERENCE.read_text().splitlines() if line.startswith("| `")]
    known = {*Settings.model_fields, *(f"limits.{name}" for name in Limits.model_fields)}
    assert set(rows) <= known


@pytest.mark.parametrize("there", [False, True])
def test_a_settings_file_that_was_asked_for_must_exist(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: bool
) -> None:
    monkeypatch.setenv(CONFIG_FILE_VARIABLE, str(tmp_path / "prod.toml"))
    if there:
        (tmp_path / "prod.toml").write_text("port = 5")
        assert read_settings().port == 5
        return
    with pytest.raises(InvalidInput, match=r"prod\.toml' does not exist"):
        read_settings()


def test_arguments_beat_the_environment_and_that_beats_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "evalwright.toml").write_text('port = 1\ngrpc_port = 2\nhost = "::1"\n[limits]\nmax_sql_rows = 7\n')
    monkeypatch.setenv("EVALWRIGHT_GRPC_PORT", "3")
    monkeypatch.setenv("EVALWRIGHT_LIMITS__SQL_TIMEOUT_S", "4")
    settings = Settings(host="127.0.0.1")
    assert (settings.host, settings.port, settings.grpc_port) == ("127.0.0.1", 1, 3)
    assert (settings.limits.max_sql_rows, settings.limits.sql_timeout_s) == (7, 4.0)


@pytest.mark.parametrize(
    ("text", "named"),
    [("prot = 1", "prot"), ("port = 70000", "port"), ("port =", "TOML"), ("[limits]\nmax_body = 1", "limits.max_body")],
)
def test_a_wrong_file_is_an_error_that_names_the_place_not_a_default(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "evalwright.toml").write_text(text)
    with pytest.raises(InvalidInput, match=named):
        read_settings()


def test_an_error_never_repeats_a_wrong_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALWRIGHT_PORT", "hunter2")
    with pytest.raises(InvalidInput) as caught:
        read_settings()
    assert "hunter2" not in str(caught.value)


def test_secrets_are_not_printed() -> None:
    settings = Settings(records_url="postgresql://u:hunter2@h/d", openai_api_key="hunter2", key_pepper="hunter2")  # type: ignore[arg-type]
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in settings.model_dump_json()
    assert settings.record_store_url == "postgresql://u:hunter2@h/d"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_addresses_are_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "evals.corp", "localhost.evil.example", ""])
def test_everything_else_is_not_and_names_are_never_looked_up(host: str) -> None:
    assert not is_loopback(host)


def settings_in(folder: Path, **changes: Any) -> Settings:
    return Settings(data=folder, **changes)


def test_the_pepper_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = read_pepper(settings_in(tmp_path))
    assert read_pepper(settings_in(tmp_path)) == first
    assert stat.S_IMODE((tmp_path / PEPPER_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [PEPPER_FILE]


def test_a_cut_pepper_is_an_error_not_a_new_one(tmp_path: Path) -> None:
    (tmp_path / PEPPER_FILE).write_bytes(b"short")
    with pytest.raises(StoreUnavailable, match="damaged"):
        read_pepper(settings_in(tmp_path))


def test_a_pepper_in_the_settings_wins_so_that_servers_can_share_one(tmp_path: Path) -> None:
    assert read_pepper(settings_in(tmp_path, key_pepper="shared")) == b"shared"
    assert list(tmp_path.iterdir()) == []


def test_off_loopback_the_server_needs_an_admin_key_of_every_project(memory_records: Any, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, host="0.0.0.0")
    for scopes, project in (((), ""), ((Scope.READ,), ""), ((Scope.ADMIN,), "one")):
        if scopes:
            issue_key(memory_records, b"p", name="k", scopes=scopes, project=project)
        with pytest.raises(Forbidden, match="admin key") as caught:
            require_admin_key(settings, memory_records)
        assert "evalwright keys create" in caught.value.hint
    made = issue_key(memory_records, b"p", name="k", scopes=[Scope.ADMIN])
    require_admin_key(settings, memory_records)
    memory_records.revoke_key(made.key.id)
    with pytest.raises(Forbidden):
        require_admin_key(settings, memory_records)


def test_the_first_key_is_made_before_any_server_runs(tmp_path: Path) -> None:
    made = create_key("admin", ["admin"], settings=settings_in(tmp_path / "new" / "data"))
    assert made["secret"].startswith(f"{made['prefix']}_")
    assert made["scopes"] == ["admin"]
    again = create_key("ci", ["read", "ingest"], "support", settings=settings_in(tmp_path / "new" / "data"))
    assert again["id"] != made["id"]


def test_reading_settings_imports_nothing_heavy() -> None:
    code = "import sys, evalwright.settings; print([m for m in ('chdb', 'fastapi', 'sqlalchemy') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
