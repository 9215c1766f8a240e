"""Records: projects' keys, evaluators, datasets, experiments. SQLite or PostgreSQL behind one suite.

Synchronous and thread-safe. Each method is one transaction. Unknown ids raise NotFound, taken names Conflict.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from evalwright.domain.calibration import CalibrationCard
from evalwright.domain.dataset import ChangedDataset, Dataset, Item
from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.evaluator import RegisteredEvaluator as RegisteredEvaluator  # noqa: PLC0414
from evalwright.domain.experiment import Experiment, Trial
from evalwright.domain.probing import StoredProbe
from evalwright.domain.project import ApiKey, Scope
from evalwright.domain.trace import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item to add; the store gives it an id, and a key (hash of input) where none is given."""

    input: Any
    expected: Any = None
    key: str = ""
    metadata: Mapping[str, Any] | None = None
    split: str = ""
    tags: tuple[str, ...] = ()
    source_trace_id: str = ""
    source_span_id: str = ""


class KeyStore(Protocol):
    """API keys; only an HMAC of the secret is kept."""

    def create_key(
        self, *, name: str, scopes: Sequence[Scope], project: str, secret_hash: str, prefix: str
    ) -> ApiKey: ...
    def find_key(self, secret_hash: str) -> ApiKey | None:
        """The live key with this hash; None when unknown or revoked."""
        ...

    def list_keys(self) -> Sequence[ApiKey]: ...
    def revoke_key(self, key_id: str) -> ApiKey: ...
    def touch_key(self, key_id: str) -> None:
        """Records use now; may be coarse."""
        ...


class EvaluatorStore(Protocol):
    """Evaluators and their versions."""

    def register_evaluator(self, project: str, spec: EvaluatorSpec) -> RegisteredEvaluator:
        """Idempotent on (project, name, version); description and bar, no part of a version, are what was said last."""
        ...

    def list_evaluators(self, project: str) -> Sequence[RegisteredEvaluator]: ...
    def evaluator_versions(self, project: str, name: str) -> Sequence[EvaluatorSpec]:
        """Newest first; NotFound when there is none."""
        ...


class DatasetStore(Protocol):
    """Datasets. Every change of items makes a new version; old versions stay readable."""

    def create_dataset(self, project: str, name: str, description: str = "") -> Dataset: ...
    def list_datasets(self, project: str, *, limit: int = 50, cursor: str = "") -> Page[Dataset]: ...
    def find_dataset(self, project: str, name_or_id: str) -> Dataset: ...
    def add_items(self, dataset_id: str, items: Sequence[NewItem]) -> ChangedDataset:
        """Upserts by key in one new version; the same items again change nothing and keep the version."""
        ...

    def remove_items(self, dataset_id: str, keys: Sequence[str]) -> Dataset: ...
    def list_items(
        self, dataset_id: str, *, version: int = 0, split: str = "", limit: int = 100, cursor: str = ""
    ) -> Page[Item]:
        """Items of a version (0: newest) in order of addition."""
        ...

    def item_inputs(self, dataset_id: str, *, version: int, keys: Collection[str]) -> Mapping[str, Any]:
        """The inputs of the items with these keys; keys that the version does not have are left out."""
        ...

    def delete_dataset(self, dataset_id: str) -> None: ...


class ExperimentStore(Protocol):
    """Experiments and their trials; a trial row is the checkpoint, so resume means the rows that are missing."""

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
        """A name that has the same dataset version and trials is returned as it stands (resume); else Conflict."""
        ...

    def list_experiments(
        self, project: str, *, dataset_id: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[Experiment]: ...
    def find_experiment(self, project: str, name_or_id: str) -> Experiment: ...
    def add_trials(self, experiment_id: str, trials: Sequence[Trial]) -> int:
        """Upserts on (experiment, item, index); returns how many are stored now."""
        ...

    def list_trials(
        self, experiment_id: str, *, item_key: str = "", limit: int = 1000, cursor: str = ""
    ) -> Page[Trial]: ...
    def failed_trials(self, experiment_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Ids of the trials that did not end well, by experiment, in order; those without any are left out."""
        ...

    def finish_experiment(self, experiment_id: str, status: str) -> Experiment: ...
    def delete_experiment(self, experiment_id: str) -> None: ...


class CardStore(Protocol):
    """Calibration cards: what is known of an evaluator version's agreement with people. Cards are never changed."""

    def add_card(self, card: CalibrationCard, disagreements: Sequence[Mapping[str, Any]] = ()) -> CalibrationCard:
        """Stores a card with its disagreements as JSON; id and time are the store's."""
        ...

    def list_cards(
        self, project: str, *, evaluator: str = "", version: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[CalibrationCard]:
        """Cards of a project, of one evaluator or one version of it, newest first."""
        ...

    def find_card(self, project: str, card_id: str) -> CalibrationCard: ...
    def list_disagreements(
        self, card_id: str, *, human: str = "", judge: str = "", limit: int = 100, cursor: str = ""
    ) -> Page[Mapping[str, Any]]:
        """Rows on which judge and people differ, all or those of one cell of the confusion matrix, in stored order."""
        ...


class ProbeStore(Protocol):
    """Probe reports: what moved an evaluator version that should not have. Reports are never changed."""

    def add_probe(self, probe: StoredProbe) -> StoredProbe:
        """Stores a report; id and time are the store's."""
        ...

    def list_probes(
        self, project: str, *, evaluator: str = "", version: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[StoredProbe]:
        """Reports of a project, of one evaluator or one version of it, newest first."""
        ...

    def find_probe(self, project: str, probe_id: str) -> StoredProbe: ...


class RecordStore(KeyStore, EvaluatorStore, DatasetStore, ExperimentStore, CardStore, ProbeStore, Protocol):
    """All records, plus the life cycle."""

    def open(self) -> None:
        """Runs migrations to head."""
        ...

    def close(self) -> None: ...
