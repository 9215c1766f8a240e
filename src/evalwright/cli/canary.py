"""``evalwright evaluators canary``: today's judge over a fixed set of recorded outputs, beside yesterday's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from evalwright.cli.calibrate import emit_bridge
from evalwright.cli.options import Options
from evalwright.cli.output import emit_json, note, one_line
from evalwright.cli.progress import progress
from evalwright.domain.canary import CanaryState
from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Evaluator
from evalwright.domain.judging import Judging

if TYPE_CHECKING:
    from evalwright.experiments.canary import Watched
    from evalwright.sdk.client import AsyncClient

RETRIES: Final = 8


def canary(
    reference: str,
    *,
    dataset: str = "",
    model: str = "",
    again: bool = False,
    concurrency: int = 16,
    options: Options = Options(),
) -> int:
    """Runs an evaluator over a dataset's recorded outputs, and compares it with the run before.

    A run is made when rubric, model, provider or dataset have changed since; else the one there is is shown. Items
    carry their output in metadata.recorded_output (as `datasets add` keeps it), in input.output, or as expected; with
    what people said in metadata.human, or as human scores, drift of sensitivity and specificity is watched. Exit code 1
    when the mean moves, the judge drifts, or it gave no verdict.

    Example: evalwright evaluators canary faithful.yaml --dataset canary-set

    Args:
        reference: a ready name, file.py:function, rubric.yaml or recorded:file.jsonl.
        dataset: name or id; that which the rubric names as its canary when left out.
        model: the model judges ask.
        again: run it also when nothing has changed, to see whether the same model still says the same.
        concurrency: items at once.
    """
    from evalwright.cli.judging import evaluators_of
    from evalwright.experiments.canary import canary_set

    with evaluators_of(reference, options, model=model) as evaluators:
        if len(evaluators) != 1:
            raise InvalidInput(f"{reference!r} names {len(evaluators)} evaluators", hint="run one canary at a time")
        judge = evaluators[0]
        chosen = dataset or canary_set(judge)
        if not chosen:
            hint = "give --dataset, or write `canary: DATASET` into the rubric"
            raise InvalidInput(f"{judge.spec.name!r} names no canary set", hint=hint)
        found = asyncio.run(_examine(judge, chosen, options, again, concurrency))
    _emit(judge, found, options)
    return 1 if _alarm(found) else 0


async def _examine(judge: Evaluator, dataset: str, options: Options, again: bool, concurrency: int) -> Watched:
    from evalwright.experiments.canary import examine

    with progress(f"{judge.spec.name} over {dataset}", unit="items") as report:
        async with client_of(options) as client:
            return await examine(
                client,
                judge,
                dataset,
                again="asked for again" if again else "",
                announce=note,
                concurrency=concurrency,
                progress=lambda state: report(
                    state.done, state.total, f"{state.failed} failed" if state.failed else ""
                ),
            )


def client_of(options: Options) -> AsyncClient:
    """Returns a client for one event loop, to the server and project of the options."""
    from evalwright.sdk.client import AsyncClient
    from evalwright.sdk.retries import Retries

    at = options.api().client.connection
    retries = Retries(attempts=RETRIES)
    return AsyncClient(endpoint=at.endpoint, api_key=at.api_key, project=options.project, retries=retries)


def watch_canaries(evaluators: Sequence[Evaluator], options: Options, *, run: bool) -> Mapping[str, Watched]:
    """Runs the canary sets that are due before anything else is judged, or says that they are left out."""
    from evalwright.experiments.canary import canary_set, watch

    async def work() -> Mapping[str, Watched]:
        async with client_of(options) as client:
            return await watch(client, evaluators, run=run, tell=_say)

    return asyncio.run(work()) if any(map(canary_set, evaluators)) else {}


def watch_served_models(
    evaluators: Sequence[Evaluator], options: Options, watched: Mapping[str, Watched], judging: Sequence[Judging]
) -> Mapping[str, Watched]:
    """Runs canary sets again where the endpoint says that another model has answered than over those."""
    from evalwright.experiments.canary import watch_served

    async def work() -> Mapping[str, Watched]:
        async with client_of(options) as client:
            return await watch_served(client, evaluators, watched, judging, tell=_say)

    return asyncio.run(work()) if watched else {}


def _say(text: str) -> None:
    note(one_line(text))


def as_rows(watched: Mapping[str, Watched]) -> Sequence[Mapping[str, Any]]:
    """Returns what became of canary sets as plain JSON."""
    return [
        {**asdict(each.standing), "fresh": each.fresh, "skipped": each.skipped, "alarm": each.alarm}
        for each in watched.values()
    ]


def _emit(judge: Evaluator, found: Watched, options: Options) -> None:
    standing = found.standing
    made = "judged now" if found.fresh else "judged before, and nothing has changed since"
    note(f"{judge.spec.name} version {judge.spec.version[:12]}: {standing.scored} verdicts, {made}")
    row = as_rows({judge.spec.name: found})[0]
    if options.json:
        run = options.api().get(f"/experiments/{standing.run}", **options.scope()) if standing.run else None
        emit_json({**row, "run": run, "alarm": _alarm(found)})
        return
    bridge = row["bridge"]
    if bridge:
        emit_bridge(bridge)
    told = bridge["warnings"] if bridge else ()
    for remark in standing.warnings if bridge else [standing.explanation]:
        if remark not in told:
            note(f"note: {one_line(remark)}")


def _alarm(found: Watched) -> bool:
    """Whether the judge moved, drifted, or gave no verdict at all; also where that was found by an earlier run."""
    return found.standing.alarm or found.standing.state is CanaryState.DUE
