"""The relational schema, and the column types that keep hostile text out of it."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

import sqlalchemy as sa

from evalwright.domain.errors import InvalidInput, StoreUnavailable

OPEN: Final = 2**31 - 1
"""``removed_version`` of an item row that the newest version still holds."""

_UNSTORABLE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Returns the text as every database can hold it: no lone surrogates (U+FFFD instead), no NUL."""
    return _UNSTORABLE.sub("�", text).replace("\x00", "")


def _clean_json(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("�", value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {_clean_json(key): _clean_json(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean_json(held) for held in value]
    return value


def _dumps(value: Any, canonical: bool) -> str:
    return json.dumps(value, sort_keys=canonical, separators=(",", ":"), allow_nan=False)


def to_json(value: Any, *, canonical: bool = False) -> str:
    """Returns RFC 8259 JSON in ASCII; NaN and infinities become text, lone surrogates U+FFFD.

    Args:
        value: what ``json.dumps`` takes.
        canonical: with sorted keys, so that equal values give equal text.

    Raises:
        InvalidInput: the value is no JSON value, or nested too deeply.
    """
    try:
        try:
            text = _dumps(value, canonical)
        except ValueError:  # perhaps only a number that is not finite
            return _dumps(_clean_json(value), canonical)
        # Surrogates, lone or paired, are written as escapes; the walk in Python is for values that have any.
        return _dumps(_clean_json(value), canonical) if "\\ud" in text else text
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"a value cannot be stored as JSON: {error}", hint="use plain JSON values") from error


class CleanText(sa.types.TypeDecorator[str]):
    """Text that is repaired on the way in."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Repairs."""
        return value if value is None else clean_text(value)


class JsonText(sa.types.TypeDecorator[Any]):
    """A JSON value as text: the same bytes on every database, and no database's own limits on JSON."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str:  # noqa: ARG002
        """Encodes."""
        return to_json(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002
        """Decodes."""
        try:
            return None if value is None else json.loads(value)
        except (TypeError, ValueError) as error:
            raise StoreUnavailable("a stored value is damaged", hint="restore the records from a backup") from error


metadata = sa.MetaData()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, CleanText, nullable=False, server_default="")


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, JsonText, nullable=False)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


api_keys = sa.Table(
    "api_keys",
    metadata,
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

evaluators = sa.Table(
    "evaluators",
    metadata,
    sa.Column("project", CleanText, primary_key=True),
    sa.Column("name", CleanText, primary_key=True),
    sa.Column("version", CleanText, primary_key=True),
    _whole("ordinal"),
    _json("spec"),
    _big("created_ns"),
    _big("used_ns"),
)

datasets = sa.Table(
    "datasets",
    metadata,
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

items = sa.Table(
    "items",
    metadata,
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
    sa.Index("ix_items_key", "dataset_id", "key", "removed_version", unique=True),
    sa.Index("ix_items_id", "dataset_id", "id"),
)

experiments = sa.Table(
    "experiments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _text("project"),
    _text("name"),
    sa.Column("dataset_id", sa.Text, sa.ForeignKey("datasets.id"), nullable=False, index=True),
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

FAILED = sa.text("status <> 'ok'")
"""Written out in index and query alike, or the planner would not see that one answers the other."""

trials = sa.Table(
    "trials",
    metadata,
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
    sa.Index("ix_trials_failed", "experiment_id", "id", sqlite_where=FAILED, postgresql_where=FAILED),
)

calibration_cards = sa.Table(
    "calibration_cards",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _text("project"),
    _text("evaluator"),
    _text("evaluator_version"),
    _text("judge_score"),
    _text("label_score"),
    _text("dataset"),
    _text("filter"),
    _text("group_by"),
    _json("report"),
    _big("created_ns"),
    sa.Index("ix_calibration_cards_evaluator", "project", "evaluator", "created_ns"),
)

disagreements = sa.Table(
    "disagreements",
    metadata,
    sa.Column("card_id", sa.Text, sa.ForeignKey("calibration_cards.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    _text("human"),
    _text("judge"),
    _json("row"),
)

probe_reports = sa.Table(
    "probe_reports",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _text("project"),
    _text("evaluator"),
    _text("evaluator_version"),
    _json("report"),
    _big("created_ns"),
    sa.Index("ix_probe_reports_evaluator", "project", "evaluator", "created_ns"),
)
