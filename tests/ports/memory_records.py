"""A record store in memory, for tests of what stands above the port."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import Any

from evalwright.domain.calibration import CalibrationCard
from evalwright.domain.dataset import ChangedDataset, Dataset, Item
from evalwright.domain.errors import Conflict, InvalidInput, NotFound
from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.experiment import Experiment, Trial, TrialStatus
from evalwright.domain.probing import StoredProbe
from evalwright.domain.project import ApiKey, Scope
from evalwright.domain.trace import Page
from evalwright.ports.records import NewItem, RegisteredEvaluator


def _page(rows: Sequence[Any], limit: int, cursor: str) -> Page[Any]:
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 18):
        raise InvalidInput(f"{cursor!r} is not a cursor of this query")
    at = int(cursor or 0)
    return Page(items=rows[at : at + limit], next_cursor=str(at + limit) if at + limit < len(rows) else "")


class MemoryRecordStore:
    """Keeps everything in dicts; ids count up."""

    def __init__(self) -> None:
        self._next = count(1)
        self._keys: dict[str, tuple[str, ApiKey]] = {}
        self._evaluators: dict[tuple[str, str], list[EvaluatorSpec]] = {}
        self._datasets: dict[str, Dataset] = {}
        self._versions: dict[str, list[list[Item]]] = {}
        self._experiments: dict[str, Experiment] = {}
        self._trials: dict[str, dict[tuple[str, int], Trial]] = {}
        self._probes: dict[str, StoredProbe] = {}
        self._cards: dict[str, tuple[CalibrationCard, list[Mapping[str, Any]]]] = {}

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._next):032x}"

    def open(self) -> None: ...

    def close(self) -> None: ...

    def create_key(self, *, name: str, scopes: Sequence[Scope], project: str, secret_hash: str, prefix: str) -> ApiKey:
        key = ApiKey(id=self._id("key"), name=name, prefix=prefix, scopes=tuple(scopes), project=project, created_ns=1)
        self._keys[key.id] = secret_hash, key
        return key

    def find_key(self, secret_hash: str) -> ApiKey | None:
        found = (key for stored, key in self._keys.values() if stored == secret_hash and not key.revoked_ns)
        return next(found, None)

    def list_keys(self) -> Sequence[ApiKey]:
        return [key for _, key in self._keys.values()]

    def revoke_key(self, key_id: str) -> ApiKey:
        if key_id not in self._keys:
            raise NotFound(f"no key {key_id!r}")
        secret_hash, key = self._keys[key_id]
        self._keys[key_id] = secret_hash, dataclasses.replace(key, revoked_ns=1)
        return self._keys[key_id][1]

    def touch_key(self, key_id: str) -> None:
        secret_hash, key = self._keys[key_id]
        self._keys[key_id] = secret_hash, dataclasses.replace(key, last_used_ns=1)

    def register_evaluator(self, project: str, spec: EvaluatorSpec) -> RegisteredEvaluator:
        versions = self._evaluators.setdefault((project, spec.name), [])
        known = [each.version for each in versions]
        if spec.version in known:
            versions[known.index(spec.version)] = spec
        else:
            versions.insert(0, spec)
        return RegisteredEvaluator(
            project=project, spec=versions[0], versions=len(versions), created_ns=1, updated_ns=1
        )

    def list_evaluators(self, project: str) -> Sequence[RegisteredEvaluator]:
        return [
            RegisteredEvaluator(project=project, spec=versions[0], versions=len(versions), created_ns=1, updated_ns=1)
            for (owner, _), versions in self._evaluators.items()
            if owner == project
        ]

    def evaluator_versions(self, project: str, name: str) -> Sequence[EvaluatorSpec]:
        if (project, name) not in self._evaluators:
            raise NotFound(f"no evaluator {name!r} in project {project!r}")
        return self._evaluators[project, name]

    def create_dataset(self, project: str, name: str, description: str = "") -> Dataset:
        if any(each.project == project and each.name == name for each in self._datasets.values()):
            raise Conflict(f"project {project!r} has a dataset {name!r} already")
        dataset = Dataset(id=self._id("ds"), project=project, name=name, description=description, created_ns=1)
        self._datasets[dataset.id] = dataset
        self._versions[dataset.id] = [[]]
        return dataset

    def list_datasets(self, project: str, *, limit: int = 50, cursor: str = "") -> Page[Dataset]:
        return _page([each for each in self._datasets.values() if each.project == project], limit, cursor)

    def find_dataset(self, project: str, name_or_id: str) -> Dataset:
        for each in self._datasets.values():
            if each.project == project and name_or_id in (each.id, each.name):
                return each
        raise NotFound(f"no dataset {name_or_id!r} in project {project!r}")

    def add_items(self, dataset_id: str, items: Sequence[NewItem]) -> ChangedDataset:
        held = {item.key: item for item in self._versions[dataset_id][-1]}
        current = dict(held)
        touched = set()
        for new in items:
            key = new.key or _hash(new.input)
            fields = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)}
            fields |= {"key": key, "metadata": new.metadata or {}}
            old = current.get(key)
            item = Item(id=old.id if old else self._id("it"), **fields)
            current[key] = item
            touched.add(key)
        changed = sum(key in held and held[key] != item for key, item in current.items())
        counts = {"added": len(current) - len(held), "changed": changed, "repeated": len(items) - len(touched)}
        counts["unchanged"] = len(touched) - counts["added"] - changed
        written = dataclasses.asdict(self._write(dataset_id, list(current.values())))
        return ChangedDataset(**written, **counts, given=len(items))

    def remove_items(self, dataset_id: str, keys: Sequence[str]) -> Dataset:
        return self._write(dataset_id, [each for each in self._versions[dataset_id][-1] if each.key not in keys])

    def _write(self, dataset_id: str, items: list[Item]) -> Dataset:
        versions = self._versions[dataset_id]
        if items != versions[-1]:
            versions.append(items)
        dataset = dataclasses.replace(
            self._datasets[dataset_id], version=len(versions) - 1, item_count=len(items), updated_ns=1
        )
        self._datasets[dataset_id] = dataset
        return dataset

    def list_items(
        self, dataset_id: str, *, version: int = 0, split: str = "", limit: int = 100, cursor: str = ""
    ) -> Page[Item]:
        versions = self._versions[dataset_id]
        if version >= len(versions):
            raise NotFound(f"no version {version} of dataset {dataset_id!r}")
        items = versions[version or -1]
        return _page([item for item in items if split in ("", item.split)], limit, cursor)

    def item_inputs(self, dataset_id: str, *, version: int, keys: Collection[str]) -> Mapping[str, Any]:
        return {item.key: item.input for item in self._versions[dataset_id][version] if item.key in keys}

    def delete_dataset(self, dataset_id: str) -> None:
        del self._datasets[dataset_id], self._versions[dataset_id]

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
        for each in self._experiments.values():
            if each.project == project and each.name == name:
                if (each.dataset_id, each.dataset_version, each.trials) == (dataset_id, dataset_version, trials):
                    return each
                raise Conflict(f"project {project!r} has another experiment {name!r}")
        dataset = self._datasets[dataset_id]
        experiment = Experiment(
            id=self._id("ex"),
            project=project,
            name=name,
            dataset_id=dataset_id,
            dataset_name=dataset.name,
            dataset_version=dataset_version,
            trials=trials,
            item_count=len(self._versions[dataset_id][dataset_version]),
            description=description,
            metadata=metadata or {},
            evaluators=evaluators or {},
            created_ns=1,
        )
        self._experiments[experiment.id] = experiment
        self._trials[experiment.id] = {}
        return experiment

    def list_experiments(
        self, project: str, *, dataset_id: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[Experiment]:
        found = [e for e in self._experiments.values() if e.project == project and dataset_id in ("", e.dataset_id)]
        return _page(found, limit, cursor)

    def find_experiment(self, project: str, name_or_id: str) -> Experiment:
        for each in self._experiments.values():
            if each.project == project and name_or_id in (each.id, each.name):
                return each
        raise NotFound(f"no experiment {name_or_id!r} in project {project!r}")

    def failed_trials(self, experiment_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        failed = {
            name: sorted(each.id for each in self._trials[name].values() if each.status is not TrialStatus.OK)
            for name in experiment_ids
        }
        return {name: ids for name, ids in failed.items() if ids}

    def add_trials(self, experiment_id: str, trials: Sequence[Trial]) -> int:
        stored = self._trials[experiment_id]
        stored.update({(trial.item_id, trial.index): trial for trial in trials})
        self._experiments[experiment_id] = dataclasses.replace(self._experiments[experiment_id], completed=len(stored))
        return len(stored)

    def list_trials(
        self, experiment_id: str, *, item_key: str = "", limit: int = 1000, cursor: str = ""
    ) -> Page[Trial]:
        trials = self._trials[experiment_id].values()
        wanted = [trial for trial in trials if item_key in ("", trial.item_key, trial.item_id)]
        return _page(wanted, limit, cursor)

    def finish_experiment(self, experiment_id: str, status: str) -> Experiment:
        ended = dataclasses.replace(self._experiments[experiment_id], status=status, finished_ns=2)
        self._experiments[experiment_id] = ended
        return ended

    def delete_experiment(self, experiment_id: str) -> None:
        del self._experiments[experiment_id], self._trials[experiment_id]

    def add_card(self, card: CalibrationCard, disagreements: Sequence[Mapping[str, Any]] = ()) -> CalibrationCard:
        stored = dataclasses.replace(card, id=self._id("cc"), created_ns=len(self._cards) + 1)
        self._cards[stored.id] = stored, [dict(row) for row in disagreements]
        return stored

    def list_cards(
        self, project: str, *, evaluator: str = "", version: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[CalibrationCard]:
        found = [
            card
            for card, _ in reversed(self._cards.values())
            if card.project == project and evaluator in ("", card.evaluator) and version in ("", card.evaluator_version)
        ]
        return _page(found, limit, cursor)

    def find_card(self, project: str, card_id: str) -> CalibrationCard:
        if card_id not in self._cards or self._cards[card_id][0].project != project:
            raise NotFound(f"there is no calibration {card_id!r} in project {project!r}")
        return self._cards[card_id][0]

    def add_probe(self, probe: StoredProbe) -> StoredProbe:
        stored = dataclasses.replace(probe, id=self._id("pb"), created_ns=len(self._probes) + 1)
        self._probes[stored.id] = stored
        return stored

    def list_probes(
        self, project: str, *, evaluator: str = "", version: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[StoredProbe]:
        found = [
            probe
            for probe in reversed(self._probes.values())
            if probe.project == project
            and evaluator in ("", probe.evaluator)
            and version in ("", probe.evaluator_version)
        ]
        return _page(found, limit, cursor)

    def find_probe(self, project: str, probe_id: str) -> StoredProbe:
        if probe_id not in self._probes or self._probes[probe_id].project != project:
            raise NotFound(f"there is no probe report {probe_id!r} in project {project!r}")
        return self._probes[probe_id]

    def list_disagreements(
        self, card_id: str, *, human: str = "", judge: str = "", limit: int = 100, cursor: str = ""
    ) -> Page[Mapping[str, Any]]:
        rows = [row for row in self._cards[card_id][1] if human in ("", row["human"]) and judge in ("", row["judge"])]
        return _page(rows, limit, cursor)


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
