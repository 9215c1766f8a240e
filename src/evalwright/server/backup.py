"""Backups of a data folder: everything in it, with checksums, of one moment; put back only where there is nothing.

While a server runs, the copy is made from a snapshot that the server takes. A backup is a plain folder: the data
folder's files under ``data`` and a manifest that is written last, so that a copy that was cut off is never mistaken
for a backup.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from evalwright.domain.errors import EvalwrightError, InvalidInput, StoreUnavailable
from evalwright.server.snapshots import FOLDER as SNAPSHOTS
from evalwright.settings import Settings
from evalwright.storage.spans import FolderLock

MANIFEST: Final = "evalwright-backup.json"
CONTENT: Final = "data"
FORMAT: Final = 1
BLOCK: Final = 1 << 20

Report = Callable[[int, int | None], object]


class Snapshooter(Protocol):
    """The server that runs on the data folder, asked over its API."""

    def take(self) -> str:
        """Makes the server take a snapshot and returns its name."""
        ...

    def drop(self, name: str) -> None:
        """Makes the server remove it."""
        ...


def make_backup(settings: Settings, to: Path, *, report: Report, server: Snapshooter | None = None) -> dict[str, Any]:
    """Copies the data folder to a new folder and returns what it wrote.

    Args:
        settings: say where the data is.
        to: the folder to make.
        report: told how many files are copied.
        server: asked for a snapshot when a process holds the folder; without it such a folder is refused.

    Raises:
        InvalidInput: ``to`` exists or lies inside the data folder, there is no data, the stores are servers, or
            ``server`` keeps its data elsewhere.
        StoreUnavailable: the folder is in use and no server helps, another backup is running, or a disk refuses.
    """
    data = settings.data.absolute()
    _check_embedded(settings)
    if not (data / "spans").is_dir():
        raise InvalidInput(f"there is no data in {str(data)!r}", hint="name the server's folder with --data")
    target = to.absolute()
    if target.exists() or target.is_relative_to(data):
        raise InvalidInput(
            f"{str(to)!r} exists or lies inside the data folder", hint="name a folder that does not exist"
        )
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_held(data / "spans"))
            source = data
        except StoreUnavailable as held:
            if server is None:
                raise
            source = stack.enter_context(_snapshot(data, server, held))
        files = _copy_into(source, target, report)
    return {"folder": str(target), "files": len(files), "bytes": sum(each["bytes"] for each in files)}


def restore_backup(settings: Settings, backup: Path, *, report: Report) -> dict[str, Any]:
    """Checks every file of a backup, then puts it where the data folder is to be. It never overwrites anything.

    Raises:
        InvalidInput: no whole backup, a file that is missing or changed, or a data folder that is not empty.
    """
    data = settings.data.absolute()
    _check_embedded(settings)
    files = _read_manifest(backup)
    if data.exists() and any(data.iterdir()):
        raise InvalidInput(
            f"the data folder {str(data)!r} is not empty", hint="move it away first, or name another with --data"
        )
    _check_files(backup / CONTENT, files)
    part = data.with_name(f".{data.name}.restoring")
    shutil.rmtree(part, ignore_errors=True)
    try:
        for done, (source, relative) in enumerate(_walk(backup / CONTENT), 1):
            _copy(source, part / relative)
            report(done, None)
        part.chmod(0o700)
        os.replace(part, data)
        _sync_folder(data.parent)
    except OSError as error:
        raise StoreUnavailable(f"cannot restore to {str(data)!r}: {error.strerror}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return {"folder": str(data), "files": len(files), "bytes": sum(each["bytes"] for each in files)}


def _check_embedded(settings: Settings) -> None:
    if settings.spans_url.get_secret_value() or settings.records_url.get_secret_value():
        raise InvalidInput(
            "the stores are named by URL, not kept in the data folder", hint="back them up with their own tools"
        )


@contextmanager
def _snapshot(data: Path, server: Snapshooter, held: StoreUnavailable) -> Iterator[Path]:
    """Yields a snapshot of a data folder that a server holds; the server removes it afterwards."""
    with _held(data / SNAPSHOTS):
        try:
            name = server.take()
        except StoreUnavailable as away:
            raise StoreUnavailable(
                f"{held.message}, and its server cannot help: {away.message}",
                hint="say where it listens with --server, or stop it first",
            ) from away
        try:
            folder = data / SNAPSHOTS / name
            if not folder.is_dir():
                raise InvalidInput(
                    f"the server keeps its data elsewhere than in {str(data)!r}",
                    hint="name its folder with --data, or its address with --server",
                )
            yield folder
        finally:
            with contextlib.suppress(EvalwrightError):  # a server that is gone removes it at its next start
                server.drop(name)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    lock = FolderLock(folder)
    lock.take()
    try:
        yield
    finally:
        lock.release()


def _copy_into(data: Path, target: Path, report: Report) -> list[dict[str, Any]]:
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    files = []
    try:
        part.mkdir(parents=True, mode=0o700)
        for source, relative in _walk(data):
            _copy(source, part / CONTENT / relative)
            if not source.is_symlink() and source.is_file():
                copied = part / CONTENT / relative
                files.append({"path": str(relative), "bytes": copied.stat().st_size, "sha256": _digest(copied)})
            report(len(files), None)
        manifest = part / MANIFEST
        manifest.write_text(json.dumps({"format": FORMAT, "files": files}), encoding="utf-8")
        _sync(manifest)
        os.rename(part, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise StoreUnavailable(f"cannot write the backup: {error.strerror}", hint="the data is untouched") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return files


def _walk(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yields (path, path inside the folder) of all that is in it; symbolic links are not followed, locks left out."""
    for parent, folders, names in os.walk(folder):
        if Path(parent) == folder:
            folders[:] = [name for name in folders if name != SNAPSHOTS]
        for name in sorted((*folders, *names)):
            path = Path(parent) / name
            relative = path.relative_to(folder)
            if relative != Path("spans/lock"):
                yield path, relative


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if source.is_symlink():
        to.symlink_to(os.readlink(source))
    elif source.is_dir():
        to.mkdir(exist_ok=True, mode=0o700)
    elif source.is_file():
        shutil.copy2(source, to)
        _sync(to)


def _read_manifest(backup: Path) -> list[dict[str, Any]]:
    try:
        manifest = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
        files: list[dict[str, Any]] = manifest["files"]
        known = manifest["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"{str(backup)!r} is no whole backup", hint="name the folder that was backed up to"
        ) from error
    if not known:
        raise InvalidInput(f"{str(backup)!r} was made by a newer version", hint="upgrade evalwright first")
    return files


def _check_files(content: Path, files: list[dict[str, Any]]) -> None:
    held = {str(relative) for path, relative in _walk(content) if path.is_file() and not path.is_symlink()}
    stray = held ^ {str(each["path"]) for each in files}
    if stray:
        raise InvalidInput(f"the backup and its list differ in {sorted(stray)[0]!r}", hint="use another backup")
    for each in files:
        if _digest(content / each["path"]) != each["sha256"]:
            raise InvalidInput(f"the backup's file {each['path']!r} is damaged", hint="use another backup")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
