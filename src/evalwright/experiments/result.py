"""What came of an experiment, and its comparison with another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalwright.domain.errors import NotFound
from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Comparison, MetricComparison
from evalwright.domain.gate import Criterion, Decision
from evalwright.experiments.canary import Watched
from evalwright.sdk.client import AsyncClient, Client
from evalwright.sdk.connection import Connection
from evalwright.sdk.results import ExperimentDetail, TrialDetail


def _client(connection: Connection) -> Client:
    return Client(endpoint=connection.endpoint, api_key=connection.api_key, project=connection.project)


def _async_client(connection: Connection) -> AsyncClient:
    return AsyncClient(endpoint=connection.endpoint, api_key=connection.api_key, project=connection.project)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentResult:
    """An experiment with all its trials, as the server holds them."""

    experiment: ExperimentDetail
    trials: Sequence[TrialDetail]
    connection: Connection = field(repr=False)
    canaries: Mapping[str, Watched] = field(default_factory=dict)
    """Judge -> what became of its canary set when this was run."""

    @classmethod
    async def read(cls, client: AsyncClient, name_or_id: str) -> ExperimentResult:
        """Reads an experiment from the server."""
        trials = [trial async for trial in client.iterate(client.list_trials, name_or_id)]
        detail = await client.get_experiment(name_or_id)
        return cls(experiment=detail, trials=trials, connection=client.connection)

    def summary(self) -> Mapping[str, Estimate]:
        """Every metric's mean with its interval, clustered by item, and the four counts behind it."""
        return {each.metric: each.estimate for each in self.experiment.metrics}

    def compare(self, baseline: str, *, lower: Sequence[str] = ()) -> ExperimentComparison:
        """Compares this experiment with another one of the project.

        Args:
            baseline: its name or id.
            lower: metrics of which less is better.
        """
        with _client(self.connection) as client:
            found = client.compare_experiments(baseline, self.experiment.id, lower=lower)
        return ExperimentComparison(comparison=found, connection=self.connection)

    async def acompare(self, baseline: str, *, lower: Sequence[str] = ()) -> ExperimentComparison:
        """``compare``, awaited."""
        async with _async_client(self.connection) as client:
            found = await client.compare_experiments(baseline, self.experiment.id, lower=lower)
        return ExperimentComparison(comparison=found, connection=self.connection)

    def to_arrow(self) -> Any:
        """Returns a ``pyarrow.Table``, one row a trial.

        Raises:
            ModuleNotFoundError: pyarrow is not installed.
        """
        from evalwright.experiments.tables import to_arrow

        return to_arrow(self.trials)

    def to_pandas(self) -> Any:
        """Returns a ``pandas.DataFrame``, one row a trial.

        Raises:
            ModuleNotFoundError: pandas is not installed.
        """
        from evalwright.experiments.tables import to_pandas

        return to_pandas(self.trials)

    def __str__(self) -> str:
        held = self.experiment
        head = (
            f"{held.name}: {held.completed} of {held.item_count * held.trials} trials "
            f"over {held.dataset_name} version {held.dataset_version}"
        )
        reused = [
            f"  {each.evaluator}: {each.reused} of {each.verdicts} verdicts were given before and cost nothing now"
            for each in held.judging
            if each.reused
        ]
        return "\n".join([head, *(f"  {name}: {_shown(each)}" for name, each in self.summary().items()), *reused])


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentComparison:
    """Candidate against baseline, and questions to ask of it."""

    comparison: Comparison
    connection: Connection = field(repr=False)

    @property
    def metrics(self) -> Mapping[str, MetricComparison]:
        """Metric name -> how it changed."""
        return {each.metric: each for each in self.comparison.metrics}

    def require(
        self,
        metric: str,
        *,
        drop: float = 0.0,
        direction: str = "higher",
        confidence: float = 0.95,
        allow_untrusted_judges: bool = False,
    ) -> Decision:
        """Decides whether ``metric`` got worse by at most ``drop``: pass, fail, or inconclusive.

        Args:
            metric: one both experiments have.
            drop: the worsening that is tolerated.
            direction: ``higher`` or ``lower``, which way is better.
            confidence: with which this must be known.
            allow_untrusted_judges: let a judge decide that was never calibrated, or is under its bar; the decision
                says so. Without it the answer about such a metric is inconclusive.

        Raises:
            NotFound: no such metric on both sides.
        """
        criterion = self._criterion(metric, drop, direction, confidence)
        with _client(self.connection) as client:
            return client.check_gate(*self._sides, [criterion], allow_untrusted_judges=allow_untrusted_judges)

    async def arequire(
        self,
        metric: str,
        *,
        drop: float = 0.0,
        direction: str = "higher",
        confidence: float = 0.95,
        allow_untrusted_judges: bool = False,
    ) -> Decision:
        """``require``, awaited."""
        criterion = self._criterion(metric, drop, direction, confidence)
        async with _async_client(self.connection) as client:
            return await client.check_gate(*self._sides, [criterion], allow_untrusted_judges=allow_untrusted_judges)

    @property
    def _sides(self) -> tuple[str, str]:
        return self.comparison.baseline.id, self.comparison.candidate.id

    def _criterion(self, metric: str, drop: float, direction: str, confidence: float) -> Criterion:
        if metric not in self.metrics:
            raise NotFound(f"there is no metric {metric!r} on both sides", hint=f"there are {', '.join(self.metrics)}")
        return Criterion(metric=metric, direction=direction, margin=drop, confidence=confidence)


def _shown(estimate: Estimate) -> str:
    """Returns an estimate in words, to no more digits than its interval has."""
    counts = estimate.denominators
    gone = [f"{n} {word}" for word, n in _missing(counts.skipped, counts.unseen, counts.errored) if n]
    behind = ", ".join([f"n={estimate.n}", *gone])
    if math.isnan(estimate.estimate):
        return f"nothing to estimate ({behind})"
    if math.isnan(estimate.low):
        return f"{estimate.estimate:.3g} (no interval, {behind})"
    width = estimate.high - estimate.low
    digits = max(0, min(6, 1 - math.floor(math.log10(width)))) if width > 0 else 3
    low, middle, high = (f"{value:.{digits}f}" for value in (estimate.low, estimate.estimate, estimate.high))
    unit = "" if estimate.unit in ("", "ratio") else f" {estimate.unit}"
    return f"{middle}{unit} [{low}, {high}] ({behind})"


def _missing(skipped: int, unseen: int, errored: int) -> tuple[tuple[str, int], ...]:
    return (("skipped", skipped), ("unseen", unseen), ("errored", errored))
