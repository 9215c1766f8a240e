"""Progress of long commands: a bar with rate and ETA on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from evalwright.cli.output import err


class Report(Protocol):
    """Called with how much is done, how much there is (None: unknown) and a short remark."""

    def __call__(self, done: int, total: int | None = None, remark: str = "") -> None:
        """Reports."""
        ...


@contextmanager
def progress(title: str, *, unit: str) -> Iterator[Report]:
    """Shows the progress of one piece of work; yields the function that reports it."""
    if sys.stderr.isatty():
        with _bar(title, unit) as report:
            yield report
        return
    lines = _Lines(title, unit)
    yield lines
    lines.finish()


@contextmanager
def _bar(title: str, unit: str) -> Iterator[Report]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit + " {task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[remark]}", style="dim"),
    )
    started = time.monotonic()
    with Progress(*columns, console=err()) as bar:
        task = bar.add_task(title, total=None, rate="", remark="")

        def report(done: int, total: int | None = None, remark: str = "") -> None:
            rate = done / max(time.monotonic() - started, 1e-3)
            bar.update(task, completed=done, total=total, rate=f"{rate:,.0f}/s", remark=remark)

        yield report


class _Lines:
    """At most one plain line every five seconds, and one at the end."""

    def __init__(self, title: str, unit: str) -> None:
        self._title, self._unit = title, unit
        self._started = self._last = time.monotonic()
        self._state = (0, None, "")

    def __call__(self, done: int, total: int | None = None, remark: str = "") -> None:
        self._state = (done, total, remark)  # type: ignore[assignment]
        if time.monotonic() - self._last >= 5:
            self._last = time.monotonic()
            self._print()

    def finish(self) -> None:
        self._print()

    def _print(self) -> None:
        done, total, remark = self._state
        elapsed = max(time.monotonic() - self._started, 1e-3)
        of = f" of {total}" if total is not None else ""
        tail = f" ({remark})" if remark else ""
        sys.stderr.write(f"{self._title}: {done}{of} {self._unit}, {done / elapsed:,.0f}/s{tail}\n")
        sys.stderr.flush()
