"""What must work before the first start, straight on the records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalwright.domain.errors import InvalidInput
from evalwright.domain.project import Scope
from evalwright.server import wire
from evalwright.server.auth import issue_key
from evalwright.server.configuration import read_settings
from evalwright.server.deps import SystemClock
from evalwright.server.stores import open_records, prepare_data, read_pepper
from evalwright.settings import Settings


def create_key(
    name: str, scopes: Sequence[str], project: str = "", *, settings: Settings | None = None
) -> dict[str, Any]:
    """Makes a key where no server runs, and returns it as ``POST /keys`` would, the secret included.

    Raises:
        InvalidInput: an unknown scope.
        StoreUnavailable: the records cannot be opened.
    """
    in_force = settings or read_settings()
    prepare_data(in_force.data)
    records = open_records(in_force, SystemClock())
    try:
        made = issue_key(records, read_pepper(in_force), name=name, scopes=_parse(scopes), project=project)
    finally:
        records.close()
    shown: dict[str, Any] = wire.decode(wire.encode({**wire.to_plain(made.key), "secret": made.secret_key}))
    return shown


def _parse(scopes: Sequence[str]) -> list[Scope]:
    known = [scope.value for scope in Scope]
    wrong = [scope for scope in scopes if scope not in known]
    if wrong:
        raise InvalidInput(f"{wrong[0]!r} is not a scope", hint=f"choose from {', '.join(known)}")
    return [Scope(scope) for scope in scopes]
