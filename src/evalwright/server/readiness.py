"""Whether the data folder can take another insert: asked often, tried rarely."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from evalwright.domain.errors import StoreUnavailable

ROOM_BYTES: Final = 4 * 2**20
"""What one insert and the merges behind it may need at once."""

KEPT_S: Final = 5.0
PROBE_FILE: Final = ".room"
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class RoomCheck:
    """Tries to reserve a few megabytes in the data folder, at most once in ``KEPT_S`` seconds. Thread-safe.

    Free space alone would not tell: quotas, read-only remounts and reserved blocks refuse a write that it promises.
    """

    def __init__(self, folder: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Takes the folder whose disk counts; touches nothing yet."""
        self._folder = folder
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._until = float("-inf")
        self._fault: OSError | None = None

    def __call__(self) -> None:
        """Returns only when the folder could be written within the last seconds.

        Raises:
            StoreUnavailable: it could not; the hint says what to do.
        """
        with self._lock:
            if self._monotonic() >= self._until:
                self._fault = _try_to_reserve(self._folder / PROBE_FILE)
                self._until = self._monotonic() + KEPT_S
            fault = self._fault
        if fault is not None:
            raise _explain(self._folder, fault)


def _try_to_reserve(file: Path) -> OSError | None:
    """Returns why ``ROOM_BYTES`` cannot be written, or None; nothing of the attempt is left."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            _reserve(descriptor)
        finally:
            os.close(descriptor)
            file.unlink(missing_ok=True)
    except OSError as fault:
        return fault
    return None


def _reserve(descriptor: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, ROOM_BYTES)
    elif os.write(descriptor, bytes(ROOM_BYTES)) < ROOM_BYTES:  # macOS has no such call
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _explain(folder: Path, fault: OSError) -> StoreUnavailable:
    if fault.errno in _NO_ROOM:
        return StoreUnavailable(
            "the disk of the data folder is full: nothing more can be stored",
            retry_after_s=KEPT_S,
            hint=f"free space or enlarge the disk of {folder.name!r}; it goes on by itself, and reads go on meanwhile",
        )
    return StoreUnavailable(
        f"the data folder cannot be written: {os.strerror(fault.errno or 0).lower()}",
        retry_after_s=KEPT_S,
        hint="check that the disk is mounted for writing and that the folder belongs to the server's user",
    )
