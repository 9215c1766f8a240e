"""Means of scores with their intervals, by name and group; and how reliable repeated runs are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import Target
from evalwright.ports.spans import ScoreGroup, ScoreQuery, SpanReader

SUCCESS: Final = 1.0 - 1e-6
"""A run succeeded when its score is one, as tau-bench counts it."""


def estimate_group(group: ScoreGroup) -> Estimate:
    """Returns the mean of a group: clustered where values share a cluster, weighted where some were sampled."""
    from evalwright.stats.intervals import average  # numpy, only when asked for
    from evalwright.stats.sampling import hajek

    clusters = [label or f"\0{index}" for index, label in enumerate(group.clusters)]
    shared = len(set(clusters)) < len(clusters)
    given = clusters if shared else None
    if group.inclusion:
        return hajek(group.values, group.inclusion, given, denominators=group.denominators)
    return average(group.values, given, denominators=group.denominators)


def clustered_groups(
    reader: SpanReader, query: ScoreQuery, group_by: str, cluster_by: str = ""
) -> Sequence[ScoreGroup]:
    """Returns groups with the clusters asked for; else items for trials, sessions where all have one, else traces."""
    if cluster_by:
        return reader.score_groups(query, group_by=group_by, cluster_by=cluster_by)
    if query.experiment_id or query.target == Target.TRIAL:
        return reader.score_groups(query, group_by=group_by, cluster_by="item_id")
    groups = reader.score_groups(query, group_by=group_by, cluster_by="session_id")
    if all(label for group in groups for label in group.clusters):
        return groups
    return reader.score_groups(query, group_by=group_by, cluster_by="trace_id")


def summarise(reader: SpanReader, query: ScoreQuery, group_by: str, cluster_by: str) -> list[dict[str, Any]]:
    """Returns one row per score name and group key."""
    return [
        {
            "name": group.name,
            "key": group.key,
            "type": group.type,
            "estimate": estimate_group(group),
            "labels": dict(group.labels),
        }
        for group in clustered_groups(reader, query, group_by, cluster_by)
    ]


def reliability(reader: SpanReader, query: ScoreQuery, item_key: str, k_max: int) -> dict[str, Any]:
    """Returns pass@k and pass^k for k up to ``k_max`` or the most runs any item has, whichever is less.

    Raises:
        InvalidInput: no score of that name has a value and an item key.
    """
    from evalwright.stats.reliability import pass_at_k, pass_hat_k  # numpy, only when asked for

    groups = [group for group in reader.score_groups(query, group_by=item_key) if group.values and group.key]
    if not groups:
        raise InvalidInput(
            f"no scored runs of {query.name!r} that say their {item_key!r}",
            hint="name the score column or metadata.<key> that tells items apart",
        )
    successes = [sum(value >= SUCCESS for value in group.values) for group in groups]
    trials = [len(group.values) for group in groups]
    depths = range(1, min(k_max, max(trials)) + 1)
    return {
        "pass_at": [{"k": k, "estimate": pass_at_k(successes, trials, k)} for k in depths],
        "pass_hat": [{"k": k, "estimate": pass_hat_k(successes, trials, k)} for k in depths],
        "items": len(groups),
        "trials": sum(trials),
    }
