"""``evalwright backup`` and ``evalwright restore``: the whole data folder, whether or not a server runs on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalwright.cli.connect import segment
from evalwright.cli.options import Options
from evalwright.cli.output import emit_json, note
from evalwright.cli.progress import progress
from evalwright.domain.errors import InvalidInput

if TYPE_CHECKING:
    from evalwright.server.backup import Report
    from evalwright.settings import Settings


def backup(to: Path, *, data: Path | None = None, options: Options = Options()) -> None:
    """Copies everything the server keeps to a new folder, with checksums; the server may go on running.

    Run it on the server's machine, as a user who can read the data folder. A running server is asked for a snapshot
    over its API: with an admin key where it needs keys.

    Args:
        to: the folder to make; keep it as safe as the data, it holds the keys' pepper.
        data: the server's data folder, where it is not the default one.
    """

    def work(settings: Settings, report: Report) -> dict[str, Any]:
        from evalwright.server.backup import make_backup

        return make_backup(settings, to, report=report, server=_Server(options))

    _run("backing up", "wrote", data, options, work)


def restore(source: Path, *, data: Path | None = None, options: Options = Options()) -> None:
    """Puts a backup back after checking all of it. Refuses where there is data already.

    Args:
        source: the folder that `evalwright backup` made.
        data: the data folder to make, where it is not the default one.
    """
    from evalwright.server.backup import restore_backup

    _run(
        "restoring", "restored", data, options, lambda settings, report: restore_backup(settings, source, report=report)
    )


class _Server:
    """The running server's snapshots, over its API."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def take(self) -> str:
        name: str = self._options.api().post("/snapshots", {})["id"]
        return name

    def drop(self, name: str) -> None:
        self._options.api().delete(f"/snapshots/{segment(name)}")


def _run(
    doing: str,
    done: str,
    data: Path | None,
    options: Options,
    work: Callable[[Settings, Report], dict[str, Any]],
) -> None:
    try:
        from evalwright.server.configuration import read_settings
    except ImportError as error:
        raise InvalidInput(
            f"the server's dependencies are not installed: {error}", hint='pip install "evalwright[server]"'
        ) from error
    settings = read_settings(**({"data": data} if data else {}))
    with progress(doing, unit="files") as report:
        result = work(settings, report)
    if options.json:
        emit_json(result)
    else:
        note(f"{done} {result['folder']} ({result['files']:,} files, {result['bytes']:,} bytes)")
