"""The end of a process, also of one that ``multiprocessing`` made: those do not run ``atexit``."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from functools import cache
from multiprocessing import process, util


@cache
def at_end(finish: Callable[[], None]) -> None:
    """Has ``finish`` called once when this process ends by itself, and when a child it forks does.

    Args:
        finish: must live as long as the program, as a function of a module does.
    """
    if process.parent_process() is None:
        atexit.register(finish)
    else:
        _arm(finish)
    util.register_after_fork(finish, _arm)


def _arm(finish: Callable[[], None]) -> None:
    util.Finalize(None, finish, exitpriority=100)
