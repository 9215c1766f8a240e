"""Pairs of what people and the judge said about one thing, and what the people said together."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalwright.domain.calibration import Place, Scale
from evalwright.domain.errors import InvalidInput
from evalwright.domain.score import ScoreStatus

Value: TypeAlias = str | float
MAX_LABELS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRow:
    """One judged thing and what people said of it; without ``votes`` it is only a candidate for labelling.

    Attributes:
        key: unique name of the thing.
        votes: annotator -> label, or number on an interval scale.
        judged: the judge's verdict; None unless ``status`` is scored.
        status: what the judge did; None when it was never asked.
        group: what belongs together and must stay on one side of the split; the row itself when empty.
    """

    key: str
    votes: Mapping[str, Value] = field(default_factory=dict)
    judged: Value | None = None
    status: ScoreStatus | None = ScoreStatus.SCORED
    group: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    place: Place = field(default_factory=Place)
    explanation: str = ""
    judge_trace_id: str = ""
    cost: float | None = None
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to calibrate.

    Attributes:
        scale: nominal, ordinal or interval.
        labels: all labels, in order for ordinal ones; read from the rows when empty.
        positive: the label whose detection sensitivity speaks of; guessed for two labels when empty.
        min_agreement: the bar; None for none.
        holdout_share: part of the groups that the bar is read on.
        level: of every interval.
        resamples: bootstrap resamples.
        seed: of split and bootstrap, so that a report can be made again.
        next_labels: how many rows to recommend.
    """

    scale: Scale = Scale.NOMINAL
    labels: Sequence[str] = ()
    positive: str = ""
    min_agreement: float | None = None
    holdout_share: float = 0.5
    level: float = 0.95
    resamples: int = 1_000
    seed: int = 20_260_101
    next_labels: int = 50

    def __post_init__(self) -> None:
        """Refuses shares and bars outside their range."""
        if not 0.0 < self.holdout_share < 1.0:
            raise InvalidInput(f"holdout share must lie between 0 and 1, got {self.holdout_share!r}")
        if self.min_agreement is not None and not 0.0 <= self.min_agreement <= 1.0:
            raise InvalidInput(f"min_agreement must lie in [0, 1], got {self.min_agreement!r}")


@dataclass(frozen=True, slots=True)
class Pair:
    """A row on which both people and the judge have one verdict."""

    row: LabelledRow
    human: Value
    judge: Value

    @property
    def agrees(self) -> bool:
        """Whether both said the same."""
        return self.human == self.judge


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs as vectors, with clusters where rows of one group repeat."""

    items: Sequence[Pair]

    @property
    def human(self) -> NDArray[np.object_]:
        """What people said."""
        return np.array([pair.human for pair in self.items], dtype=object)

    @property
    def judge(self) -> NDArray[np.object_]:
        """What the judge said."""
        return np.array([pair.judge for pair in self.items], dtype=object)

    @property
    def groups(self) -> Sequence[str]:
        """The group of each pair."""
        return [group_of(pair.row) for pair in self.items]

    @property
    def clusters(self) -> Sequence[str] | None:
        """The groups, or None when each pair is its own."""
        groups = self.groups
        return groups if len(set(groups)) < len(groups) else None


def group_of(row: LabelledRow) -> str:
    """Returns what the row must be split and resampled together with."""
    return row.group or f"\0{row.key}"


def is_gap(value: Value | None) -> bool:
    """Whether a vote or verdict holds nothing that can be compared."""
    if type(value) is str:
        return not value
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def usable(votes: Mapping[str, Value]) -> list[Value]:
    """Returns the votes that hold something."""
    return [vote for vote in votes.values() if not is_gap(vote)]


def consensus(given: Sequence[Value], scale: Scale) -> Value | None:
    """Returns what usable votes say together: the mean on an interval scale, else the one label with most of them.

    None where nobody voted, or two labels have equally many votes.
    """
    if not given:
        return None
    if scale is Scale.INTERVAL:
        return math.fsum(map(float, given)) / len(given)
    if given.count(given[0]) == len(given):  # nearly always so, and counting is slow
        return given[0]
    ranked = Counter(given).most_common(2)
    return None if ranked[0][1] == ranked[1][1] else ranked[0][0]


def in_holdout(group: str, share: float, seed: int) -> bool:
    """Whether a group belongs to the holdout: by its hash, so that later labels never move earlier ones."""
    digest = hashlib.sha256(f"{seed}\n{group}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def label_order(pairs: Sequence[Pair], options: Options) -> Sequence[str]:
    """Returns every label in order: those of the options first, then any other that occurs, sorted.

    Raises:
        InvalidInput: more labels than a table can show.
    """
    if options.scale is Scale.INTERVAL:
        return ()
    seen = {str(value) for pair in pairs for value in (pair.human, pair.judge)}
    order = [*options.labels, *sorted(seen - set(options.labels))]
    if len(order) > MAX_LABELS:
        raise InvalidInput(
            f"{len(order)} different labels are more than the {MAX_LABELS} a report can show",
            hint="for numbers give a threshold; free text cannot be calibrated",
        )
    return order
