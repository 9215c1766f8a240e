"""What every contender does alike: read its arguments, time its work, say what it took. No imports but Python's own."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable


def question(number: int) -> str:
    return f"Is {number} a good answer?"


def answer(number: int) -> str:
    return f"It is {number}."


def run(work: Callable[[str, int, int], Awaitable[None]], version: str = "") -> None:
    """Runs ``work(url, examples, concurrency)`` once and prints wall and CPU time without imports, and peak memory."""
    url, examples, concurrency = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    started, cpu = time.perf_counter(), time.process_time()
    asyncio.run(work(url, examples, concurrency))
    taken = {
        "wall_s": time.perf_counter() - started,
        "cpu_s": time.process_time() - cpu,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "version": version,
    }
    print(json.dumps(taken))
