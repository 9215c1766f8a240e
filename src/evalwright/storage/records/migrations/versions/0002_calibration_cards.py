"""Calibration cards and the disagreements behind them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    """Makes both tables."""
    op.create_table(
        "calibration_cards",
        sa.Column("id", sa.Text, primary_key=True),
        _text("project"),
        _text("evaluator"),
        _text("evaluator_version"),
        _text("judge_score"),
        _text("label_score"),
        _text("dataset"),
        _text("filter"),
        _text("group_by"),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_index("ix_calibration_cards_evaluator", "calibration_cards", ["project", "evaluator", "created_ns"])
    op.create_table(
        "disagreements",
        sa.Column("card_id", sa.Text, sa.ForeignKey("calibration_cards.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        _text("human"),
        _text("judge"),
        sa.Column("row", sa.Text, nullable=False),
    )
