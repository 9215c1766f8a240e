"""Brings a database to the newest schema."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from evalwright.domain.errors import StoreUnavailable

HEAD: Final = "0004"
"""Revision this program works with; the newest file under ``migrations/versions``."""

_FOLDER = Path(__file__).parent / "migrations"


def migrate(connection: sa.Connection) -> None:
    """Runs what is missing up to ``HEAD`` inside the caller's transaction.

    Raises:
        StoreUnavailable: a newer program has changed the schema.
    """
    held = current_revision(connection)
    if held == HEAD:
        return
    # Imported here: a start that has nothing to migrate, the usual one, saves its time and memory.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise StoreUnavailable(
            f"the record store has schema {held!r}, which this version does not know",
            hint="upgrade evalwright, or restore the backup made before the upgrade",
        ) from error


def current_revision(connection: sa.Connection) -> str:
    """Returns the schema revision, or empty for a new database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() or "")
