"""Verdicts of two arms on the same items, ready for the estimators, with everything that is missing counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evalwright.domain.estimate import Estimate
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.probes.findings import Tally
from evalwright.evaluators.probes.items import Bench
from evalwright.evaluators.probes.verdicts import Table, Verdict
from evalwright.stats.paired import paired_rate_difference

Read = Callable[[int, Sequence[Verdict]], "tuple[float, ...] | str"]
"""Returns the numbers of one item from its verdicts, one of each arm, or why it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """One column of numbers per value read, the cluster of each row, and the counts."""

    values: Sequence[Sequence[float]]
    clusters: Sequence[str]
    tally: Tally

    @property
    def groups(self) -> int:
        """How many independent clusters there are."""
        return len(set(self.clusters))

    def difference(self) -> Estimate:
        """Returns the mean of the second column less the first, paired by item."""
        before, after = self.values
        return paired_rate_difference(before, after, self.clusters, denominators=self.tally.denominators)


def collect(bench: Bench, table: Table, arms: Sequence[str], read: Read, *, width: int = 2) -> Columns:
    """Returns the numbers of every item on which all arms have a verdict; ``width`` numbers each."""
    columns: list[list[float]] = [[] for _ in range(width)]
    clusters: list[str] = []
    tally = Tally()
    for index, item in enumerate(bench.items):
        verdicts = [table.get(arm, index) for arm in arms]
        missing = next((verdict for verdict in verdicts if not verdict.scored), None)
        if missing is not None:
            tally.add(missing.status, missing.reason)
            continue
        numbers = read(index, verdicts)
        if isinstance(numbers, str):
            tally.add(ScoreStatus.SKIPPED, numbers)
            continue
        tally.add(ScoreStatus.SCORED)
        clusters.append(item.group)
        for column, number in zip(columns, numbers, strict=True):
            column.append(number)
    return Columns(values=columns, clusters=clusters, tally=tally)


def standing(bench: Bench, index: int, verdict: Verdict) -> float | None:
    """Returns how well the changed answer came off, from 0 to 1: its score, or whether it won its pair."""
    if verdict.unit is None:
        return None
    return 1.0 - verdict.unit if bench.side(index) == 1 else verdict.unit
