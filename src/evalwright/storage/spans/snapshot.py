"""Snapshots of an embedded store while it runs: parts are never changed once written, so links to them are a copy.

The engine freezes a table by linking its parts into ``shadow``; what else the folder holds (names, table definitions)
is small and copied. Together they are a folder that opens like any other.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from evalwright.storage.spans.codec import decode_rows
from evalwright.storage.spans.engine import Engine

FROZEN: Final = "evalwright_snapshot"
_TABLES: Final = (
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name"
)
_LEFT_OUT: Final = frozenset({"shadow", "status", "tmp"})
_PART_DEPTH: Final = 3
"""``store/<first letters>/<id of a table>/<part>``."""


def take_snapshot(folder: Path, to: Path, engine: Engine) -> None:
    """Leaves the store of ``folder`` as it is now in ``to``, which must not exist and lie on the same disk.

    Nobody may write through ``engine`` meanwhile; merges may go on.
    """
    root = folder / "chdb"
    forget_snapshots(folder)
    try:
        for row in decode_rows(engine.query(_TABLES, {})):
            engine.command(f"ALTER TABLE {row['name']} FREEZE WITH NAME '{FROZEN}'")
        _copy_definitions(root, to / "chdb")
        _move_parts(root / "shadow" / FROZEN / "store", to / "chdb" / "store")
    finally:
        forget_snapshots(folder)


def forget_snapshots(folder: Path) -> None:
    """Removes what an interrupted snapshot left: links that would keep merged parts on the disk."""
    shutil.rmtree(folder / "chdb" / "shadow" / FROZEN, ignore_errors=True)


def _copy_definitions(root: Path, to: Path) -> None:
    for parent, folders, names in os.walk(root):
        inside = Path(parent).relative_to(root)
        (to / inside).mkdir(parents=True, mode=0o700)
        folders[:] = [name for name in folders if _holds_definitions(inside / name)]
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in (*names, *links):
            if name not in _LEFT_OUT or inside.parts:
                shutil.copy2(Path(parent) / name, to / inside / name, follow_symlinks=False)


def _holds_definitions(inside: Path) -> bool:
    """False for parts, which are frozen instead, for those set aside as damaged, and for what a start makes anew."""
    in_table = inside.parts[0] == "store" and len(inside.parts) > _PART_DEPTH
    return inside.parts[0] not in _LEFT_OUT and (not in_table or inside.name == "detached")


def _move_parts(frozen: Path, store: Path) -> None:
    for table in frozen.glob("*/*"):
        for part in table.iterdir():
            os.rename(part, store / table.relative_to(frozen) / part.name)
