"""The runner: many subjects through several evaluators at once, in bounded memory, safe to stop at any moment."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, TypeAlias

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Evaluator, Outcome, Subject
from evalwright.domain.score import Score, ScoreStatus, ScoreType
from evalwright.scoring.report import RunReport, Tally

Sink: TypeAlias = Callable[[Sequence[Score]], "Awaitable[object] | object"]
"""Stores a batch durably; sync or async. An error of it ends the run."""

Progress: TypeAlias = Callable[[int, "int | None", str], object]
"""Called with how many subjects are done, how many there are (None: unknown) and a short remark."""

_CHUNK: Final = 32


async def score_subjects(
    evaluators: Sequence[Evaluator],
    source: AsyncIterator[Subject] | Iterable[Subject],
    sink: Sink,
    *,
    concurrency: int = 32,
    batch_size: int = 500,
    already: Mapping[str, AbstractSet[str]] | None = None,
    total: int | None = None,
    on_progress: Progress | None = None,
    now_ns: Callable[[], int] = time.time_ns,
) -> RunReport:
    """Judges every subject with every evaluator and hands the scores to ``sink``.

    Cancelled (Ctrl-C) or failing, it first hands over what is judged, so a second run with the keys now in ``already``
    repeats nothing. Every pair of subject and evaluator ends in exactly one of the four counts or in ``already``.

    Args:
        evaluators: with different names.
        source: subjects; a blocking iterable is read in a thread.
        sink: stores a batch of scores.
        concurrency: subjects judged at once.
        batch_size: scores handed over at once, at most.
        already: evaluator name -> keys not to judge again.
        total: how many subjects there will be, where known; for progress only.
        on_progress: called after each subject.
        now_ns: wall clock for the scores' time.

    Raises:
        InvalidInput: two evaluators share a name, or there is none.
    """
    names = [evaluator.spec.name for evaluator in evaluators]
    if not names or len(set(names)) < len(names):
        raise InvalidInput(f"evaluators must have different names and there must be one, not {names!r}")
    run = _Run(evaluators, sink, batch_size, already or {}, now_ns)
    started = time.perf_counter()
    try:
        await _work(run, source, concurrency, total, on_progress)
    finally:
        # Shielded: a second Ctrl-C may stop the wait, not the write itself.
        await asyncio.shield(run.flush())
    return RunReport(
        subjects=run.subjects,
        written=run.written,
        elapsed_s=time.perf_counter() - started,
        evaluators=tuple(tally.report() for tally in run.tallies),
    )


class _Run:
    """State of one run."""

    def __init__(
        self,
        evaluators: Sequence[Evaluator],
        sink: Sink,
        batch_size: int,
        already: Mapping[str, AbstractSet[str]],
        now_ns: Callable[[], int],
    ) -> None:
        self.subjects = 0
        self.written = 0
        self.tallies = [Tally(name=e.spec.name, version=e.spec.version) for e in evaluators]
        self._evaluators = evaluators
        self._sink = sink
        self._batch_size = batch_size
        self._already = already
        self._now_ns = now_ns
        self._ready: list[Score] = []

    async def judge(self, subject: Subject) -> None:
        """Judges one subject with every evaluator."""
        await asyncio.gather(
            *(self._judge_with(e, t, subject) for e, t in zip(self._evaluators, self.tallies, strict=True))
        )
        self.subjects += 1
        if len(self._ready) >= self._batch_size:
            await self.flush()

    async def _judge_with(self, evaluator: Evaluator, tally: Tally, subject: Subject) -> None:
        if subject.key in self._already.get(evaluator.spec.name, ()):
            tally.already += 1
            return
        for name, kind, outcome in await _evaluate(evaluator, subject):
            tally.add(outcome)
            self._ready.append(to_score(subject, evaluator, name, kind, outcome, self._now_ns()))

    async def flush(self) -> None:
        """Hands over all scores that are ready."""
        while self._ready:
            batch, self._ready = self._ready[: self._batch_size], self._ready[self._batch_size :]
            try:
                await _hand_over(self._sink, batch)
            except BaseException:
                self._ready = batch + self._ready
                raise
            self.written += len(batch)


async def _hand_over(sink: Sink, batch: Sequence[Score]) -> None:
    if inspect.iscoroutinefunction(sink):
        await sink(batch)
        return
    result = await asyncio.to_thread(sink, batch)
    if inspect.isawaitable(result):
        await result


async def _evaluate(evaluator: Evaluator, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
    try:
        return await evaluator.evaluate(subject)
    except Exception as error:  # an evaluator that breaks its promise costs its own score, not the run
        outcome = Outcome(status=ScoreStatus.ERRORED, reason=f"{type(error).__name__}: {error}")
        return [(evaluator.spec.name, evaluator.spec.type, outcome)]


async def _work(
    run: _Run,
    source: AsyncIterator[Subject] | Iterable[Subject],
    concurrency: int,
    total: int | None,
    on_progress: Progress | None,
) -> None:
    queue: asyncio.Queue[Subject | None] = asyncio.Queue(maxsize=concurrency)

    async def worker() -> None:
        while (subject := await queue.get()) is not None:
            await run.judge(subject)
            if on_progress is not None:
                on_progress(run.subjects, total, "")

    async def feed() -> None:
        async for subject in _stream(source):
            await queue.put(subject)
        for _ in range(concurrency):
            await queue.put(None)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(feed())
            for _ in range(concurrency):
                group.create_task(worker())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _stream(source: AsyncIterator[Subject] | Iterable[Subject]) -> AsyncIterator[Subject]:
    if isinstance(source, AsyncIterator):
        async for subject in source:
            yield subject
        return
    iterator: Iterator[Subject] = iter(source)
    while chunk := await asyncio.to_thread(lambda: list(itertools.islice(iterator, _CHUNK))):
        for subject in chunk:
            yield subject


def to_score(
    subject: Subject, evaluator: Evaluator, name: str, kind: ScoreType, outcome: Outcome, now_ns: int
) -> Score:
    """Returns the score of one outcome. Its id is empty: who stores it derives one from what it is about."""
    return Score(
        id="",
        project=subject.project,
        target=subject.target,
        name=name,
        type=kind,
        source=evaluator.source,
        status=outcome.status,
        value=outcome.value if outcome.status is ScoreStatus.SCORED else None,
        label=outcome.label,
        explanation=outcome.explanation,
        evidence=tuple(outcome.evidence),
        reason=outcome.reason,
        trace_id=subject.trace_id,
        span_id=subject.span_id,
        session_id=subject.session_id,
        experiment_id=subject.experiment_id,
        item_id=subject.item_id,
        trial_id=subject.trial_id,
        evaluator=evaluator.spec.name,
        evaluator_version=evaluator.spec.version,
        cost=outcome.cost,
        latency_ms=outcome.latency_ms,
        judge_trace_id=outcome.judge_trace_id,
        metadata=dict(outcome.metadata),
        created_ns=now_ns,
    )
