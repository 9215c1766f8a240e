"""Rows of labelled sets as what an evaluator is asked and what people said of it."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.evaluators.recipes.recipe import Fit, Labelling, Shape, labelled_sets

Vote: TypeAlias = str | float

MAX_ROWS: Final = 200_000
PUBLISHED: Final = "published"
"""Who said it, where a set does not tell its people apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledItem:
    """One thing that people labelled.

    Attributes:
        key: unique within its set; for runs the trace or session id.
        group: what it must be split and resampled together with.
        sides: the arguments to judge it by: one, or one for each answer of a pair; none for a run, which is stored.
        votes: person -> label, or number.
        traces: of a run, where the labels name them.
    """

    key: str
    group: str
    votes: Mapping[str, Vote]
    sides: Sequence[Mapping[str, Any]] = field(default=())
    traces: Sequence[str] = ()


def read_items(fit: Fit, folder: Path) -> list[LabelledItem]:
    """Returns the labelled things of a set, in file order.

    Raises:
        NotFound: a file of the set is not in the folder, nor in a folder of it.
        InvalidInput: a line is no JSON object, or a label is none the recipe knows.
    """
    labelled = labelled_sets()[fit.set]
    rows = [row for name in labelled.files for row in read_rows(find_file(folder, name, labelled.source))]
    found = list(_runs(fit, rows) if labelled.shape is Shape.RUNS else _texts(fit, rows, labelled.shape))
    seen: Counter[str] = Counter()
    unique: list[LabelledItem] = []
    for item in found:
        seen[item.key] += 1
        key = item.key if seen[item.key] == 1 else f"{item.key}#{seen[item.key]}"
        unique.append(replace(item, key=key, group=item.group or key))
    return unique


def find_file(folder: Path, name: str, source: str = "") -> Path:
    """Returns the file of that name in a folder or in a folder of it.

    Raises:
        NotFound: there is none.
    """
    found = next((path for path in (folder / name, *sorted(folder.glob(f"*/{name}"))) if path.is_file()), None)
    if found is None:
        hint = f"the labels are those of {source}; docs/guides/calibration.md shows the rows" if source else ""
        raise NotFound(f"there is no file {name!r} in {str(folder)!r}", hint=hint)
    return found


def read_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Yields the objects of a file of JSON lines, plain or gzipped.

    Raises:
        InvalidInput: a line is no JSON object, or there are more than ``MAX_ROWS``.
    """
    opener = gzip.open if file.suffix == ".gz" else open
    try:
        with opener(file, "rb") as lines:
            for number, line in enumerate(filter(bytes.strip, lines), 1):
                if number > MAX_ROWS:
                    raise InvalidInput(f"{file.name!r} has over {MAX_ROWS:,} rows")
                yield _row(line, f"line {number} of {file.name!r}")
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"cannot read {str(file)!r}: {error}") from error


def _row(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"{where} is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise InvalidInput(f"{where} is not a JSON object")
    return row


def sample(items: Sequence[LabelledItem], limit: int, seed: int = 0) -> list[LabelledItem]:
    """Returns ``limit`` items drawn at random and spread over the groups; all of them for a limit of 0.

    Each group gives in proportion to its size, every item is as likely as any other, and a larger limit only adds: a
    second run with more goes on with the first. The order depends on keys and seed alone.
    """
    groups: defaultdict[str, list[LabelledItem]] = defaultdict(list)
    for item in items:
        groups[item.group].append(item)
    ranked: list[tuple[float, str, LabelledItem]] = []
    for group, members in groups.items():
        offset = _luck(seed, group)
        members.sort(key=lambda item: _luck(seed, item.key))
        ranked += [((place + offset) / len(members), item.key, item) for place, item in enumerate(members)]
    ordered = [item for _, _, item in sorted(ranked, key=lambda entry: entry[:2])]
    return ordered[:limit] if limit > 0 else ordered


def _luck(seed: int, text: str) -> float:
    digest = hashlib.sha256(f"{seed}\n{text}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def look_up(row: Any, path: str) -> Any:
    """Returns what stands at a dotted path, whose numbers are places in lists; None where there is nothing."""
    for key in path.split("."):
        if isinstance(row, Mapping):
            row = row.get(key)
        elif isinstance(row, list) and key.isdigit() and int(key) < len(row):
            row = row[int(key)]
        else:
            return None
    return row


def _texts(fit: Fit, rows: Sequence[Mapping[str, Any]], shape: Shape) -> Iterator[LabelledItem]:
    keys = fit.each if shape is Shape.ROWS and fit.each else ("",)
    sides = fit.each if shape is Shape.PAIRS else ("",)
    for number, row in enumerate(rows, 1):
        for key in keys:
            votes = _votes(_path(fit.labels.path, key), fit.labels, row, f"row {number} of {fit.set!r}")
            name = str(row.get("id") or number)
            yield LabelledItem(
                key=f"{name}:{key}" if key else name,
                group=group_of(fit, row),
                sides=[_values(fit, row, side or key) for side in sides],
                votes=votes,
            )


def _path(path: str, each: str) -> str:
    return path.replace("{each}", each)


def _values(fit: Fit, row: Mapping[str, Any], each: str) -> dict[str, Any]:
    found: dict[str, Any] = dict(fit.constants)
    for name, path in fit.values.items():
        if isinstance(path, str):
            found[name] = look_up(row, _path(path, each))
        else:
            found[name] = [value for part in path if (value := look_up(row, _path(part, each))) is not None]
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def votes_of(fit: Fit, row: Mapping[str, Any], where: str = "a row") -> Mapping[str, Vote]:
    """Returns what people said of a row."""
    return _votes(fit.labels.path, fit.labels, row, where)


def group_of(fit: Fit, row: Mapping[str, Any]) -> str:
    """Returns the group; a long text, such as the document itself, stands by its hash."""
    if fit.group is None:
        return ""
    text = str(look_up(row, fit.group.path) or "")
    match = re.search(fit.group.pattern, text) if fit.group.pattern else None
    text = match.group(1) if match else text
    return text if len(text) <= 80 else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _votes(path: str, labelling: Labelling, row: Mapping[str, Any], where: str) -> dict[str, Vote]:
    given = look_up(row, path)
    if isinstance(given, list):
        return {f"person-{n}": _vote(each, labelling, where) for n, each in enumerate(given, 1)}
    return {PUBLISHED: _vote(given, labelling, where)}


def _vote(given: Any, labelling: Labelling, where: str) -> Vote:
    number = float(given) if isinstance(given, int | float) else None
    if labelling.numbers and number is not None and not labelling.words:
        return number
    if labelling.under and number is not None:
        return next((label for cut, label in labelling.under if number < cut), labelling.rest)
    said = f"{number:g}" if number is not None and not isinstance(given, bool) else str(given)
    said = said.lower() if isinstance(given, bool) else said
    if said not in labelling.words:
        raise InvalidInput(f"{where} has the label {given!r}, which the recipe does not know")
    word = labelling.words[said]
    return float(word) if labelling.numbers else word


def _runs(fit: Fit, rows: Sequence[Mapping[str, Any]]) -> Iterator[LabelledItem]:
    if not fit.labels.marked:
        for number, row in enumerate(rows, 1):
            ids = row.get("trace_ids") or [row.get("trace_id")]
            key = str(row.get("session_id") if fit.target == "session" else ids[0])
            votes = _votes(fit.labels.path, fit.labels, row, f"row {number} of {fit.set!r}")
            yield LabelledItem(key=key, group=group_of(fit, row), votes=votes, traces=[each for each in ids if each])
        return
    marks: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        marks[str(row["trace_id"])].add(str(look_up(row, fit.labels.path)))
    for trace, given in marks.items():
        said = fit.labels.then if given & set(fit.labels.marked) else fit.labels.rest
        vote = float(said) if fit.labels.numbers else said
        yield LabelledItem(key=trace, group="", votes={PUBLISHED: vote}, traces=[trace])
