"""Means of scores with their intervals, by name and group; and how reliable repeated runs are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.score import ScoreType
from evalwright.ports.spans import ScoreGroup, ScoreQuery, SpanReader
from evalwright.server.clustering import IDENTITIES, Clustering, cluster, identities_for

SUCCESS: Final = 1.0 - 1e-6
"""A run succeeded when its score is one, as tau-bench counts it."""


def estimate_group(group: ScoreGroup, found: Clustering) -> Estimate:
    """Returns the mean of a group: clustered where values belong together, weighted where some were sampled."""
    from evalwright.stats.intervals import average, mean  # numpy, only when asked for
    from evalwright.stats.sampling import hajek

    if group.type == ScoreType.ORDINAL and len(set(group.values)) == 1:  # a scale from 1 to 5 is no share
        made = mean(group.values, found.labels, denominators=group.denominators)
    elif group.inclusion:
        made = hajek(group.values, group.inclusion, found.labels, denominators=group.denominators)
    else:
        made = average(group.values, found.labels, denominators=group.denominators)
    return replace(made, warnings=(*made.warnings, *found.warnings))


def summarise(reader: SpanReader, query: ScoreQuery, group_by: str, cluster_by: str = "") -> list[dict[str, Any]]:
    """Returns one row per score name and group key, each with what it was clustered by, and how many clusters."""
    groups = reader.score_groups(query, group_by=group_by, cluster_by=identities_for(cluster_by))
    asked = _asked(query, group_by)
    return [_row(group, cluster(group.clusters, len(group.values), wish=cluster_by, asked=asked)) for group in groups]


def _asked(query: ScoreQuery, group_by: str) -> Collection[str]:
    """Returns the identities that the question itself fixes, so that its answer is about them."""
    fixed = {group_by, "trace_id" if query.trace_id else "", "session_id" if query.session_id else ""}
    return [name for name in IDENTITIES if name in fixed]


def _row(group: ScoreGroup, found: Clustering) -> dict[str, Any]:
    return {
        "name": group.name,
        "key": group.key,
        "type": group.type,
        "estimate": estimate_group(group, found),
        "clusters": found.count,
        "cluster_by": found.by,
        "labels": dict(group.labels),
    }


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
