"""Memory of a process that takes in megabytes a request: kept at hand while it works, given back when it rests."""

from __future__ import annotations

import ctypes
import gc
import mmap
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_KEPT: Final = 512 << 20
_WORTH: Final = 16 << 20
_PERIOD_S: Final = 10.0
_STATM: Final = Path("/proc/self/statm")


def calm_collector() -> None:
    """Makes cyclic collection rare: intake makes many short-lived objects, none of them in cycles.

    With the defaults every few hundred spans set off a walk over all of them (15 % of intake's CPU). What was imported
    so far stays for good and is never walked again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def leave_out_dataframes() -> None:
    """Keeps chDB from importing pyarrow where it is installed: 35 MB for data frames that nothing here makes.

    Only for a process that does nothing but serve.
    """
    sys.modules.setdefault("pyarrow", cast(ModuleType, None))


class MemoryKeeper:
    """Stops the C library from handing freed memory back at once; does so itself when no requests come in.

    By default every body and every block of rows is mapped anew, and clearing its pages costs a tenth of intake's CPU.
    Does nothing where the C library is not glibc.
    """

    def __init__(self, answered: Callable[[], int]) -> None:
        """Takes how many intake requests were answered so far, which tells whether the process rests."""
        self._answered = answered
        self._libc = _glibc()
        self._stop = threading.Event()
        self._seen = -1
        self._floor = 0
        self._thread = threading.Thread(target=self._run, name="memory-keeper", daemon=True)

    def start(self) -> None:
        """Takes over."""
        if self._libc is not None:
            self._libc.mallopt(_M_MMAP_THRESHOLD, _KEPT)
            self._libc.mallopt(_M_TRIM_THRESHOLD, _KEPT)
            self._libc.malloc_trim(0)
            self._thread.start()

    def stop(self) -> None:
        """Ends the thread that watches."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def look(self) -> bool:
        """Gives memory back when nothing came in since the last look and there is some to give; True if it did."""
        answered = self._answered()
        rests, self._seen = answered == self._seen, answered
        if self._libc is None or not rests or resident_bytes() < self._floor + _WORTH:
            return False
        self._libc.malloc_trim(0)
        self._floor = resident_bytes()
        return True

    def _run(self) -> None:
        while not self._stop.wait(_PERIOD_S):
            self.look()


def resident_bytes() -> int:
    """Returns the memory of this process that is in RAM; 0 where that is not known."""
    try:
        return int(_STATM.read_text().split()[1]) * mmap.PAGESIZE
    except OSError:
        return 0


def _glibc() -> Any:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None
