"""What probing found, by version of the evaluator."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "probe_reports",
        sa.Column("id", sa.Text, primary_key=True),
        _text("project"),
        _text("evaluator"),
        _text("evaluator_version"),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_index("ix_probe_reports_evaluator", "probe_reports", ["project", "evaluator", "created_ns"])
