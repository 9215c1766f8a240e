"""``evalwright doctor``: the settings in force and whether this machine can run the server."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from evalwright.cli.options import Options
from evalwright.cli.output import emit_json, emit_rows, note

PACKAGES: Final = ("chdb-core", "fastapi", "grpcio", "sqlalchemy", "clickhouse-connect", "psycopg", "scipy")
ENOUGH_DISK: Final = 2 * 2**30


def doctor(*, options: Options = Options()) -> int:
    """Explains the settings in force and checks that this machine can run the server; exit code 1 if it cannot."""
    from evalwright.settings import Settings

    settings = Settings()
    in_force = settings.model_dump(mode="json")
    checks = list(_checks(settings, options))
    if options.json:
        emit_json({"settings": in_force, "checks": checks})
    else:
        rows = [{"name": name, "value": value} for name, value in in_force.items()]
        columns = (("setting", lambda row: row["name"]), ("value", lambda row: row["value"]))
        emit_rows(rows, columns, as_json=False, empty="")
        check_columns = (
            ("check", lambda row: row["check"]),
            ("", lambda row: "ok" if row["ok"] else "PROBLEM"),
            ("detail", lambda row: row["detail"]),
        )
        emit_rows(checks, check_columns, as_json=False, empty="")
    broken = sum(not check["ok"] for check in checks)
    note("everything the server needs is here" if not broken else f"{broken} problem(s) found")
    return 1 if broken else 0


def _checks(settings: Any, options: Options) -> Iterator[dict[str, Any]]:
    yield _check("python", sys.version_info >= (3, 11), sys.version.split()[0])
    for name in PACKAGES:
        found = _version(name)
        optional = name in ("clickhouse-connect", "psycopg", "scipy")
        yield _check(
            name, bool(found) or optional, found or "not installed (optional)" if optional else found or "missing"
        )
    folder = _existing(settings.data)
    free = shutil.disk_usage(folder).free
    yield _check("disk", free > ENOUGH_DISK, f"{free / 2**30:.1f} GiB free at {folder}")
    running = options.api().reachable()
    yield _check("server", True, f"answers at {options.server}" if running else f"nothing answers at {options.server}")
    for port in (settings.port, settings.grpc_port):
        free_port = running or _is_free(settings.host, port)
        yield _check(f"port {port}", free_port, "in use by the server" if running else "free" if free_port else "taken")


def _check(name: str, ok: bool, detail: str) -> dict[str, Any]:
    return {"check": name, "ok": ok, "detail": detail}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, max(port, 0)))
        except OSError:
            return False
    return True
