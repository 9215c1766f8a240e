"""Labelled sets in the store: items, what is judged, and what people said of it. Storing twice stores once."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evalwright.cli.connect import segment
from evalwright.cli.options import Options
from evalwright.cli.progress import progress
from evalwright.domain.errors import NotFound
from evalwright.domain.evaluator import EvaluatorSpec, Subject
from evalwright.domain.score import ScoreStatus, ScoreType, Target

if TYPE_CHECKING:
    from evalwright.evaluators.recipes import Fit, LabelledItem

BATCH: Final = 1000
IDS_A_REQUEST: Final = 40
ARRIVAL_S: Final = 120.0
POLL_S: Final = 0.5
_TRACE: Final = re.compile(rb'"trace_?id"\s*:\s*"([0-9a-f]{32})"', re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Where a labelled set lies: ``dataset`` and ``experiment`` are empty for runs, which are traces."""

    label: str
    target: Target
    dataset: str = ""
    experiment: str = ""
    items: Mapping[str, str]

    def trial(self, key: str, side: int) -> str:
        """Returns the id of the trial that holds one side of an item."""
        text = f"{self.experiment} {self.items[key]} {side}"
        return f"tr_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def store_texts(
    fit: Fit, score: str, every: Sequence[LabelledItem], chosen: Sequence[LabelledItem], options: Options
) -> Stored:
    """Stores a set of texts as a dataset, and those chosen as trials of an experiment.

    The dataset holds the whole set, so that a second run with more of it finds the same version.
    """
    api, name = options.api(), f"{fit.set} for {score}"
    api.post("/datasets", {"name": name, "exist_ok": True, "description": fit.about, **options.scope()})
    path = f"/datasets/{segment(name)}/items"
    for batch in _batched(_item(item) for item in every):
        api.post(path, {"items": batch}, **options.scope())
    held = {row["key"]: row["id"] for row in api.pages(path, limit=BATCH, **options.scope())}
    version = api.get(f"/datasets/{segment(name)}", **options.scope())["version"]
    body = {
        **{"name": f"{name} v{version} recorded", "dataset": name, "dataset_version": version},
        **{"trials": len(every[0].sides), "metadata": {"recorded": True}},
        "description": "what people said of recorded outputs",
    }
    experiment = str(api.post("/experiments", {**body, **options.scope()})["id"])
    stored = Stored(label=f"{fit.set}.{score}", target=Target.TRIAL, dataset=name, experiment=experiment, items=held)
    trials = (
        {
            **{"id": stored.trial(item.key, side), "item_id": held[item.key], "item_key": item.key, "index": side},
            "output": values.get("output"),
        }
        for item in chosen
        for side, values in enumerate(item.sides)
    )
    for batch in _batched(trials):
        api.post(f"/experiments/{experiment}/trials", {"trials": batch}, **options.scope())
    return stored


def _item(item: LabelledItem) -> dict[str, Any]:
    first = {name: value for name, value in item.sides[0].items() if name not in ("output", "expected")}
    outputs = {f"output_{place}": values.get("output") for place, values in enumerate(item.sides, 1)}
    content = {**first, **(outputs if len(item.sides) > 1 else {})}
    return {
        **{"key": item.key, "input": content, "expected": item.sides[0].get("expected")},
        "metadata": {"group": item.group, "recorded_output": item.sides[0].get("output")},
    }


def store_runs(fit: Fit, score: str, items: Sequence[LabelledItem], folder: Path, options: Options) -> Stored:
    """Sends the traces of the runs chosen, as `evalwright import` does."""
    from evalwright.cli.import_ import import_file
    from evalwright.evaluators.recipes.items import find_file
    from evalwright.evaluators.recipes.recipe import labelled_sets

    labelled = labelled_sets()[fit.set]
    wanted = {trace.lower().encode() for item in items for trace in item.traces}

    def keep(body: bytes) -> bool:
        return not wanted.isdisjoint(each.lower() for each in _TRACE.findall(body))

    totals = dict.fromkeys(("requests", "rejected_spans", "scores", "refused"), 0)
    for name in labelled.traces:
        file = find_file(folder, name, labelled.source)
        with progress(f"importing {file.name}", unit="rows") as report:
            import_file(file, "otlp", options, totals, report, keep)
    return Stored(label=f"{fit.set}.{score}", target=Target(fit.target), items={})


def store_labels(
    stored: Stored,
    items: Sequence[LabelledItem],
    kind: ScoreType,
    worth: Mapping[str, float],
    source: str,
    options: Options,
) -> None:
    """Stores what people said; a label that the evaluator has carries the evaluator's number for it."""
    rows = (
        {
            **place_of(stored, item, 0),
            **_said(vote, kind, worth),
            **{"name": stored.label, "source": source, "annotator": person, "metadata": {"group": item.group}},
        }
        for item in items
        for person, vote in item.votes.items()
    )
    for batch in _batched(rows):
        options.api().post("/scores", {"scores": batch}, **options.scope())


def _said(vote: str | float, kind: ScoreType, worth: Mapping[str, float]) -> dict[str, Any]:
    if isinstance(vote, float):
        return {"type": ScoreType.NUMERIC.value, "value": vote}
    if vote not in worth:
        return {"type": ScoreType.CATEGORICAL.value, "label": vote}
    return {"type": kind.value, "label": vote, "value": worth[vote]}


def place_of(stored: Stored, item: LabelledItem, side: int) -> dict[str, str]:
    """Returns the ids that say what a score is about."""
    if stored.target is not Target.TRIAL:
        return {"target": stored.target.value, f"{stored.target.value}_id": item.key}
    return {
        **{"target": "trial", "experiment_id": stored.experiment},
        **{"item_id": stored.items[item.key], "trial_id": stored.trial(item.key, side)},
    }


def subjects_of(stored: Stored, items: Sequence[LabelledItem], options: Options) -> Iterator[Subject]:
    """Yields what is to be judged, in the order of the items; runs are read back from the store.

    Raises:
        NotFound: runs did not arrive.
    """
    if stored.target is Target.TRIAL:
        for item in items:
            for side, values in enumerate(item.sides):
                trial = stored.trial(item.key, side)
                yield Subject(
                    target=Target.TRIAL,
                    key=trial,
                    project=options.project,
                    experiment_id=stored.experiment,
                    item_id=stored.items[item.key],
                    trial_id=trial,
                    values=values,
                )
        return
    from evalwright.scoring import read_subjects

    api, column = options.api(), f"{stored.target.value}_id"
    for batch in _batched(items, IDS_A_REQUEST):
        wanted = f"{column} in ({', '.join(json.dumps(item.key) for item in batch)})"
        await_arrival(stored.target, wanted, len(batch), options)
        yield from read_subjects(api.get, target=stored.target, project=options.project, filter=wanted)


def await_arrival(target: Target, filter: str, count: int, options: Options) -> None:
    """Returns once that many traces or sessions can be read.

    Raises:
        NotFound: they cannot after ``ARRIVAL_S``.
    """
    path = "/traces" if target is Target.TRACE else "/sessions"
    until = time.monotonic() + ARRIVAL_S
    while True:
        found = len(options.api().get(path, filter=filter, limit=BATCH, **options.scope())["items"])
        if found >= count:
            return
        if time.monotonic() > until:
            raise NotFound(
                f"only {found} of {count} labelled {target.value}s can be read in project {options.project!r}",
                hint="are the trace files of the set whole? evalwright status shows what was taken in",
            )
        time.sleep(POLL_S)


def store_preferences(
    stored: Stored, items: Sequence[LabelledItem], spec: EvaluatorSpec, name: str, options: Options
) -> EvaluatorSpec:
    """Compares the verdicts on both sides of each pair, and stores which side was preferred as ``name``.

    Returns the spec under which preferences stand: the same version, another question.
    """
    api = options.api()
    derived = dataclasses.replace(
        spec,
        name=name,
        type=ScoreType.ORDINAL,
        labels=("second", "tie", "first"),
        description=f"Which of two answers has the better {spec.name}",
    )
    api.client.register_evaluator(derived, project=options.project)
    wanted = {"experiment_id": stored.experiment, "evaluator": spec.name, "evaluator_version": spec.version}
    verdicts: dict[str, Mapping[str, Any]] = {}
    for row in api.pages("/scores", **wanted, limit=BATCH, **options.scope()):
        verdicts.setdefault(row["trial_id"], row)
    about = {"name": name, "evaluator": name, "evaluator_version": spec.version, "source": "judge", "type": "ordinal"}
    rows = []
    for item in items:
        pair = [verdicts.get(stored.trial(item.key, side)) for side in (0, 1)]
        if pair[0] is not None and pair[1] is not None:
            unusable = next((each for each in pair if each["status"] != ScoreStatus.SCORED), None)  # type: ignore[index]
            said = _preference(pair[0]["value"], pair[1]["value"]) if unusable is None else _passed_on(unusable)
            rows.append({**place_of(stored, item, 0), **about, **said})
    for batch in _batched(rows):
        api.post("/scores", {"scores": batch}, **options.scope())
    return derived


def _preference(first: float, second: float) -> dict[str, Any]:
    if first == second:
        return {"label": "tie", "value": 0.5}
    return {"label": "first", "value": 1.0} if first > second else {"label": "second", "value": 0.0}


def _passed_on(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": row["status"], "reason": row["reason"]}


def _batched(rows: Iterable[Any], size: int = BATCH) -> Iterator[list[Any]]:
    every = iter(rows)
    while batch := list(itertools.islice(every, size)):
        yield batch
