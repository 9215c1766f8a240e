"""Running an experiment: every trial that has no result yet, stored as it finishes."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, ParamSpec

from evalwright.domain.dataset import Item
from evalwright.domain.errors import EvalwrightError, InvalidInput, NotFound
from evalwright.domain.evaluator import Evaluator
from evalwright.domain.experiment import Experiment
from evalwright.experiments.capture import capture
from evalwright.experiments.result import ExperimentResult
from evalwright.experiments.task import BoundTask, Task
from evalwright.experiments.trial import TrialRun
from evalwright.sdk import tracing
from evalwright.sdk.client import AsyncClient, Client
from evalwright.sdk.connection import Connection
from evalwright.sdk.retries import Retries

P = ParamSpec("P")

_BATCH: Final = 20
_LONGEST_UNSAVED_S: Final = 1.0
_PAGE: Final = 1_000
_RETRIES: Final = 8  # about a minute: a server that restarts does not end a long run


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is; ``done`` counts trials of earlier runs too."""

    experiment: Experiment
    done: int
    total: int
    failed: int


async def aexperiment(
    task: Task,
    *,
    dataset: str,
    evaluators: Sequence[Evaluator] = (),
    trials: int = 1,
    name: str = "",
    dataset_version: int = 0,
    split: str = "",
    concurrency: int = 16,
    timeout_s: float = 300.0,
    evaluator_timeout_s: float = 300.0,
    description: str = "",
    metadata: Mapping[str, Any] | None = None,
    project: str = "",
    client: Client | AsyncClient | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ExperimentResult:
    """Runs a task over every item of a dataset, several times each, and judges what comes out.

    Each trial is a trace and is stored as it finishes: a run that was killed goes on where it stopped when it is
    started again under the same ``name``. A trial that fails or takes too long is a result, not a gap.

    Args:
        task: takes an item's input, or parameters named ``input``, ``expected``, ``metadata``, ``item``; sync or async.
        dataset: name or id.
        evaluators: judges of every trial.
        trials: repeats of each item.
        name: of the experiment; made up when empty.
        dataset_version: 0 for the newest, or the one that an unfinished run of this name began with.
        split: only items of this split.
        concurrency: trials at a time.
        timeout_s: for one call of the task.
        evaluator_timeout_s: for one judgement.
        description: what is being tried.
        metadata: such as the prompt version and git commit.
        project: else the client's, else that of ``init``, else ``EVALWRIGHT_PROJECT``.
        client: where to store; else what the ``EVALWRIGHT_*`` environment says.
        progress: called with a ``Progress`` after each trial.

    Raises:
        InvalidInput: the task cannot take an item, or an option makes no sense.
        NotFound: there is no such dataset.
        Conflict: an experiment of this name ran on another version or number of trials.
        StoreUnavailable: the server cannot be reached; what was stored stays.
    """
    bound = BoundTask(task)
    _check(evaluators, concurrency, timeout_s)
    async with _own_client(client, project) as own:
        _trace_to(own)
        described = {"description": description, "metadata": metadata or {}}
        judges = [_with_model(evaluator) for evaluator in evaluators]
        started = await _start(own, bound, name, dataset, dataset_version, trials, judges, described)
        limits = {"timeout_s": timeout_s, "evaluator_timeout_s": evaluator_timeout_s}
        run = TrialRun(experiment=started, task=bound, evaluators=judges, capture=capture(), **limits)
        try:
            await _run_missing(own, run, split, concurrency, progress)
        finally:
            await _hang_up(judges)
        await asyncio.to_thread(tracing.flush, 10.0)
        return await ExperimentResult.read(own, started.id)


def _own_client(given: Client | AsyncClient | None, project: str) -> AsyncClient:
    """Returns a client for this run's event loop, to the server of the given one."""
    at = given.connection if given else tracing.active_connection() or Connection.of()
    retries = Retries(attempts=_RETRIES)
    return AsyncClient(endpoint=at.endpoint, api_key=at.api_key, project=project or at.project, retries=retries)


def _blocking(run: Callable[P, Coroutine[Any, Any, ExperimentResult]]) -> Callable[P, ExperimentResult]:
    def experiment(*args: P.args, **kwargs: P.kwargs) -> ExperimentResult:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(run(*args, **kwargs))
        # A notebook runs a loop of its own here, which cannot be entered again.
        with ThreadPoolExecutor(1, thread_name_prefix="evalwright-experiment") as beside:
            return beside.submit(lambda: asyncio.run(run(*args, **kwargs))).result()

    experiment.__doc__ = run.__doc__
    return experiment


experiment = _blocking(aexperiment)
"""``aexperiment`` for programs without an event loop."""


async def _hang_up(evaluators: Sequence[Evaluator]) -> None:
    """Closes the connections of judges: they belong to the event loop of this run, which may end with it."""
    from evalwright.evaluators import Judge

    for evaluator in evaluators:
        if isinstance(evaluator, Judge):
            await evaluator.aclose()


def _with_model(evaluator: Evaluator) -> Evaluator:
    """A judge that was given no model asks the one that the environment names."""
    from evalwright.evaluators import Judge

    if not (isinstance(evaluator, Judge) and evaluator.needs_client):
        return evaluator
    from evalwright.providers.environment import chat_model, judge_model

    client = chat_model()
    return evaluator.using(model=judge_model(), client=client) if client else evaluator


def _check(evaluators: Sequence[Evaluator], concurrency: int, timeout_s: float) -> None:
    names = [evaluator.spec.name for evaluator in evaluators]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(f"two evaluators are named {twice[0]!r}", hint="give one of them another name")
    if concurrency < 1 or timeout_s <= 0:
        raise InvalidInput(
            f"concurrency {concurrency} with timeout {timeout_s} s runs nothing", hint="use positive numbers"
        )


def _trace_to(client: AsyncClient) -> None:
    """Sends the trials' traces where their results go, unless the program already sends its spans somewhere."""
    if tracing.active_connection() is None:
        where = client.connection
        tracing.init(where.project, endpoint=where.endpoint, api_key=where.api_key)


async def _start(
    client: AsyncClient,
    task: BoundTask,
    name: str,
    dataset: str,
    version: int,
    trials: int,
    evaluators: Sequence[Evaluator],
    described: Mapping[str, Any],
) -> Experiment:
    if name and not version:
        version = await _version_to_resume(client, name, dataset)
    for each in evaluators:
        await client.register_evaluator(each.spec)
    return await client.create_experiment(
        name or f"{task.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        dataset=dataset,
        dataset_version=version,
        trials=trials,
        evaluators={each.spec.name: each.spec.version for each in evaluators},
        **described,
    )


async def _version_to_resume(client: AsyncClient, name: str, dataset: str) -> int:
    """Returns the dataset version an experiment of this name began with while it is unfinished; 0 for a new one."""
    try:
        held = await client.get_experiment(name)
    except NotFound:
        return 0
    unfinished = held.status == "running" and dataset in (held.dataset_id, held.dataset_name)
    return held.dataset_version if unfinished else 0


async def _run_missing(
    client: AsyncClient,
    run: TrialRun,
    split: str,
    concurrency: int,
    progress: Callable[[Progress], None] | None,
) -> None:
    held = run.experiment
    listing: dict[str, Any] = {"version": held.dataset_version, "split": split, "limit": _PAGE}
    items = [item async for item in client.iterate(client.list_items, held.dataset_id, **listing)]
    stored = client.iterate(client.list_trials, held.id, limit=_PAGE)
    done = {(trial.item_id, trial.index) async for trial in stored}
    wanted = [(item, index) for index in range(held.trials) for item in items]
    missing = [(item, index) for item, index in wanted if (item.id, index) not in done]
    writer = _Writer(client, held, len(wanted) - len(missing), len(wanted), progress)
    try:
        await _work(run, iter(missing), min(concurrency, max(1, len(missing))), writer)
    finally:
        await writer.flush()
    await client.finish_experiment(held.id)


async def _work(run: TrialRun, missing: Iterator[tuple[Item, int]], workers: int, writer: _Writer) -> None:
    async def worker() -> None:
        for item, index in missing:
            await writer.add(await run(item, index))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(worker())
    except BaseExceptionGroup as errors:
        # Workers fail for one reason, the server; its error is what the caller understands.
        known = errors.subgroup(EvalwrightError)
        if known is None:
            raise
        first: BaseException = known
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from errors


class _Writer:
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
        if len(self._waiting) >= _BATCH or time.monotonic() - self._last_save >= _LONGEST_UNSAVED_S:
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
