"""Items to probe a judge with: from a file, a dataset, or what is stored."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from evalwright.cli.connect import segment
from evalwright.cli.options import Filtered, Options
from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Subject
from evalwright.domain.score import Target

if TYPE_CHECKING:
    from evalwright.evaluators.probes import ProbeItem

_PAIR: Final = {"1": "a", "2": "b", "0": "tie"}
_CLUSTERS: Final = ("cluster", "session_id", "group")


def from_file(path: Path, limit: int) -> list[ProbeItem]:
    """Returns the items of a file of JSON lines, plain or gzipped.

    Raises:
        InvalidInput: the file cannot be read, with the line.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as lines:
            return [probe_item(row, str(number)) for number, row in itertools.islice(_rows(lines, path.name), limit)]
    except (OSError, EOFError) as error:
        raise InvalidInput(f"cannot read {str(path)!r}: {error}") from error


def _rows(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidInput(f"line {number} of {name!r} is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise InvalidInput(f"line {number} of {name!r} is not a JSON object")
        yield number, row


def from_dataset(name: str, limit: int, options: Options) -> list[ProbeItem]:
    """Returns the items of a dataset; what stands in their metadata counts like a column of a file."""
    rows = options.api().pages(f"/datasets/{segment(name)}/items", limit=min(limit, 1000), **options.scope())
    return [probe_item({**(row.get("metadata") or {}), **row}, row["key"]) for row in itertools.islice(rows, limit)]


def from_store(target: Target, human: str, limit: int, filtered: Filtered, options: Options) -> list[ProbeItem]:
    """Returns stored spans, traces or sessions; with the human scores named ``human`` where there are some."""
    from evalwright.evaluators.probes import ProbeItem
    from evalwright.scoring import read_subjects

    api = options.api()
    subjects = read_subjects(api.get, target=target, project=options.project, limit=limit, **filtered.params())
    said = _human_scores(human, target, options) if human else {}
    return [
        ProbeItem(subject=subject, cluster=subject.session_id, human=said.get(subject.key), families=_authors(subject))
        for subject in subjects
    ]


def _authors(subject: Subject) -> Mapping[str, str]:
    """Returns the family of the model that spoke last; empty when no model did."""
    from evalwright.evaluators.calibration.family import model_family

    models = [step.span.model for step in subject.steps if step.span.model]
    return {"output": model_family(models[-1]) or models[-1]} if models else {}


def _human_scores(name: str, target: Target, options: Options) -> Mapping[str, str | float]:
    rows = options.api().pages("/scores", name=name, source="human", limit=1000, **options.scope())
    found = {str(row[f"{target.value}_id"]): row["label"] or row["value"] for row in rows if row["target"] == target}
    return {key: said for key, said in found.items() if said is not None}


def probe_item(row: Mapping[str, Any], key: str) -> ProbeItem:
    """Returns the item a row stands for.

    Columns: ``input``, ``output`` (``expected`` where there is none) or ``output_a`` and ``output_b`` (or ``_1``,
    ``_2``), ``context``, ``human``, ``model`` or ``model_a`` and ``model_b``, ``cluster``, ``key`` or ``id``.
    """
    from evalwright.evaluators.calibration.family import model_family
    from evalwright.evaluators.probes import ProbeItem

    values = {
        "input": row.get("input"),
        "output": row.get("output", row.get("expected")),
        "output_a": row.get("output_a", row.get("output_1")),
        "output_b": row.get("output_b", row.get("output_2")),
        "expected": row.get("expected", row.get("reference")),
        "context": row.get("context"),
        "metadata": {**row, **(row.get("metadata") or {})},
        "item": row,
    }
    models = {"output": row.get("model"), "a": row.get("model_a"), "b": row.get("model_b")}
    families = {side: model_family(str(model)) or str(model) for side, model in models.items() if model}
    paired = values["output_b"] is not None
    return ProbeItem(
        subject=Subject(
            target=Target.TRIAL,
            key=str(row.get("key") or row.get("id") or key),
            values={name: value for name, value in values.items() if value is not None},
        ),
        cluster=next((str(row[name]) for name in _CLUSTERS if row.get(name)), ""),
        human=human_verdict(row.get("human"), paired=paired),
        families=families,
    )


def human_verdict(given: Any, *, paired: bool) -> str | float | None:
    """Returns what people said: a label or a number, whether it stands alone or in ``{"label": ...}``."""
    said = given.get("label", given.get("score")) if isinstance(given, Mapping) else given
    if isinstance(said, bool):
        return "true" if said else "false"
    if paired and said is not None:
        return _PAIR.get(str(said), str(said))
    return said if isinstance(said, (str, int, float)) else None


def read_anchors(path: Path) -> Mapping[str, str | float]:
    """Returns the verdicts a file kept: ``{key: label or number}``.

    Raises:
        InvalidInput: the file cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str | float])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidInput(f"cannot read the anchors {str(path)!r}: {error}") from error


def with_anchors(items: list[ProbeItem], kept: Mapping[str, str | float], where: str) -> list[ProbeItem]:
    """Returns the items with the verdicts that were kept of them.

    Raises:
        InvalidInput: none of the items is among them.
    """
    if not any(item.subject.key in kept for item in items):
        raise InvalidInput(f"{where!r} keeps verdicts of none of these items")
    return [replace(item, anchor=kept.get(item.subject.key)) for item in items]
