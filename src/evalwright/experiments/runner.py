"""Running an experiment: every trial that has no result yet, stored as it finishes."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, ParamSpec

from evalwright.domain.canary import KEY
from evalwright.domain.dataset import Item
from evalwright.domain.errors import EvalwrightError, InvalidInput, NotFound
from evalwright.domain.evaluator import Evaluator
from evalwright.domain.experiment import Experiment
from evalwright.experiments.canary import watch, watch_served, with_noted
from evalwright.experiments.capture import capture
from evalwright.experiments.keeping import Place, kept_verdicts, with_verdicts
from evalwright.experiments.progress import Progress
from evalwright.experiments.result import ExperimentResult
from evalwright.experiments.task import BoundTask, Task
from evalwright.experiments.trial import TrialRun
from evalwright.experiments.writer import Writer
from evalwright.sdk import tracing
from evalwright.sdk.client import AsyncClient, Client
from evalwright.sdk.connection import Connection
from evalwright.sdk.retries import Retries

P = ParamSpec("P")
_LOG: Final = logging.getLogger("evalwright")

_PAGE: Final = 1_000
_RETRIES: Final = 8  # about a minute: a server that restarts does not end a long run


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
    cache: Place = True,
    canary: bool = True,
    tell: Callable[[str], object] = _LOG.warning,
    project: str = "",
    client: Client | AsyncClient | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ExperimentResult:
    """Runs a task over every item of a dataset, several times each, and judges what comes out.

    Trials are traced and stored as they finish: what was killed goes on under the same ``name``. Failures are results.

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
        cache: keeps verdicts: True for ``.evalwright/verdicts.sqlite``, a file, a mapping; False to judge afresh.
        canary: first run canary sets of judges that have changed, and after it where another model has answered.
        tell: called with what canary runs cost and find; else the log ``evalwright``.
        project: else the client's, else that of ``init``, else ``EVALWRIGHT_PROJECT``.
        client: where to store; else what the ``EVALWRIGHT_*`` environment says.
        progress: called with a ``Progress`` after each trial.

    Raises:
        EvalwrightError: a task that cannot take an item, no such dataset, another experiment of this name, no server.
    """
    bound = BoundTask(task)
    _check(evaluators, concurrency, timeout_s)
    async with _own_client(client, project) as own:
        _trace_to(own)
        judges = [_with_model(evaluator) for evaluator in evaluators]
        watched = {} if KEY in (metadata or {}) else await watch(own, judges, run=canary, tell=tell)
        described = {"description": description, "metadata": with_noted(metadata or {}, watched, judges)}
        started = await _start(own, bound, name, dataset, dataset_version, trials, judges, described)
        limits = {"timeout_s": timeout_s, "evaluator_timeout_s": evaluator_timeout_s}
        run = TrialRun(experiment=started, task=bound, evaluators=judges, capture=capture(), **limits)
        await _judged(own, run, cache, split, concurrency, progress)
        found = await ExperimentResult.read(own, started.id)
        return replace(found, canaries=await watch_served(own, judges, watched, found.experiment.judging, tell=tell))


async def _judged(
    client: AsyncClient,
    run: TrialRun,
    cache: Place,
    split: str,
    concurrency: int,
    progress: Callable[[Progress], None] | None,
) -> None:
    """Runs what is missing, with what keeps verdicts open; traces and connections are done with when it returns."""
    try:
        with kept_verdicts(cache) as kept:
            keeping = replace(run, evaluators=with_verdicts(run.evaluators, kept))
            await _run_missing(client, keeping, split, concurrency, progress)
    finally:
        await _hang_up(run.evaluators)
    await asyncio.to_thread(tracing.flush, 10.0)


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
    writer = Writer(client, held, len(wanted) - len(missing), len(wanted), progress)
    try:
        await _work(run, iter(missing), min(concurrency, max(1, len(missing))), writer)
    finally:
        await writer.flush()
    await client.finish_experiment(held.id)


async def _work(run: TrialRun, missing: Iterator[tuple[Item, int]], workers: int, writer: Writer) -> None:
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
