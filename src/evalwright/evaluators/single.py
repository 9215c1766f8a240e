"""What evaluators with one score have in common: who they are, how long they took, and that they never raise."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from evalwright.domain.evaluator import EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import ScoreSource, ScoreType
from evalwright.evaluators.result import errored


class OneScore(ABC):
    """Base of evaluators that give one outcome for a subject. A subclass sets ``_spec`` and says the outcome."""

    _spec: EvaluatorSpec
    _source: ClassVar[ScoreSource] = ScoreSource.JUDGE
    _timed: ClassVar[bool] = True
    """Whether giving the verdict takes time that is worth telling."""

    @property
    def spec(self) -> EvaluatorSpec:
        """Identity and shape; the version covers all that decides a verdict."""
        return self._spec

    @property
    def source(self) -> ScoreSource:
        """Who its scores say has judged."""
        return self._source

    async def evaluate(self, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
        """Returns the one verdict and the time it took; never raises for what the subject or a model does."""
        started = time.perf_counter()
        try:
            outcome = await self._outcome(subject)
        except Exception as error:  # what nobody foresaw costs this verdict, not the run
            outcome = errored(f"{type(error).__name__}: {error}"[:1000])
        if self._timed:
            outcome = replace(outcome, latency_ms=(time.perf_counter() - started) * 1000)
        return [(self._spec.name, self._spec.type, outcome)]

    @abstractmethod
    async def _outcome(self, subject: Subject) -> Outcome: ...
