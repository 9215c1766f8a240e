"""Canary sets: recorded outputs that a judge is run over whenever it changes, and what people said of them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from evalwright.domain.canary import HUMAN
from evalwright.domain.canary import KEY as CANARY
from evalwright.domain.dataset import Item
from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.domain.experiment import Experiment
from evalwright.domain.score import Score, ScoreSource, ScoreStatus, ScoreType, Target
from evalwright.ports.spans import ScoreQuery
from evalwright.server.deps import Deps
from evalwright.server.paging import PAGE, entries, pages, score_pages

__all__ = ["CANARY", "Asked", "canary_runs", "human_label", "item_key", "people_of"]

MAX_ITEMS: Final = 50_000
MAX_LABELS: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose labels are looked for: those of one score of one evaluator, ``criterion`` where its rubric has several."""

    project: str
    evaluator: str
    spec: EvaluatorSpec | None
    criterion: str = ""

    @property
    def score(self) -> str:
        """The name of the score."""
        return f"{self.evaluator}.{self.criterion}" if self.criterion else self.evaluator


def canary_runs(deps: Deps, project: str, evaluator: str, dataset_id: str = "") -> Iterator[Experiment]:
    """Yields the experiments that replayed recorded outputs for an evaluator, newest first."""
    read = pages(
        lambda cursor: deps.records.list_experiments(project, dataset_id=dataset_id, limit=PAGE, cursor=cursor)
    )
    return (run for run in entries(read) if run.metadata.get(CANARY) == evaluator)


def item_key(item_id: str, dataset_version: int) -> str:
    """Returns the target of a canary verdict: items are the same only within one version of their dataset."""
    return f"item:{item_id} v{dataset_version}"


def people_of(
    deps: Deps, canaries: Mapping[str, Experiment], asked: Asked, targets: Collection[str]
) -> Mapping[str, str]:
    """Returns target -> what people said of it, in the judge's words, for canary items among the targets.

    What an item's ``metadata.human`` says comes first; then human scores of the item's own canary trials, or of the
    span or trace it was taken from, under the name of the score or of the label its newest calibration was held
    against.
    """
    wanted = set(targets)
    if not any(target.startswith("item:") for target in wanted):
        return {}
    stored = _Stored(deps, canaries, asked)
    found: dict[str, str] = {}
    for dataset_id, version in sorted({(each.dataset_id, each.dataset_version) for each in canaries.values()}):
        for item in _items(deps, dataset_id, version):
            key = item_key(item.id, version)
            if key not in wanted:
                continue
            given = item.metadata.get(HUMAN)
            said = human_label(_of_criterion(given, asked), asked.spec) if given is not None else stored.of(item)
            if said:
                found[key] = said
    return found


def _of_criterion(given: Any, asked: Asked) -> Any:
    """Returns what is said of one criterion; a word alone does not say which of several it is about."""
    if not asked.criterion:
        return given
    return given.get(asked.criterion, given.get(asked.score)) if isinstance(given, Mapping) else None


class _Stored:
    """Human scores by what they are about, read when the first of them is needed."""

    def __init__(self, deps: Deps, canaries: Mapping[str, Experiment], asked: Asked) -> None:
        self._deps, self._canaries, self._asked = deps, canaries, asked
        self._votes: Mapping[tuple[Target, str], Mapping[str, str]] | None = None

    def of(self, item: Item) -> str:
        """Returns what most people said; empty for nobody or a draw."""
        if self._votes is None:
            self._votes = self._read()
        spec = self._asked.spec
        whole = item.source_trace_id if spec and spec.target is Target.TRACE else ""
        places = [(Target.TRIAL, item.id), (Target.SPAN, item.source_span_id), (Target.TRACE, whole)]
        votes = next((found for place in places if place[1] and (found := self._votes.get(place))), {})
        ranked = Counter(votes.values()).most_common(2)
        if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
            return ""
        return ranked[0][0]

    def _read(self) -> Mapping[tuple[Target, str], Mapping[str, str]]:
        found: dict[tuple[Target, str], dict[str, str]] = defaultdict(dict)
        for score in self._scores():
            said = human_label(score.label or score.value, self._asked.spec)
            if score.target is Target.TRIAL and score.experiment_id not in self._canaries:
                continue  # a trial of the agent's own experiments is another output of the same item
            about = {Target.TRIAL: score.item_id, Target.SPAN: score.span_id, Target.TRACE: score.trace_id}
            if said and score.target in about:
                # Newest first: a person's later word counts.
                found[score.target, about[score.target]].setdefault(score.annotator or score.id, said)
        return found

    def _scores(self) -> Iterator[Score]:
        for name in self._names():
            query = ScoreQuery(
                project=self._asked.project,
                name=name,
                source=ScoreSource.HUMAN,
                status=ScoreStatus.SCORED,
                limit=PAGE,
            )
            yield from islice(entries(score_pages(self._deps.spans, query)), MAX_LABELS)

    def _names(self) -> Iterable[str]:
        """Returns the names labels may have, the score's own first."""
        asked = self._asked
        cards = self._deps.records.list_cards(asked.project, evaluator=asked.evaluator, limit=PAGE).items
        labels = [card.label_score for card in cards if card.judge_score in ("", asked.score)]
        return dict.fromkeys([asked.score, *labels[:1]])


def _items(deps: Deps, dataset_id: str, version: int) -> Iterator[Item]:
    read = pages(lambda cursor: deps.records.list_items(dataset_id, version=version, limit=PAGE, cursor=cursor))
    return islice(entries(read), MAX_ITEMS)


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
