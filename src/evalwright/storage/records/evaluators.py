"""Evaluators and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from evalwright.domain.errors import NotFound
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec
from evalwright.domain.score import ScoreType, Target
from evalwright.ports.records import RegisteredEvaluator
from evalwright.storage.records.engine import Part, upsert
from evalwright.storage.records.names import checked_name
from evalwright.storage.records.tables import evaluators


def _spec_json(spec: EvaluatorSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "version": spec.version,
        "kind": spec.kind.value,
        "target": spec.target.value,
        "type": spec.type.value,
        "inputs": list(spec.inputs),
        "labels": list(spec.labels),
        "description": spec.description,
        "definition": dict(spec.definition),
        "min_agreement": spec.min_agreement,
    }


def _spec(held: dict[str, Any]) -> EvaluatorSpec:
    return EvaluatorSpec(
        name=held["name"],
        version=held["version"],
        kind=EvaluatorKind(held["kind"]),
        target=Target(held["target"]),
        type=ScoreType(held["type"]),
        inputs=tuple(held["inputs"]),
        labels=tuple(held["labels"]),
        description=held["description"],
        definition=held["definition"],
        min_agreement=held.get("min_agreement"),
    )


def _registered(row: sa.Row[Any]) -> RegisteredEvaluator:
    return RegisteredEvaluator(
        project=row.project,
        spec=_spec(row.spec),
        versions=row.versions,
        created_ns=row.first_ns,
        updated_ns=row.last_ns,
    )


def _newest_of(project: str) -> sa.Select[Any]:
    """One row per evaluator: its newest version, with counts over all of them."""
    same = [evaluators.c.project, evaluators.c.name]
    numbered = (
        sa.select(
            evaluators,
            sa.func.row_number().over(partition_by=same, order_by=evaluators.c.ordinal.desc()).label("place"),
            sa.func.count().over(partition_by=same).label("versions"),
            sa.func.min(evaluators.c.created_ns).over(partition_by=same).label("first_ns"),
            sa.func.max(evaluators.c.used_ns).over(partition_by=same).label("last_ns"),
        )
        .where(evaluators.c.project == project)
        .subquery()
    )
    return sa.select(numbered).where(numbered.c.place == 1).order_by(numbered.c.last_ns.desc(), numbered.c.name)


class SqlEvaluators(Part):
    """Implements ``ports.records.EvaluatorStore``."""

    def register_evaluator(self, project: str, spec: EvaluatorSpec) -> RegisteredEvaluator:
        """Stores a version the first time it is seen, and the time of its use every time.

        A version is a hash of what decides verdicts: what else its spec says (description, bar) is what was said last.
        """
        checked_name("evaluator", spec.name)
        now = self._clock.now_ns()
        others = (evaluators.c.project == project) & (evaluators.c.name == spec.name)
        following = sa.select(sa.func.coalesce(sa.func.max(evaluators.c.ordinal), 0) + 1).where(others)
        with self._db.write() as connection:
            insert = upsert(connection, evaluators).values(
                project=project,
                name=spec.name,
                version=spec.version,
                ordinal=following.scalar_subquery(),
                spec=_spec_json(spec),
                created_ns=now,
                used_ns=now,
            )
            keys = ["project", "name", "version"]
            said_last = {"used_ns": now, "spec": insert.excluded.spec}
            connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=said_last))
            newest = _newest_of(project)
            return _registered(connection.execute(newest.where(newest.selected_columns.name == spec.name)).one())

    def list_evaluators(self, project: str) -> Sequence[RegisteredEvaluator]:
        """Returns each evaluator once, the last used first."""
        with self._db.read() as connection:
            return [_registered(row) for row in connection.execute(_newest_of(project))]

    def evaluator_versions(self, project: str, name: str) -> Sequence[EvaluatorSpec]:
        """Returns all versions, newest first."""
        query = (
            sa.select(evaluators.c.spec)
            .where(evaluators.c.project == project, evaluators.c.name == name)
            .order_by(evaluators.c.ordinal.desc())
        )
        with self._db.read() as connection:
            specs = [_spec(row.spec) for row in connection.execute(query)]
        if not specs:
            raise NotFound(f"there is no evaluator {name!r} in project {project!r}", hint="it appears on its first use")
        return specs
