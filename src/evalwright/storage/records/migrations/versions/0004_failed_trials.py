"""Trials that failed, found without reading those that did not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the index."""
    failed = sa.text("status <> 'ok'")
    op.create_index("ix_trials_failed", "trials", ["experiment_id", "id"], sqlite_where=failed, postgresql_where=failed)
