"""``evalwright doctor``: what is in force and where it comes from, and whether this machine can run the server."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from evalwright.cli.options import Options
from evalwright.cli.output import emit_json, emit_rows, note
from evalwright.domain.errors import EvalwrightError, InvalidInput

PACKAGES: Final = ("chdb-core", "fastapi", "grpcio", "sqlalchemy", "clickhouse-connect", "psycopg", "scipy")
OPTIONAL: Final = frozenset(("clickhouse-connect", "psycopg", "scipy"))
ENOUGH_DISK: Final = 2 * 2**30
CLIENT: Final = ("EVALWRIGHT_ENDPOINT", "EVALWRIGHT_PROJECT", "EVALWRIGHT_API_KEY")
JUDGE: Final = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "EVALWRIGHT_JUDGE_MODEL", "EVALWRIGHT_VERDICT_CACHE")


def doctor(*, options: Options = Options()) -> int:
    """Explains the settings in force and checks that this machine can run the server; exit code 1 if it cannot."""
    settings = _read()
    in_force = [*_settings(settings), *_environment()]
    checks = list(_checks(settings, options))
    if options.json:
        emit_json({"settings": in_force, "checks": checks})
    else:
        emit_rows(in_force, [(name, _field(name)) for name in ("setting", "value", "from")], as_json=False, empty="")
        note("")
        columns = (
            ("check", _field("check")),
            ("", lambda row: "ok" if row["ok"] else "PROBLEM"),
            ("detail", _field("detail")),
        )
        emit_rows(checks, columns, as_json=False, empty="")
    broken = sum(not check["ok"] for check in checks)
    note("everything the server needs is here" if not broken else f"{broken} problem(s) found")
    return 1 if broken else 0


def _read() -> Any:
    try:
        from evalwright.server.configuration import read_settings
    except ImportError as error:
        raise InvalidInput(
            f"the server's dependencies are not installed: {error}", hint='pip install "evalwright[server]"'
        ) from error
    return read_settings()


def _field(name: str) -> Any:
    return lambda row: row[name]


def _settings(settings: Any) -> Iterator[dict[str, Any]]:
    """Yields every setting of the server, those of a table one by one, secrets hidden."""
    given = settings.model_fields_set
    from_file = _in_file()
    for name, value in settings.model_dump(mode="json").items():
        inner = value if isinstance(value, Mapping) else {"": value}
        for key, held in inner.items():
            full = f"{name}.{key}" if key else name
            variable = f"EVALWRIGHT_{full.replace('.', '__').upper()}"
            source = variable if variable in os.environ else from_file.get(full, "default")
            yield {"setting": full, "value": held, "from": source if name in given else "default"}


def _file() -> Path:
    from evalwright.settings import CONFIG_FILE_VARIABLE, DEFAULT_CONFIG_FILE

    return Path(os.environ.get(CONFIG_FILE_VARIABLE) or DEFAULT_CONFIG_FILE)


def _in_file() -> dict[str, str]:
    """Returns what the settings file names, with the file."""
    import tomllib

    file = _file()
    named = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    tables = [f"{name}.{key}" for name, table in named.items() if isinstance(table, Mapping) for key in table]
    return dict.fromkeys([*named, *tables], str(file))


def _environment() -> Iterator[dict[str, Any]]:
    """Yields what commands and judges read from the environment."""
    for variable in (*CLIENT, *JUDGE):
        held = os.environ.get(variable, "")
        shown = "**********" if held and variable.endswith("KEY") else held
        yield {"setting": variable, "value": shown, "from": "environment" if held else "not set"}


def _checks(settings: Any, options: Options) -> Iterator[dict[str, Any]]:
    yield _check("python", sys.version_info >= (3, 11), sys.version.split()[0])
    for name in PACKAGES:
        found, missing = _version(name), "not installed (optional)" if name in OPTIONAL else "missing"
        yield _check(name, bool(found) or name in OPTIONAL, found or missing)
    folder = _existing(settings.data)
    free = shutil.disk_usage(folder).free
    yield _check("disk", free > ENOUGH_DISK, f"{free / 2**30:.1f} GiB free at {folder}")
    running = options.api().reachable()
    yield _server(options) if running else _check("server", True, f"nothing answers at {options.server}")
    ours = urlsplit(options.server).port if running else None
    for port in (settings.port, settings.grpc_port):
        if running and ours == settings.port:
            yield _check(f"port {port}", True, "in use by the server")
        else:
            free_port = is_free(settings.host, port)
            yield _check(f"port {port}", free_port, "free" if free_port else "taken by another program")


def _server(options: Options) -> dict[str, Any]:
    """Says whether the server that answers takes our key, and what it holds."""
    try:
        projects = options.api().get("/projects")["items"]
        status = options.api().get("/status")
    except EvalwrightError as error:
        return _check("server", False, f"{options.server}: {error.message}; {error.hint}")
    known = options.project in {project["name"] for project in projects}
    held = f"project {options.project!r} {'has spans' if known else 'has no spans yet'}"
    return _check("server", True, f"{status['version']} answers at {options.server}; {held}")


def _check(name: str, ok: bool, detail: str) -> dict[str, Any]:
    return {"check": name, "ok": ok, "detail": detail}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def is_free(host: str, port: int) -> bool:
    """True when a server could listen there; port 0 always is."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, max(port, 0)))
        except OSError:
            return False
    return True
