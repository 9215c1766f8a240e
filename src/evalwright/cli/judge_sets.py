"""Sets on which people and judges have spoken already become a dataset, labels, and recorded judges.

One experiment holds a set: a trial for each item, whose output is what was judged. People's labels and every judge's
verdict are scores of that trial. A pairwise set whose judges saw both orders has two trials an item, 0 as printed and
1 swapped; labels stand on both, and verdicts name the answer itself, not its place.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evalwright.cli.connect import segment
from evalwright.cli.options import Options
from evalwright.cli.output import emit_json, note
from evalwright.cli.progress import progress
from evalwright.domain.errors import InvalidInput

if TYPE_CHECKING:
    from evalwright.domain.evaluator import Outcome

LABEL: Final = "label"
"""Name of the score that holds people's label."""

BATCH: Final = 1000
MAX_ROWS: Final = 200_000
ORDERS: Final = ("12", "21")
CONTENT: Final = ("input", "context", "reference", "output", "output_1", "output_2")
_KNOWN: Final = frozenset({*CONTENT, "id", "set", "human", "judges"})


def import_judge_sets(files: Sequence[Path], options: Options) -> int:
    """Imports each file as one set; importing it again changes nothing."""
    made = [_import(file.name, rows, options) for file in files for rows in _sets(_read(file))]
    if options.json:
        emit_json({"items": made})
        return 0
    for each in made:
        note(
            f"{each['dataset']}: {each['items']} items, {each['labels']} labels, {each['verdicts']} verdicts"
            f" of {each['judges']} judges, {each['unreadable']} of them unreadable"
        )
    return 0


def _sets(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["set"], []).append(row)
    return list(found.values())


def _import(file: str, rows: Sequence[dict[str, Any]], options: Options) -> Mapping[str, Any]:
    name = str(rows[0]["set"])
    orders = ORDERS if any(_has_orders(row) for row in rows) else ("",)
    with progress(f"importing {file}", unit="scores") as report:
        items = _store_items(name, rows, options)
        experiment = _store_trials(name, rows, items, len(orders), options)
        judges = _register(rows, options)
        counts: Counter[str] = Counter()
        every = (score for row in rows for score in _scores(row, orders, experiment, items, judges, counts))
        for batch in _batched(every):
            options.api().post("/scores", {"scores": batch}, **options.scope())
            report(counts["labels"] + counts["verdicts"])
    options.api().post(f"/experiments/{experiment}/finish", {"status": "finished"}, **options.scope())
    shown = {key: counts[key] for key in ("labels", "verdicts", "unreadable")}
    return {"dataset": name, "experiment": experiment, "items": len(items), "judges": len(judges), **shown}


def _read(file: Path) -> list[dict[str, Any]]:
    """Returns the rows; a repeated id gets a number, so that no row is lost.

    Raises:
        InvalidInput: a line is no row of a judge set.
    """
    opener = gzip.open if file.suffix == ".gz" else open
    rows: list[dict[str, Any]] = []
    seen: Counter[tuple[str, str]] = Counter()
    plain = file.name.removesuffix(".gz").removesuffix(".jsonl").removesuffix(".json")
    try:
        with opener(file, "rb") as lines:
            for number, line in enumerate(filter(bytes.strip, lines), 1):
                if number > MAX_ROWS:
                    raise InvalidInput(f"{file.name!r} has over {MAX_ROWS:,} rows", hint="split it into several sets")
                row = _row(line, f"line {number} of {file.name!r}", plain)
                seen[row["set"], row["id"]] += 1
                again = seen[row["set"], row["id"]]
                rows.append(row if again == 1 else {**row, "id": f"{row['id']}#{again}"})
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidInput(f"{file.name!r} is not a whole gzip file: {error}") from error
    if not rows:
        raise InvalidInput(f"{file.name!r} holds no rows")
    return rows


def _row(line: bytes, where: str, file: str) -> dict[str, Any]:
    """Returns a row with text ids, the file's name where it names no set, and whatever else was left out empty."""
    try:
        row = json.loads(line, parse_constant=lambda _: None)  # data frames write NaN for a gap
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{where} is not JSON: {error}") from error
    human, judges = (row.get("human"), row.get("judges")) if isinstance(row, dict) else (None, None)
    parts = isinstance(human or {}, dict) and isinstance(judges or {}, dict)
    if not isinstance(row, dict) or row.get("id") in (None, "") or not (human or judges) or not parts:
        raise InvalidInput(f"{where} is no row of a judge set", hint="a row has id, set, human {label} and judges {}")
    said = {name: each if isinstance(each, dict) else {"label": each} for name, each in (judges or {}).items()}
    return {**row, "id": str(row["id"]), "set": str(row.get("set") or file), "human": human or {}, "judges": said}


def _has_orders(row: Mapping[str, Any]) -> bool:
    return any(map(_in_orders, row["judges"].values()))


def _in_orders(said: Mapping[str, Any]) -> bool:
    return any(f"label_order_{order}" in said for order in ORDERS)


def _store_items(name: str, rows: Sequence[Mapping[str, Any]], options: Options) -> Mapping[str, str]:
    """Returns item key -> id."""
    api = options.api()
    api.post("/datasets", {"name": name, "exist_ok": True, **options.scope()})
    path = f"/datasets/{segment(name)}/items"
    for batch in _batched(_item(row) for row in rows):
        api.post(path, {"items": batch}, **options.scope())
    return {item["key"]: item["id"] for item in api.pages(path, limit=BATCH, **options.scope())}


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in row.items() if key not in _KNOWN}
    content = {key: row[key] for key in CONTENT if row.get(key) is not None}
    return {
        "key": row["id"],
        "input": content or {"id": row["id"]},
        "expected": row["human"].get("label"),
        "metadata": metadata,
    }


def _store_trials(
    name: str, rows: Sequence[Mapping[str, Any]], items: Mapping[str, str], count: int, options: Options
) -> str:
    """Returns the id of the experiment that holds the set."""
    api = options.api()
    body = {
        "name": f"{name} recorded",
        "dataset": name,
        "trials": count,
        "description": "what people and judges said of the recorded outputs",
        "metadata": {"recorded": True, **({"orders": list(ORDERS)} if count == len(ORDERS) else {})},
    }
    experiment = str(api.post("/experiments", {**body, **options.scope()})["id"])
    trials = (_trial(row, index, experiment, items[row["id"]]) for row in rows for index in range(count))
    for batch in _batched(trials):
        api.post(f"/experiments/{experiment}/trials", {"trials": batch}, **options.scope())
    return experiment


def _trial(row: Mapping[str, Any], index: int, experiment: str, item: str) -> dict[str, Any]:
    output = row.get("output", {key: row[key] for key in ("output_1", "output_2") if key in row})
    identity = _trial_id(experiment, item, index)
    return {"id": identity, "item_id": item, "item_key": row["id"], "index": index, "output": output}


def _trial_id(experiment: str, item: str, index: int) -> str:
    return f"tr_{hashlib.sha256(f'{experiment} {item} {index}'.encode()).hexdigest()[:32]}"


def _register(rows: Sequence[Mapping[str, Any]], options: Options) -> Mapping[str, tuple[str, str, str]]:
    """Registers every judge of the set; returns its name in the file -> evaluator, version and type.

    A slash cannot be part of an evaluator's name; a colon stands for it.
    """
    from evalwright.domain.score import Target
    from evalwright.evaluators.recorded import RecordedJudge
    from evalwright.evaluators.recorded.rows import type_of

    found: dict[str, tuple[str, str, str]] = {}
    for name in dict.fromkeys(name for row in rows for name in row["judges"]):
        verdicts = {
            f"{row['id']} {order}": outcome
            for row in rows
            if name in row["judges"]
            for order, outcome in _outcomes(row["judges"][name])
        }
        called = name.replace("/", ":")
        judge = RecordedJudge(
            called,
            verdicts,
            type=type_of(verdicts.values()),
            target=Target.TRIAL,
            model=name.partition("/")[0],
            description=f"{len(verdicts)} verdicts recorded in the set {rows[0]['set']!r}",
        )
        options.api().client.register_evaluator(judge.spec, project=options.project)
        found[name] = called, judge.spec.version, judge.spec.type.value
    return found


def _outcomes(said: Mapping[str, Any]) -> Iterator[tuple[str, Outcome]]:
    """Yields (order, outcome); the order is empty for a judge that saw only one."""
    from evalwright.evaluators.recorded.rows import read_verdict

    if not _in_orders(said):
        yield "", read_verdict(said)
        return
    for order in ORDERS:
        yield order, read_verdict({"label": said.get(f"label_order_{order}"), "reason": said.get("reason")})


def _scores(
    row: Mapping[str, Any],
    orders: Sequence[str],
    experiment: str,
    items: Mapping[str, str],
    judges: Mapping[str, tuple[str, str, str]],
    counts: Counter[str],
) -> Iterator[dict[str, Any]]:
    item = items[row["id"]]
    for index, order in enumerate(orders):
        place = {"target": "trial", "experiment_id": experiment, "item_id": item}
        place["trial_id"] = _trial_id(experiment, item, index)
        for label in _labels(row["human"]):
            counts["labels"] += 1
            yield {**place, **label}
        for name, said in row["judges"].items():
            for seen, outcome in _outcomes(said):
                if seen in (order, ""):
                    counts["verdicts"] += 1
                    counts["unreadable"] += outcome.status.value == "errored"
                    yield {**place, **_verdict(judges[name], outcome, order)}


def _labels(human: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields each person's label where they are known one by one, else the label; and every human score by its name."""
    from evalwright.evaluators.recorded import label_text

    several = human.get("annotators")
    given = several if isinstance(several, list) and several else [human.get("label")]
    for number, label in enumerate(given, 1):
        if text := label_text(label):
            annotator = f"person-{number}" if several else "published"
            yield {"name": LABEL, "source": "human", "type": "categorical", "label": text, "annotator": annotator}
    scores = human.get("scores")
    for name, value in scores.items() if isinstance(scores, dict) else ():
        if isinstance(value, int | float) and math.isfinite(value):
            yield {"name": name, "source": "human", "type": "numeric", "value": float(value), "annotator": "published"}


def _verdict(judge: tuple[str, str, str], outcome: Outcome, order: str) -> dict[str, Any]:
    name, version, kind = judge
    return {
        **{"name": name, "evaluator": name, "evaluator_version": version, "type": kind, "source": "judge"},
        **{"status": outcome.status.value, "value": outcome.value, "label": outcome.label, "reason": outcome.reason},
        **{"explanation": outcome.explanation, "metadata": {"order": order} if order else {}},
    }


def _batched(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    every = iter(rows)
    while batch := list(itertools.islice(every, BATCH)):
        yield batch
