"""Canary sets: recorded outputs that a judge is run over whenever it changes, and what people said of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from evalwright.domain.dataset import Item
from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.experiment import Experiment
from evalwright.domain.score import ScoreType
from evalwright.server.deps import Deps
from evalwright.server.labels import PAGE

CANARY: Final = "canary"
"""Metadata of experiments whose trials replay recorded outputs, so that a verdict is about the item."""

HUMAN: Final = "human"
"""Metadata of an item: what people say, as a label or a number, or as ``{"label": ...}``."""

MAX_ITEMS: Final = 50_000


def item_key(item_id: str, dataset_version: int) -> str:
    """Returns the target of a canary verdict: items are the same only within one version of their dataset."""
    return f"item:{item_id} v{dataset_version}"


def people_of(
    deps: Deps, canaries: Iterable[Experiment], spec: EvaluatorSpec | None, targets: Collection[str]
) -> Mapping[str, str]:
    """Returns target -> what people said of it, in the judge's words, for canary items among the targets."""
    wanted = set(targets)
    sets = {(each.dataset_id, each.dataset_version) for each in canaries}
    if not any(target.startswith("item:") for target in wanted):
        return {}
    found: dict[str, str] = {}
    for dataset_id, version in sorted(sets):
        for item in _items(deps, dataset_id, version):
            key, said = item_key(item.id, version), human_label(item.metadata.get(HUMAN), spec)
            if said and key in wanted:
                found[key] = said
    return found


def _items(deps: Deps, dataset_id: str, version: int) -> Iterator[Item]:
    cursor, read = "", 0
    while read < MAX_ITEMS:
        page = deps.records.list_items(dataset_id, version=version, limit=PAGE, cursor=cursor)
        yield from page.items
        read, cursor = read + len(page.items), page.next_cursor
        if not cursor:
            return


def human_label(given: Any, spec: EvaluatorSpec | None) -> str:
    """Returns what people said in the words verdicts are spoken in; empty for nothing.

    A boolean judge may call its labels anything: its verdicts are spoken as ``true`` and ``false``.
    """
    said = given.get("label", given.get("score")) if isinstance(given, Mapping) else given
    if isinstance(said, bool):
        return json.dumps(said)
    if isinstance(said, (int, float)):
        said = f"{said:g}"
    if not isinstance(said, str):
        return ""
    scores = spec.definition.get("scores") if spec and spec.type is ScoreType.BOOLEAN else None
    worth = scores.get(said) if isinstance(scores, Mapping) else None
    if worth is None:
        return {"1": "true", "0": "false"}.get(said, said) if spec and spec.type is ScoreType.BOOLEAN else said
    return json.dumps(worth >= 0.5)
