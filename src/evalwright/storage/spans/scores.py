"""Reads of scores: lists, groups for statistics, and the small summaries beside traces, spans and sessions."""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.score import Denominators, Score
from evalwright.domain.trace import Page, ScoreSummary
from evalwright.ports.spans import ScoreGroup, ScoreQuery
from evalwright.storage.spans.codec import encode, optional_float
from evalwright.storage.spans.cursor import make_cursor, read_cursor
from evalwright.storage.spans.engine import POINT_READ, Engine
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.score_rows import COLUMNS, decode_score
from evalwright.storage.spans.select import check_limit, fetch

_MATCHED: Final = (
    "name", "target", "source", "status", "evaluator", "evaluator_version", "trace_id", "span_id", "session_id",
    "experiment_id",
)  # fmt: skip
_KEYS: Final = frozenset(COLUMNS) - {"evidence", "metadata", "explanation"}
_JUDGED: Final = "name, evaluator, target, trace_id, span_id, session_id, trial_id"
MAX_GROUPED: Final = 2_000_000
MAX_PAGE: Final = 10_000
"""Scores are small and every page of them is one look over all that match, so readers of many take long pages."""


def list_scores(engine: Engine, query: ScoreQuery) -> Page[Score]:
    """Returns a page of scores, newest first."""
    limit = check_limit(query.limit, MAX_PAGE)
    key = encode(["scores", {**asdict(query), "cursor": "", "limit": 0}]).decode()
    place = read_cursor(key, query.cursor, (int, str))
    binder = Binder()
    condition = score_conditions(query, binder)
    if place is not None:
        condition += f" AND (created_ns, id) < ({binder.bind(place[0])}, {binder.bind(place[1])})"
    sql = (
        f"SELECT {', '.join(COLUMNS)} FROM score_rows FINAL WHERE {condition}"
        f" ORDER BY created_ns DESC, id DESC LIMIT {limit + 1}"
    )
    rows = list(fetch(engine, sql, binder))
    cursor = make_cursor(key, [rows[limit - 1]["created_ns"], rows[limit - 1]["id"]]) if len(rows) > limit else ""
    return Page(items=[decode_score(row) for row in rows[:limit]], next_cursor=cursor)


def score_conditions(query: ScoreQuery, binder: Binder) -> str:
    """Returns the condition over ``score_rows`` that ``query`` describes."""
    conditions = [f"project = {binder.bind(query.project)}"]
    conditions += [f"{name} = {binder.bind(getattr(query, name))}" for name in _MATCHED if getattr(query, name)]
    if query.trial_ids:
        conditions.append(f"trial_id IN {binder.bind(list(query.trial_ids))}")
    return " AND ".join(conditions)


def score_groups(
    engine: Engine, query: ScoreQuery, *, group_by: str, cluster_by: Sequence[str]
) -> Sequence[ScoreGroup]:
    """Returns the scores grouped by name and key, with values and clusters in step, ordered by name and key.

    The type is that of the newest scored row. Of an evaluator with several versions only the newest counts, unless the
    query names a version or the groups are versions: a mean over two versions is a number about neither.

    Raises:
        InvalidInput: ``group_by`` or one of ``cluster_by`` is neither a score column nor ``metadata.<key>``.
    """
    binder = Binder()
    key, shared = _key_sql(group_by, binder), [_key_sql(name, binder) for name in cluster_by]
    has_value = "status = 'scored' AND isNotNull(value)"
    counts = ", ".join(f"countIf(status = '{status}') AS {status}" for status in asdict(Denominators()))
    conditions = score_conditions(query, binder)
    if not query.evaluator_version and "evaluator_version" not in (group_by, *cluster_by):
        conditions += f" AND {_newest_version(conditions)}"
    taken = ", ".join(["assumeNotNull(value)", "inclusion_probability", *shared])
    sql = (
        f"SELECT * EXCEPT observed, observed.1 AS observed_values, observed.2 AS inclusion, {_codes(len(shared))}"
        f" FROM (SELECT name, argMax(type, (status = 'scored', created_ns)) AS declared, {key} AS group_key, {counts},"
        f" groupArrayIf({MAX_GROUPED})(tuple({taken}), {has_value})"
        " AS observed, sumMapIf([label], [toUInt64(1)], status = 'scored' AND label != '') AS labels"
        f" FROM score_rows FINAL WHERE {conditions} GROUP BY name, group_key) ORDER BY name, group_key"
    )
    return [_group(row, cluster_by) for row in fetch(engine, sql, binder)]


def _codes(columns: int) -> str:
    """Small numbers instead of long ids: the engine makes them in one pass, and reading them takes no memory."""
    ids = [f"observed.{3 + index}" for index in range(columns)]
    coded = [f"arrayMap((code, id) -> if(id = '', 0, code), arrayEnumerateDense({each}), {each})" for each in ids]
    return f"[{', '.join(coded)}] AS codes"


def _newest_version(conditions: str) -> str:
    return (
        "(evaluator_version = '' OR (name, evaluator, evaluator_version) IN (SELECT name, evaluator,"
        " argMax(evaluator_version, (created_ns, evaluator_version)) FROM score_rows FINAL"
        f" WHERE {conditions} AND evaluator_version != '' GROUP BY name, evaluator))"
    )


def _group(row: dict[str, Any], cluster_by: Sequence[str]) -> ScoreGroup:
    labels, counts = row["labels"]
    inclusion = [float(chance) for chance in row["inclusion"]]
    return ScoreGroup(
        name=row["name"],
        key=row["group_key"],
        type=row["declared"],
        denominators=Denominators(**{name: row[name] for name in asdict(Denominators())}),
        labels=dict(zip(labels, counts, strict=True)),
        values=[float(value) for value in row["observed_values"]],
        clusters=dict(zip(cluster_by, row["codes"], strict=True)),
        inclusion=inclusion if any(chance != 1.0 for chance in inclusion) else (),
    )


def _key_sql(name: str, binder: Binder) -> str:
    if not name:
        return "''"
    if name in _KEYS:
        return f"ifNull(toString({name}), '')"
    prefix, _, key = name.partition(".")
    if prefix == "metadata" and key:
        bound = binder.bind(key)
        # Text stays as it is; any other JSON value groups by its text.
        return (
            f"if(JSONType(metadata, {bound}) = 'String', JSONExtractString(metadata, {bound}),"
            f" JSONExtractRaw(metadata, {bound}))"
        )
    raise InvalidInput(
        f"scores have no column {name!r}", hint=f"use metadata.<key> or one of {', '.join(sorted(_KEYS))}"
    )


def summarise_scores(
    engine: Engine, project: str, column: str, ids: Sequence[str]
) -> Mapping[str, Sequence[ScoreSummary]]:
    """Returns score summaries by ``column`` (trace_id or session_id) for the given ids, in one query."""
    binder = Binder()
    which = f"{column} IN {binder.bind(list(ids))}"
    return _by_id(_summaries(engine, project, which, f"{column} AS id", "id, name", binder))


def summarise_trace_scores(
    engine: Engine, project: str, trace_id: str
) -> tuple[Sequence[ScoreSummary], Mapping[str, Sequence[ScoreSummary]]]:
    """Returns the summaries of a trace and those of each of its spans, in one query."""
    binder = Binder()
    which = f"trace_id = {binder.bind(trace_id)}"
    groups = "GROUPING SETS ((name), (span_id, name))"
    rows = _summaries(engine, project, which, "span_id AS id, grouping(span_id) AS whole", groups, binder)
    spans = _by_id(row for row in rows if not row["whole"])
    return [_summary(row) for row in rows if row["whole"]], spans


def _summaries(
    engine: Engine, project: str, which: str, selected: str, groups: str, binder: Binder
) -> list[dict[str, Any]]:
    """Summaries of the scores that ``which`` names.

    A score never changes its target, so choosing its newest row among the matching ones is the same as FINAL and lets
    the skip indexes work. Of an evaluator that judged a target in several versions, only the newest is shown.
    """
    sql = (
        f"SELECT {selected}, name, countIf(status = 'scored') AS count, countIf(status = 'errored') AS errored,"
        " avgIf(value, status = 'scored') AS mean,"
        " topKIf(1)(label, status = 'scored' AND label != '') AS labels,"
        " if(min(type) = max(type), min(type), '') AS kind"
        f" FROM (SELECT status, value, label, type, evaluator_version, {_JUDGED}, argMax(evaluator_version,"
        f" (created_ns, evaluator_version)) OVER (PARTITION BY {_JUDGED}) AS newest"
        f" FROM (SELECT status, value, label, type, evaluator_version, created_ns, {_JUDGED} FROM score_rows"
        f" WHERE project = {binder.bind(project)} AND {which} ORDER BY created_ns DESC LIMIT 1 BY project, id))"
        f" WHERE evaluator_version = newest GROUP BY {groups} ORDER BY id, name"
    )
    return list(fetch(engine, sql, binder, POINT_READ))


def _by_id(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Sequence[ScoreSummary]]:
    found: dict[str, list[ScoreSummary]] = defaultdict(list)
    for row in rows:
        found[row["id"]].append(_summary(row))
    return found


def _summary(row: Mapping[str, Any]) -> ScoreSummary:
    return ScoreSummary(
        name=row["name"],
        count=row["count"],
        mean=optional_float(row["mean"]),
        label=row["labels"][0] if row["labels"] else "",
        errored=row["errored"],
        type=row["kind"],
    )
