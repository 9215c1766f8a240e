"""Records as the flat rows SQL over the documented views reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from evalwright.domain.errors import InvalidInput, LimitExceeded
from evalwright.storage.records.engine import Part
from evalwright.storage.records.tables import OPEN, datasets, experiments, items, trials

MAX_VIEW_ROWS: Final = 100_000
_BATCH: Final = 2_000
_TIME: Final = "Nullable(DateTime64(9))"


@dataclass(frozen=True, slots=True)
class _View:
    columns: tuple[tuple[str, str, sa.ColumnElement[Any]], ...]
    source: sa.FromClause
    project: sa.Column[str]
    where: sa.ColumnElement[bool] | None = None


def _text(column: sa.Column[Any], name: str = "") -> tuple[str, str, sa.ColumnElement[Any]]:
    # Cast: JSON columns are shown as the text they are, not decoded.
    return name or column.name, "String", sa.type_coerce(column, sa.Text)


def _typed(type_name: str, column: sa.Column[Any], name: str = "") -> tuple[str, str, sa.ColumnElement[Any]]:
    return name or column.name, type_name, column


_DATASETS = _View(
    columns=(
        _text(datasets.c.project),
        _text(datasets.c.id),
        _text(datasets.c.name),
        _text(datasets.c.description),
        _typed("Int64", datasets.c.version),
        _typed("Int64", datasets.c.item_count),
        _typed(_TIME, datasets.c.created_ns, "created_time"),
        _typed(_TIME, datasets.c.updated_ns, "updated_time"),
    ),
    source=datasets,
    project=datasets.c.project,
)

_ITEMS = _View(
    columns=(
        _text(datasets.c.project),
        _text(items.c.dataset_id),
        _text(datasets.c.name, "dataset_name"),
        _text(items.c.id),
        _text(items.c.key),
        _text(items.c.input),
        _text(items.c.expected),
        _text(items.c.metadata),
        _text(items.c.split),
        _text(items.c.tags),
        _text(items.c.source_trace_id),
        _text(items.c.source_span_id),
        _typed("Int64", items.c.position),
        _typed("Int64", items.c.added_version),
    ),
    source=items.join(datasets, datasets.c.id == items.c.dataset_id),
    project=datasets.c.project,
    where=items.c.removed_version == OPEN,
)

_EXPERIMENTS = _View(
    columns=(
        _text(experiments.c.project),
        _text(experiments.c.id),
        _text(experiments.c.name),
        _text(experiments.c.description),
        _text(experiments.c.dataset_id),
        _text(experiments.c.dataset_name),
        _typed("Int64", experiments.c.dataset_version),
        _typed("Int64", experiments.c.trials),
        _typed("Int64", experiments.c.item_count),
        _typed("Int64", experiments.c.completed),
        _text(experiments.c.metadata),
        _text(experiments.c.evaluators),
        _text(experiments.c.status),
        _typed(_TIME, experiments.c.created_ns, "created_time"),
        _typed(_TIME, experiments.c.finished_ns, "finished_time"),
    ),
    source=experiments,
    project=experiments.c.project,
)

_TRIALS = _View(
    columns=(
        _text(experiments.c.project),
        _text(trials.c.id),
        _text(trials.c.experiment_id),
        _text(experiments.c.name, "experiment_name"),
        _text(trials.c.item_id),
        _text(trials.c.item_key),
        _typed("Int64", trials.c.index),
        _text(trials.c.status),
        _text(trials.c.output),
        _text(trials.c.error),
        _text(trials.c.trace_id),
        _typed("Nullable(Float64)", trials.c.latency_ms),
        _typed("Nullable(Int64)", trials.c.input_tokens),
        _typed("Nullable(Int64)", trials.c.output_tokens),
        _typed("Nullable(Float64)", trials.c.cost),
        _typed(_TIME, trials.c.created_ns, "created_time"),
    ),
    source=trials.join(experiments, experiments.c.id == trials.c.experiment_id),
    project=experiments.c.project,
)

_VIEWS: Final = {"datasets": _DATASETS, "items": _ITEMS, "experiments": _EXPERIMENTS, "trials": _TRIALS}


class SqlViews(Part):
    """Flat rows of datasets, items (of the newest versions), experiments and trials."""

    def view_rows(self, view: str, project: str) -> tuple[str, Iterator[dict[str, Any]]]:
        """Returns a ClickHouse column list (``name Type, ...``) and the rows, read as they are taken.

        Times are RFC 3339 text, JSON columns are JSON text, and an empty ``project`` means all.

        Raises:
            InvalidInput: no such view.
            LimitExceeded: while iterating, after ``MAX_VIEW_ROWS`` rows.
        """
        shape = _VIEWS.get(view)
        if shape is None:
            raise InvalidInput(f"there is no record view {view!r}", hint=f"views: {', '.join(_VIEWS)}")
        query = sa.select(*(column.label(name) for name, _, column in shape.columns)).select_from(shape.source)
        if shape.where is not None:
            query = query.where(shape.where)
        if project:
            query = query.where(shape.project == project)
        schema = ", ".join(f"{name} {type_name}" for name, type_name, _ in shape.columns)
        times = [name for name, type_name, _ in shape.columns if type_name == _TIME]
        return schema, self._stream(view, query.limit(MAX_VIEW_ROWS + 1), times)

    def _stream(self, view: str, query: sa.Select[Any], times: Sequence[str]) -> Iterator[dict[str, Any]]:
        with self._db.read() as connection:
            streaming = connection.execution_options(yield_per=_BATCH)
            with streaming.execute(query) as result:
                for number, row in enumerate(result.mappings()):
                    if number == MAX_VIEW_ROWS:
                        raise LimitExceeded(
                            f"view {view!r} holds over {MAX_VIEW_ROWS:,} rows", hint="ask for one project at a time"
                        )
                    yield {**row, **{name: _instant(row[name]) for name in times}}


def _instant(unix_ns: int) -> str | None:
    """Returns RFC 3339 text; None for an instant that has not come."""
    if not unix_ns:
        return None
    seconds, nanoseconds = divmod(unix_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
