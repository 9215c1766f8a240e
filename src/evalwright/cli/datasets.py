"""``evalwright datasets``: versioned examples from files or recorded spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cyclopts import App

from evalwright.cli.connect import segment
from evalwright.cli.options import Options
from evalwright.cli.output import Column, emit_json, emit_rows, note, one_line
from evalwright.cli.progress import progress

app = App(name="datasets", help="Create datasets and fill them from files or spans.")
BATCH = 1000

COLUMNS: Sequence[Column] = (
    ("name", lambda row: row["name"]),
    ("version", lambda row: row["version"]),
    ("items", lambda row: row["item_count"]),
    ("updated", lambda row: str(row["updated_time"])[:19]),
    ("description", lambda row: one_line(row["description"])[:60]),
    ("id", lambda row: row["id"]),
)
BECAME: Final = {
    "added": "new",
    "changed": "changed",
    "unchanged": "there already",
    "repeated": "with the input or key of another",
}
ITEMS: Sequence[Column] = (
    ("key", lambda row: row["key"]),
    ("split", lambda row: row["split"]),
    ("input", lambda row: one_line(row["input"])[:70]),
    ("expected", lambda row: one_line(row["expected"])[:40]),
)


@app.command(name="list")
def list_(*, limit: int = 50, cursor: str = "", options: Options = Options()) -> None:
    """Lists datasets.

    Example: evalwright datasets list
    """
    page = options.api().get("/datasets", limit=limit, cursor=cursor, **options.scope())
    hint = "no datasets; `evalwright datasets create NAME`, then `datasets import` or `datasets add`"
    emit_rows(page["items"], COLUMNS, as_json=options.json, more=page["next_cursor"], empty=hint)


@app.command
def create(name: str, *, description: str = "", exist_ok: bool = False, options: Options = Options()) -> None:
    """Creates an empty dataset; with --exist-ok one that is there already is left as it stands.

    Example: evalwright datasets create golden --description 'what must stay right'
    """
    body = {"name": name, "description": description, "exist_ok": exist_ok, **options.scope()}
    made = options.api().post("/datasets", body)
    emit_json(made) if options.json else note(f"created {made['name']} ({made['id']})")


@app.command
def show(
    name: str, *, version: int = 0, split: str = "", limit: int = 50, cursor: str = "", options: Options = Options()
) -> None:
    """Shows the items of a dataset, of its newest version unless told otherwise.

    Example: evalwright datasets show golden --limit 10
    """
    wanted = {"version": version, "split": split, "limit": limit, "cursor": cursor, **options.scope()}
    page = options.api().get(f"/datasets/{segment(name)}/items", **wanted)
    emit_rows(page["items"], ITEMS, as_json=options.json, more=page["next_cursor"], empty="the dataset has no items")


@app.command
def add(name: str, *, filter: str, limit: int = 1000, options: Options = Options()) -> None:
    """Adds the spans that match a filter as items, each with a link to where it came from.

    Example: evalwright datasets add golden --filter 'is_root and score("task_completion") < 0.5'
    """
    body = {"from_spans": {"filter": filter, "limit": limit}}
    made = options.api().post(f"/datasets/{segment(name)}/items", body, **options.scope())
    if options.json:
        emit_json(made)
        return
    note(f"{_held(made)}; spans that matched: {_became(made)}")
    if made["more"]:
        note(f"more spans match than --limit {limit}: raise it to add them too")


@app.command(name="import")
def import_(name: str, path: Path, *, options: Options = Options()) -> None:
    """Adds items from a JSONL or CSV file; columns input, expected, key, split, tags, metadata are read by name.

    Example: evalwright datasets import golden golden.jsonl

    A file without an input column becomes items whose input is the whole row.
    """
    from evalwright.cli.item_files import read_items

    made: dict[str, Any] = {}
    became: Counter[str] = Counter()
    with progress(f"importing {path.name}", unit="items") as report:
        for batch in read_items(path, BATCH):
            made = options.api().post(f"/datasets/{segment(name)}/items", {"items": batch}, **options.scope())
            became.update({name: made[name] for name in ("given", *BECAME)})
            report(became["given"])
    if not made:
        note(f"{path} holds no rows; nothing was added")
        return
    emit_json({**made, **became}) if options.json else note(f"{_held(made)}; rows: {_became(became)}")


def _held(made: Mapping[str, Any]) -> str:
    return f"{made['name']} v{made['version']}: {made['item_count']} items"


def _became(counts: Mapping[str, int]) -> str:
    said = [f"{counts[name]} {word}" for name, word in BECAME.items() if counts[name]]
    return f"{counts['given']} ({', '.join(said)})" if said else "none"


@app.command
def export(name: str, to: Path, *, version: int = 0, options: Options = Options()) -> None:
    """Writes the items of a dataset to a JSONL file.

    Example: evalwright datasets export golden golden.jsonl
    """
    import msgspec

    with to.open("wb") as file, progress(f"exporting {name}", unit="items") as report:
        pages = options.api().pages(f"/datasets/{segment(name)}/items", version=version, limit=1000, **options.scope())
        for count, item in enumerate(pages, 1):
            file.write(msgspec.json.encode(item) + b"\n")
            report(count)
