"""Which scores are not independent of each other: the one answer for summaries and for what corrects them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evalwright.domain.score import Score

IDENTITIES: Final = ("item_id", "metadata.task_id", "session_id", "trace_id")
"""What scores may share, the widest first: the items and tasks that are repeated hold sessions, these hold traces."""

NONE: Final = "none"
"""As a wish: take every score as independent. As an answer: they were."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """What belongs together. ``labels`` is None where each value stands alone; then ``count`` is that of the values.

    ``by`` names what was shared, ``metadata.task_id`` or ``item_id, trace_id`` where not all say the first; or NONE.
    """

    by: str
    count: int
    labels: Sequence[int] | None = None
    warnings: tuple[str, ...] = ()


def identities_for(cluster_by: str) -> Sequence[str]:
    """Returns what must be known of every score to cluster as wished; an empty wish leaves it to ``cluster``."""
    if cluster_by == NONE:
        return ()
    return (cluster_by,) if cluster_by else IDENTITIES


def cluster(
    known: Mapping[str, Sequence[int]], count: int, *, wish: str = "", asked: Collection[str] = ()
) -> Clustering:
    """Returns what belongs together of ``count`` values.

    By default the first of ``known`` that several values share; values that do not say it go by the next one, and those
    that share nothing stand alone. What all of them share is what the question is about, so it clusters nothing, and a
    warning says so unless that was ``asked`` for.

    Args:
        known: column -> a code for each value, equal for equal ones and 0 where it says nothing; the widest first.
        count: how many values there are.
        wish: the one column to cluster by, or NONE.
        asked: columns that the question itself fixes.
    """
    import numpy as np  # only when asked for

    labels = np.zeros(count, dtype=np.int64)
    used, warnings, top = [], [], 0
    for name, given in known.items():
        codes = np.asarray(given, dtype=np.int64)
        said = codes[codes > 0]
        distinct = np.unique(said).size
        if not wish and (name in asked or distinct == said.size):
            continue
        if not wish and distinct == 1 and said.size == count:
            warnings += [] if asked else [f"all {count} are of one {name}: the interval is about that one alone"]
            continue
        free = (labels == 0) & (codes > 0)
        if free.any():
            labels[free] = codes[free] + top
            top += int(codes.max())
            used.append(name)
    if wish and wish != NONE and count and not used:
        warnings.append(f"no score says its {wish!r}: each was taken as independent")
    return _clustering(labels, used, warnings)


def _clustering(labels: Any, used: Sequence[str], warnings: Sequence[str]) -> Clustering:
    import numpy as np

    alone = labels == 0
    count = int(np.unique(labels[~alone]).size + alone.sum())
    if count == labels.size:
        return Clustering(NONE, count, warnings=tuple(warnings))
    labels[alone] = -1 - np.arange(int(alone.sum()))
    return Clustering(", ".join(used), count, labels.tolist(), tuple(warnings))


def identity(score: Score, name: str) -> str:
    """Returns what one score says of itself under ``name``, as the store's reader does; empty where it says nothing."""
    prefix, _, key = name.partition(".")
    value = score.metadata.get(key) if prefix == "metadata" and key else getattr(score, name, "")
    return "" if value is None else str(value)
