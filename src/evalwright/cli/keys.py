"""``evalwright keys``: API keys, through the server or, where none runs, straight in the records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cyclopts import App

from evalwright.cli.connect import segment
from evalwright.cli.options import Options
from evalwright.cli.output import Column, emit_json, emit_rows, note

app = App(name="keys", help="Create, list and revoke API keys.")

COLUMNS: Sequence[Column] = (
    ("id", lambda row: row["id"]),
    ("name", lambda row: row["name"]),
    ("key", lambda row: f"{row['prefix']}..."),
    ("scopes", lambda row: ",".join(row["scopes"])),
    ("project", lambda row: row["project"] or "(all)"),
    ("created", lambda row: str(row["created_time"])[:19]),
    ("revoked", lambda row: str(row["revoked_time"] or "")[:19]),
)


@app.command
def create(
    name: str, *, scopes: str = "read,write,ingest", for_project: str = "", options: Options = Options()
) -> None:
    """Creates a key and shows its secret, once.

    Example: evalwright keys create ci --scopes ingest,read,write --for-project support

    Args:
        name: what the key is for.
        scopes: comma-separated: read, write, ingest, admin.
        for_project: the only project the key opens; every project when left out.
    """
    wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    if options.api().reachable():
        made = options.api().post("/keys", {"name": name, "scopes": wanted, "project": for_project})
    else:
        made = _create_offline(name, wanted, for_project)
    if options.json:
        emit_json(made)
        return
    emit_rows([made], COLUMNS, as_json=False, empty="")
    note("the secret is shown this once; send it as `Authorization: Bearer ...`:")
    emit_rows([made], (("secret", lambda row: row["secret"]),), as_json=False, empty="")


@app.command(name="list")
def list_(*, options: Options = Options()) -> None:
    """Lists keys, without their secrets.

    Example: evalwright keys list
    """
    page = options.api().get("/keys")
    emit_rows(page["items"], COLUMNS, as_json=options.json, empty="no keys: the server trusts this machine only")


@app.command
def revoke(key_id: str, *, options: Options = Options()) -> None:
    """Revokes a key at once.

    Example: evalwright keys revoke key_01a1fe7c1917709aa067481de330b14c
    """
    options.api().delete(f"/keys/{segment(key_id)}")
    note(f"revoked {key_id}")


def _create_offline(name: str, scopes: Sequence[str], project: str) -> dict[str, Any]:
    from evalwright.server.bootstrap import create_key

    return create_key(name, scopes, project)
