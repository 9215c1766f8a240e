"""Keys, evaluators, datasets, experiments."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def _big(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def _whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def _keys_and_evaluators() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, primary_key=True),
        _text("name"),
        _text("prefix"),
        sa.Column("secret_hash", sa.Text, nullable=False, unique=True),
        _json("scopes"),
        _text("project"),
        _big("created_ns"),
        _big("last_used_ns"),
        _big("revoked_ns"),
    )
    op.create_table(
        "evaluators",
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        _whole("ordinal"),
        _json("spec"),
        _big("created_ns"),
        _big("used_ns"),
    )


def _datasets() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.Text, primary_key=True),
        _text("project"),
        _text("name"),
        _text("description"),
        _whole("version"),
        _whole("item_count"),
        _whole("next_position"),
        _big("created_ns"),
        _big("updated_ns"),
        sa.UniqueConstraint("project", "name", name="uq_datasets_project_name"),
    )
    op.create_table(
        "items",
        sa.Column("dataset_id", sa.Text, sa.ForeignKey("datasets.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("added_version", sa.Integer, primary_key=True, autoincrement=False),
        _whole("removed_version"),
        sa.Column("id", sa.Text, nullable=False),
        _text("key"),
        sa.Column("content_hash", sa.Text, nullable=False),
        _json("input"),
        _json("expected"),
        _json("metadata"),
        _text("split"),
        _json("tags"),
        _text("source_trace_id"),
        _text("source_span_id"),
    )
    op.create_index("ix_items_key", "items", ["dataset_id", "key", "removed_version"], unique=True)
    op.create_index("ix_items_id", "items", ["dataset_id", "id"])


def _experiments() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", sa.Text, primary_key=True),
        _text("project"),
        _text("name"),
        sa.Column("dataset_id", sa.Text, sa.ForeignKey("datasets.id"), nullable=False),
        _text("dataset_name"),
        _whole("dataset_version"),
        _whole("trials"),
        _whole("item_count"),
        _whole("completed"),
        _text("description"),
        _json("metadata"),
        _json("evaluators"),
        _text("status"),
        _big("created_ns"),
        _big("finished_ns"),
        sa.UniqueConstraint("project", "name", name="uq_experiments_project_name"),
    )
    op.create_index("ix_experiments_dataset_id", "experiments", ["dataset_id"])
    op.create_table(
        "trials",
        sa.Column("experiment_id", sa.Text, sa.ForeignKey("experiments.id"), primary_key=True),
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
        _text("item_key"),
        _text("status"),
        _json("output"),
        _text("error"),
        _text("trace_id"),
        sa.Column("latency_ms", sa.Double),
        sa.Column("input_tokens", sa.BigInteger),
        sa.Column("output_tokens", sa.BigInteger),
        sa.Column("cost", sa.Double),
        _big("created_ns"),
    )


def upgrade() -> None:
    """Makes every table of the first release."""
    _keys_and_evaluators()
    _datasets()
    _experiments()
