"""What is known of scored targets beside their scores: fields of their spans, metadata of their dataset items."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from evalwright.domain.errors import NotFound
from evalwright.domain.score import Score, Target
from evalwright.filters import Or, parse, to_text
from evalwright.filters.lexer import MAX_LENGTH
from evalwright.ports.spans import AggregateQuery
from evalwright.server.deps import Deps
from evalwright.server.labels import Joined, Key, key_of
from evalwright.server.paging import PAGE, pages

MAX_ROWS: Final = 10_000
MAX_DISTINCT: Final = 20
MAX_TEXT: Final = 100
FROM_SPANS: Final = ("model", "agent_name")

Attributes = Mapping[Key, Mapping[str, str]]


def read_attributes(
    deps: Deps, project: str, joined: Joined, names: Sequence[str], filter: str
) -> tuple[dict[Key, dict[str, str]], Mapping[str, int]]:
    """Returns the attributes of each target that ``filter`` lets through, and how often each model wrote one.

    Names are ``metadata.<key>`` (of the scores, else of the dataset item), ``split`` of the item, or a field of the
    filter language. Without names: short metadata of items, and the model and agent of spans.
    """
    about = {key_of(score): score for score in joined.scores}
    found: dict[Key, dict[str, str]] = {key: {} for key in about}
    spanned = [name for name in names or FROM_SPANS if not name.startswith("metadata.") and name != "split"]
    models: Counter[str] = Counter()
    if filter or any(score.trace_id or score.span_id or score.session_id for score in about.values()):
        seen = _from_spans(deps, project, about, list(dict.fromkeys(["model", *spanned])), filter)
        models.update(row["model"] for row in seen.values() if row.get("model"))
        for key, row in seen.items():
            found[key].update({name: row[name] for name in spanned if row.get(name)})
        if filter:
            found = {key: row for key, row in found.items() if key in seen}
    _from_items(deps, about, found, names)
    _from_scores(joined, found, names)
    return found, models


def _from_spans(
    deps: Deps, project: str, about: Mapping[Key, Score], fields: Sequence[str], filter: str
) -> dict[Key, dict[str, str]]:
    """Returns target -> field -> its most frequent value, in one query for some four hundred targets."""
    by_id: dict[str, dict[str, list[Key]]] = defaultdict(lambda: defaultdict(list))
    for key, score in about.items():
        column = "span_id" if score.span_id else "trace_id" if score.trace_id else "session_id"
        by_id[column][getattr(score, column)].append(key)
    found: dict[Key, dict[str, str]] = {}
    for column, keys in by_id.items():
        for row in _rows(deps, project, column, [each for each in keys if each], fields, filter):
            for key in keys.get(str(row[column]), ()):
                held = found.setdefault(key, {})
                for name in fields:
                    if row[name] not in (None, ""):
                        held.setdefault(name, str(row[name])[:MAX_TEXT])
    return found


def _rows(
    deps: Deps, project: str, column: str, ids: Sequence[str], fields: Sequence[str], filter: str
) -> Iterable[Mapping[str, Any]]:
    condition = _condition(filter)
    for listed in _chunks(ids, MAX_LENGTH - len(condition) - len(column) - 20):
        chosen = f"{column} in ({listed})"
        query = AggregateQuery(
            project=project,
            group_by=list(dict.fromkeys([column, *fields])),
            metrics=["count"],
            filter=f"{chosen} and {condition}" if condition else chosen,
            limit=MAX_ROWS,
        )
        table = deps.spans.aggregate(query)
        for row in table.rows:
            yield dict(zip(table.columns, row, strict=True))


def _chunks(ids: Sequence[str], room: int) -> Iterator[str]:
    """Yields ids as lists of literals that fit into the room a filter leaves; each list holds one at least."""
    listed: list[str] = []
    size = 0
    for literal in map(json.dumps, ids):
        if listed and size + len(literal) + 2 > room:
            yield ", ".join(listed)
            listed, size = [], 0
        listed.append(literal)
        size += len(literal) + 2
    if listed:
        yield ", ".join(listed)


def _condition(filter: str) -> str:
    """Returns the filter as one term of a conjunction; parsed here, so that a mistake is at its own position."""
    node = parse(filter)
    if node is None:
        return ""
    return f"({to_text(node)})" if isinstance(node, Or) else to_text(node)


def _from_items(deps: Deps, about: Mapping[Key, Score], found: dict[Key, dict[str, str]], names: Sequence[str]) -> None:
    """Adds what the items of judged trials say; each experiment's dataset version is read once."""
    wanted = [name for name in names if name.startswith("metadata.") or name == "split"]
    if names and not wanted:
        return
    by_item: dict[str, list[Key]] = defaultdict(list)
    experiments: dict[str, str] = {}
    for key, score in about.items():
        if key[0] is Target.TRIAL and key in found:
            by_item[score.item_id].append(key)
            experiments.setdefault(score.experiment_id, score.project)
    read: set[tuple[str, int]] = set()
    rows: dict[str, dict[str, str]] = {}
    for identity, project in experiments.items():
        try:
            experiment = deps.records.find_experiment(project, identity)
        except NotFound:  # deleted; its scores stay, and are as good as ever
            continue
        if (experiment.dataset_id, experiment.dataset_version) not in read:
            read.add((experiment.dataset_id, experiment.dataset_version))
            rows |= _items(deps, experiment.dataset_id, experiment.dataset_version, by_item)
    kept = wanted or _telling(rows.values())
    for item, values in rows.items():
        for key in by_item[item]:
            found[key].update({name: values[name] for name in kept if name in values})


def _items(deps: Deps, dataset_id: str, version: int, wanted: Collection[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for page in pages(lambda cursor: deps.records.list_items(dataset_id, version=version, limit=PAGE, cursor=cursor)):
        for item in page.items:
            if item.id in wanted:
                held = {f"metadata.{name}": value for name, value in item.metadata.items()}
                found[item.id] = _texts({**held, "split": item.split})
    return found


def _from_scores(joined: Joined, found: dict[Key, dict[str, str]], names: Sequence[str]) -> None:
    """Adds the named metadata of scores; the verdict's wins over the labels'."""
    wanted = [name.removeprefix("metadata.") for name in names if name.startswith("metadata.")]
    for score in joined.scores if wanted else ():
        row = found.get(key_of(score))
        if row is not None:
            held = {name: score.metadata[name] for name in wanted if name in score.metadata}
            row.update({f"metadata.{name}": value for name, value in _texts(held).items()})


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Returns what can be grouped by: short texts, numbers and truth values."""
    plain = {name: value for name, value in values.items() if isinstance(value, str | int | float | bool)}
    return {name: str(value) for name, value in plain.items() if value != "" and len(str(value)) <= MAX_TEXT}


def _telling(rows: Iterable[Mapping[str, str]]) -> Sequence[str]:
    """Returns the names that sort rows into a few kinds, rather than naming each."""
    values: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name, value in row.items():
            if len(values[name]) <= MAX_DISTINCT:
                values[name].add(value)
    return [name for name, kinds in values.items() if 1 < len(kinds) <= MAX_DISTINCT]
