"""What the experiments of a list came to: the means of their reports, from one grouped read for all that changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from evalwright.domain.estimate import Estimate
from evalwright.domain.experiment import Experiment
from evalwright.domain.recent import Recent
from evalwright.domain.score import Denominators, ScoreSource
from evalwright.ports.spans import TrialScores

if TYPE_CHECKING:
    from evalwright.server.deps import Deps

KEPT: Final = 2000
MAX_TRIALS: Final = 200_000
"""Of experiments read together; a list of larger ones takes more than one read."""


Scale = tuple[float, float]
_Writers = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The means of an experiment's scores by name, as its report has them, and how many of its trials failed."""

    metrics: Mapping[str, Estimate]
    failed: int


class KnownOutcomes:
    """Outcomes that were read before, in bounded memory, each good for one state of its experiment. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: Recent[str, tuple[object, Outcome]] = Recent(KEPT)

    def find(self, states: Mapping[str, object]) -> dict[str, Outcome]:
        """Returns the outcomes of those experiments that are still in the state they were read in."""
        with self._lock:
            held = {name: self._held[name] for name in states if name in self._held}
        return {name: outcome for name, (state, outcome) in held.items() if state == states[name]}

    def keep(self, states: Mapping[str, object], outcomes: Mapping[str, Outcome]) -> None:
        """Remembers outcomes; the oldest go when there are too many."""
        with self._lock:
            for name, outcome in outcomes.items():
                self._held.remember(name, (states[name], outcome))


def outcomes_of(deps: Deps, project: str, experiments: Sequence[Experiment]) -> Mapping[str, Outcome]:
    """Returns experiment id -> what it came to, read again where a score or a trial has changed since."""
    if not experiments:
        return {}
    ids = [each.id for each in experiments]
    failed = deps.records.failed_trials(ids)
    # The stamps are taken before reading: what is written in between makes the next reader look again.
    stamps = deps.spans.experiment_stamps(project, ids)
    states = {
        each.id: (stamps.get(each.id, ""), each.completed, tuple(failed.get(each.id, ()))) for each in experiments
    }
    found = deps.outcomes.find(states)
    for some in _together([each for each in experiments if each.id not in found]):
        made = _read(deps, project, some, failed)
        deps.outcomes.keep(states, made)
        found |= made
    return found


def _read(
    deps: Deps, project: str, experiments: Sequence[Experiment], failed: Mapping[str, Sequence[str]]
) -> dict[str, Outcome]:
    gone = [trial for each in experiments for trial in failed.get(each.id, ())]
    scores = deps.spans.experiment_scores(project, [each.id for each in experiments], gone)
    scales = _scales(deps, project, scores)
    metrics: dict[str, dict[str, Estimate]] = {each.id: {} for each in experiments}
    by_id = {each.id: each for each in experiments}
    for row in scores:
        counts = _counts(row, by_id[row.experiment_id].completed, len(failed.get(row.experiment_id, ())))
        metrics[row.experiment_id][row.name] = _mean(row, counts, scales[tuple(row.writers)].get(row.name))
    return {each.id: Outcome(metrics[each.id], len(failed.get(each.id, ()))) for each in experiments}


def _scales(deps: Deps, project: str, scores: Sequence[TrialScores]) -> Mapping[_Writers, Mapping[str, Scale]]:
    """Returns for each set of writers the ranges of what they write."""
    from evalwright.evaluators.calibration import Writer
    from evalwright.server.trust import scales_of

    names: dict[_Writers, set[str]] = {}
    for row in scores:
        names.setdefault(tuple(row.writers), set()).add(row.name)
    return {
        writers: scales_of(
            deps,
            project,
            [Writer(name, who, version, ScoreSource(source)) for name in metrics for who, version, source in writers],
        )
        for writers, metrics in names.items()
    }


def _together(experiments: Sequence[Experiment]) -> Iterator[Sequence[Experiment]]:
    """Yields experiments in groups that are small enough to read at once."""
    group: list[Experiment] = []
    for each in experiments:
        if group and sum(one.completed for one in group) + each.completed > MAX_TRIALS:
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _counts(row: TrialScores, completed: int, failed: int) -> Denominators:
    """Returns the counts as the report has them: a trial without a verdict is errored where it failed, else unseen."""
    errored = max(0, failed - row.of_failed)
    unseen = max(0, completed - row.denominators.total - errored)
    counts = row.denominators
    return replace(counts, errored=counts.errored + errored, unseen=counts.unseen + unseen)


def _mean(row: TrialScores, counts: Denominators, scale: Scale | None) -> Estimate:
    from evalwright.server.results import estimate_values  # numpy, only when asked for

    return estimate_values(row.values, row.items, counts, scales=[scale])
