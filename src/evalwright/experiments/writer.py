"""Storing trials as they finish."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from evalwright.domain.experiment import Experiment
from evalwright.experiments.progress import Progress
from evalwright.sdk.client import AsyncClient

BATCH: Final = 20
LONGEST_UNSAVED_S: Final = 1.0


class Writer:
    """Stores finished trials in small batches, and tells of progress."""

    def __init__(
        self,
        client: AsyncClient,
        experiment: Experiment,
        done: int,
        total: int,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._client = client
        self._experiment = experiment
        self._done = done
        self._total = total
        self._failed = 0
        self._progress = progress
        self._waiting: list[dict[str, Any]] = []
        self._last_save = time.monotonic()
        self._tell()

    async def add(self, record: dict[str, Any]) -> None:
        """Takes a finished trial; at most a second or a batch of them is ever unsaved."""
        self._waiting.append(record)
        self._done += 1
        self._failed += record["status"] != "ok"
        self._tell()
        if len(self._waiting) >= BATCH or time.monotonic() - self._last_save >= LONGEST_UNSAVED_S:
            await self.flush()

    async def flush(self) -> None:
        """Stores what is waiting; on failure it stays waiting."""
        batch, self._waiting = self._waiting, []
        self._last_save = time.monotonic()
        if not batch:
            return
        try:
            await self._client.add_trials(self._experiment.id, batch)
        except BaseException:
            self._waiting = batch + self._waiting
            raise

    def _tell(self) -> None:
        if self._progress:
            self._progress(
                Progress(experiment=self._experiment, done=self._done, total=self._total, failed=self._failed)
            )
