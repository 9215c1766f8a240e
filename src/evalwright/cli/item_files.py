"""Dataset items from files people have: JSON lines and CSV."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from evalwright.domain.errors import InvalidInput

FIELDS: Final = ("input", "expected", "key", "split", "tags", "metadata")


def read_items(path: Path, batch_size: int) -> Iterator[list[dict[str, Any]]]:
    """Yields items in batches, without holding the file in memory.

    Raises:
        InvalidInput: unknown ending, or a row that cannot be read (with its line number).
    """
    readers = {".jsonl": _json_lines, ".ndjson": _json_lines, ".csv": _csv_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InvalidInput(f"cannot read items from {path.name!r}", hint="use a .jsonl or .csv file")
    rows = (item_of(row) for row in reader(path))
    while batch := list(itertools.islice(rows, batch_size)):
        yield batch


def item_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row as an item: known columns by name, the rest as metadata; no ``input`` makes the row the input."""
    if "input" not in row:
        return {"input": dict(row)}
    item = {name: row[name] for name in FIELDS if row.get(name) not in (None, "")}
    item.setdefault("input", row["input"])
    rest = {name: value for name, value in row.items() if name not in FIELDS}
    metadata = item.get("metadata")
    merged = {**rest, **(metadata if isinstance(metadata, Mapping) else {"metadata": metadata} if metadata else {})}
    if isinstance(item.get("tags"), str):
        item["tags"] = [tag.strip() for tag in item["tags"].split(",") if tag.strip()]
    return {**item, "metadata": merged} if merged else item


def _json_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = msgspec.json.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise InvalidInput(f"line {number} of {path.name!r} is not JSON: {error}") from error
            if not isinstance(row, dict):
                raise InvalidInput(f"line {number} of {path.name!r} is not a JSON object")
            yield row


def _csv_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = csv.DictReader(file)
        if not rows.fieldnames:
            raise InvalidInput(f"{path.name!r} has no header line")
        for row in rows:
            if None in row:
                raise InvalidInput(f"line {rows.line_num} of {path.name!r} has more cells than the header")
            yield {name: value for name, value in row.items() if value is not None}
