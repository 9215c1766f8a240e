"""One process owns a data folder: a lock that dies with its holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from evalwright.domain.errors import StoreUnavailable


class FolderLock:
    """An exclusive lock on a folder; the file in it names the process that holds it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._handle: int | None = None

    def take(self) -> None:
        """Takes the lock, making the folder if need be.

        Raises:
            StoreUnavailable: another process holds it, or the folder cannot be opened.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"cannot open {str(self._folder)!r}: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise StoreUnavailable(
                f"process {holder} has {str(self._folder)!r} open",
                hint="one process owns a data folder: talk to the running server, or stop it first",
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Lets go. Safe to call twice."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
