"""Experiments and their trials; a trial row is the checkpoint of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from evalwright.domain.errors import Conflict, InvalidInput, NotFound
from evalwright.domain.experiment import Experiment, Trial, TrialStatus
from evalwright.domain.trace import Page
from evalwright.storage.records.changes import chunks
from evalwright.storage.records.datasets import checked_version, get_dataset, items_of_version
from evalwright.storage.records.engine import Part, upsert
from evalwright.storage.records.names import checked_name
from evalwright.storage.records.paging import read_page
from evalwright.storage.records.tables import FAILED, experiments, items, trials

_IDENTITY = ("experiment_id", "item_id", "index")


def _experiment(row: sa.Row[Any]) -> Experiment:
    held = dict(row._mapping)
    return Experiment(**{**held, "metadata": held["metadata"] or {}, "evaluators": held["evaluators"] or {}})


def _trial(row: sa.Row[Any]) -> Trial:
    held = dict(row._mapping)
    return Trial(**{**held, "status": TrialStatus(held["status"])})


def _trial_row(trial: Trial, experiment_id: str, now_ns: int) -> dict[str, Any]:
    row = {column.name: getattr(trial, column.name) for column in trials.columns}
    created = trial.created_ns or now_ns
    return {**row, "experiment_id": experiment_id, "status": trial.status.value, "created_ns": created}


def _get(connection: sa.Connection, experiment_id: str, *, lock: bool = False) -> sa.Row[Any]:
    query = sa.select(experiments).where(experiments.c.id == experiment_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(f"there is no experiment {experiment_id!r}", hint="evalwright experiments list shows them")
    return row


def _check_items(connection: sa.Connection, experiment: sa.Row[Any], new: Sequence[Trial]) -> None:
    """Refuses trials of repeats or items the experiment does not have: its progress would count past its end."""
    for trial in new:
        if not 0 <= trial.index < experiment.trials:
            raise InvalidInput(
                f"trial index {trial.index} is out of range",
                hint=f"the experiment repeats items {experiment.trials} times",
            )
    unknown = {trial.item_id for trial in new}
    shown = items_of_version(experiment.dataset_id, experiment.dataset_version)
    for ids in chunks(set(unknown)):
        unknown.difference_update(connection.scalars(sa.select(items.c.id).where(shown, items.c.id.in_(ids))))
    if unknown:
        raise InvalidInput(
            f"dataset {experiment.dataset_name!r} version {experiment.dataset_version} has no item {min(unknown)!r}",
            hint="run the trials over the items of that version",
        )


def _checked_resume(row: sa.Row[Any], dataset_id: str, version: int, repeats: int) -> Experiment:
    if (row.dataset_id, row.dataset_version, row.trials) != (dataset_id, version, repeats):
        raise Conflict(
            f"experiment {row.name!r} exists, over {row.dataset_name!r} version {row.dataset_version} "
            f"with {row.trials} trials an item",
            hint="resume it with that version and number of trials, or choose another name",
        )
    return _experiment(row)


class SqlExperiments(Part):
    """Implements ``ports.records.ExperimentStore``."""

    def create_experiment(
        self,
        project: str,
        name: str,
        *,
        dataset_id: str,
        dataset_version: int,
        trials: int,
        description: str = "",
        metadata: Mapping[str, Any] | None = None,
        evaluators: Mapping[str, str] | None = None,
    ) -> Experiment:
        """Starts an experiment over a dataset version (0: newest), or returns the one of this name to resume it."""
        checked_name("experiment", name)
        if trials < 1:
            raise InvalidInput(f"an experiment of {trials} trials has nothing to run", hint="use at least 1")
        same = (experiments.c.project == project) & (experiments.c.name == name)
        with self._db.write() as connection:
            # The lock of the dataset also makes two creations of one name wait for each other.
            dataset = get_dataset(connection, dataset_id, lock=True)
            version = checked_version(dataset, dataset_version)
            held = connection.execute(sa.select(experiments).where(same)).one_or_none()
            if held:
                return _checked_resume(held, dataset_id, version, trials)
            row = {
                "id": self._new_id("experiment"),
                "project": project,
                "name": name,
                "dataset_id": dataset_id,
                "dataset_name": dataset.name,
                "dataset_version": version,
                "trials": trials,
                "item_count": _count_items(connection, dataset_id, version),
                "description": description,
                "metadata": dict(metadata or {}),
                "evaluators": dict(evaluators or {}),
                "status": "running",
                "created_ns": self._clock.now_ns(),
            }
            connection.execute(experiments.insert().values(row))
            return _experiment(_get(connection, row["id"]))

    def list_experiments(
        self, project: str, *, dataset_id: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[Experiment]:
        """Returns experiments, newest first."""
        query = sa.select(experiments).where(experiments.c.project == project)
        if dataset_id:
            query = query.where(experiments.c.dataset_id == dataset_id)
        keys = [experiments.c.created_ns, experiments.c.id]
        with self._db.read() as connection:
            return read_page(
                connection, query, keys, _experiment, kind="experiments", limit=limit, cursor=cursor, descending=True
            )

    def find_experiment(self, project: str, name_or_id: str) -> Experiment:
        """Returns the experiment with this id, else with this name."""
        same = (experiments.c.id == name_or_id) | (experiments.c.name == name_or_id)
        by_id_first = sa.case((experiments.c.id == name_or_id, 0), else_=1)
        query = sa.select(experiments).where(experiments.c.project == project, same).order_by(by_id_first).limit(1)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(
                f"there is no experiment {name_or_id!r} in project {project!r}",
                hint="evalwright experiments list shows them",
            )
        return _experiment(row)

    def add_trials(self, experiment_id: str, new_trials: Sequence[Trial]) -> int:
        """Upserts on (experiment, item, index); returns how many are stored now."""
        now = self._clock.now_ns()
        mine = trials.c.experiment_id == experiment_id
        with self._db.write() as connection:
            experiment = _get(connection, experiment_id, lock=True)
            _check_items(connection, experiment, new_trials)
            if new_trials:
                insert = upsert(connection, trials)
                changed = {c.name: insert.excluded[c.name] for c in trials.columns if c.name not in _IDENTITY}
                statement = insert.on_conflict_do_update(index_elements=_IDENTITY, set_=changed)
                connection.execute(statement, [_trial_row(trial, experiment_id, now) for trial in new_trials])
            stored = connection.execute(sa.select(sa.func.count()).select_from(trials).where(mine)).scalar_one()
            connection.execute(experiments.update().where(experiments.c.id == experiment_id).values(completed=stored))
            return int(stored)

    def list_trials(
        self, experiment_id: str, *, item_key: str = "", limit: int = 1000, cursor: str = ""
    ) -> Page[Trial]:
        """Returns trials, those of one item together; with ``item_key`` (its key or id) only those."""
        query = sa.select(trials).where(trials.c.experiment_id == experiment_id)
        if item_key:
            query = query.where((trials.c.item_key == item_key) | (trials.c.item_id == item_key))
        keys = [trials.c.item_id, trials.c.index]
        with self._db.read() as connection:
            _get(connection, experiment_id)
            kind = f"trials of {experiment_id} {item_key}".rstrip()
            return read_page(connection, query, keys, _trial, kind=kind, limit=limit, cursor=cursor)

    def failed_trials(self, experiment_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Returns the ids of trials that did not end well, by experiment, from an index of these alone."""
        found: dict[str, list[str]] = {}
        with self._db.read() as connection:
            for ids in chunks(set(experiment_ids)):
                query = sa.select(trials.c.experiment_id, trials.c.id).where(FAILED, trials.c.experiment_id.in_(ids))
                for experiment_id, trial_id in connection.execute(query):
                    found.setdefault(experiment_id, []).append(trial_id)
        return {experiment_id: sorted(ids) for experiment_id, ids in found.items()}

    def finish_experiment(self, experiment_id: str, status: str) -> Experiment:
        """Sets how the run ended, and when."""
        ended = {"status": status, "finished_ns": self._clock.now_ns()}
        with self._db.write() as connection:
            connection.execute(experiments.update().where(experiments.c.id == experiment_id).values(ended))
            return _experiment(_get(connection, experiment_id))

    def delete_experiment(self, experiment_id: str) -> None:
        """Deletes an experiment with its trials."""
        with self._db.write() as connection:
            _get(connection, experiment_id, lock=True)
            connection.execute(trials.delete().where(trials.c.experiment_id == experiment_id))
            connection.execute(experiments.delete().where(experiments.c.id == experiment_id))


def _count_items(connection: sa.Connection, dataset_id: str, version: int) -> int:
    shown = items_of_version(dataset_id, version)
    return int(connection.execute(sa.select(sa.func.count()).select_from(items).where(shown)).scalar_one())
