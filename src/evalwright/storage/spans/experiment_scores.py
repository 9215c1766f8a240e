"""What the trials of many experiments scored, for lists of experiments: one query for all, and one for what changed."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from evalwright.domain.score import Denominators
from evalwright.ports.spans import TrialScores
from evalwright.storage.spans.engine import Engine
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.select import fetch

_WRITER: Final = "tuple(evaluator, evaluator_version, source)"


def experiment_stamps(engine: Engine, project: str, experiment_ids: Sequence[str]) -> Mapping[str, str]:
    """Returns a text for each experiment that has scores, which is another one after any of them was written.

    Rows that a merge will drop still count, so that a merge may change a stamp as well: that costs a look, no truth.
    """
    binder = Binder()
    sql = (
        "SELECT experiment_id, count() AS seen, sum(cityHash64(id, created_ns, status, ifNull(value, nan))) AS stamp"
        f" FROM score_rows WHERE {_of(project, experiment_ids, binder)} GROUP BY experiment_id"
    )
    return {row["experiment_id"]: f"{row['seen']}-{row['stamp']}" for row in fetch(engine, sql, binder)}


def experiment_scores(
    engine: Engine, project: str, experiment_ids: Sequence[str], failed: Sequence[str]
) -> Sequence[TrialScores]:
    """Returns the newest verdict of every trial under each name, as columns, by experiment and name."""
    binder = Binder()
    counts = ", ".join(f"countIf(status = '{status}') AS {status}" for status in asdict(Denominators()))
    newest = (
        "SELECT experiment_id, name, item_id, trial_id, status, value, evaluator, evaluator_version, source"
        f" FROM score_rows FINAL WHERE {_of(project, experiment_ids, binder)} AND trial_id != ''"
        " AND (status != 'scored' OR isNotNull(value))"
        " ORDER BY created_ns DESC, id LIMIT 1 BY experiment_id, name, trial_id"
    )
    sql = (
        "SELECT * EXCEPT observed, observed.1 AS scored_values, arrayEnumerateDense(observed.2) AS items FROM ("
        f"SELECT experiment_id, name, {counts}, countIf(trial_id IN {binder.bind(list(failed))}) AS of_failed,"
        f" groupUniqArray({_WRITER}) AS writers,"
        " groupArrayIf(tuple(assumeNotNull(value), item_id), status = 'scored') AS observed"
        f" FROM ({newest}) GROUP BY experiment_id, name) ORDER BY experiment_id, name"
    )
    return [_scores(row) for row in fetch(engine, sql, binder)]


def _of(project: str, experiment_ids: Sequence[str], binder: Binder) -> str:
    return f"project = {binder.bind(project)} AND experiment_id IN {binder.bind(list(experiment_ids))}"


def _scores(row: dict[str, Any]) -> TrialScores:
    return TrialScores(
        experiment_id=row["experiment_id"],
        name=row["name"],
        denominators=Denominators(**{name: row[name] for name in asdict(Denominators())}),
        of_failed=row["of_failed"],
        writers=[(evaluator, version, source) for evaluator, version, source in row["writers"]],
        values=row["scored_values"],
        items=row["items"],
    )
