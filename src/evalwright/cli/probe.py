"""``evalwright evaluators probe``: what moves a judge that should not, and what it misses."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from cyclopts import Parameter

from evalwright.cli.options import Caching, Filtered, Options
from evalwright.cli.output import emit_json, note
from evalwright.cli.probe_items import from_dataset, from_file, from_store, with_anchors
from evalwright.cli.probe_reports import anchors_of, check_server, emit_report, exit_code, keep
from evalwright.cli.progress import progress
from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Evaluator
from evalwright.domain.score import Target

if TYPE_CHECKING:
    from evalwright.evaluators.probes import ProbeItem, ProbeReport
    from evalwright.evaluators.probes.suite import Plan

RECORDED_PAIRS: Final = "pairs:"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What becomes of a report, and what it is compared with."""

    save: bool = True
    "Keep the report on the server; --no-save works without one."

    strict: bool = False
    "Exit code 1 also for what is left undecided."

    anchors: str = ""
    "Verdicts of an earlier run to compare today's with: id of a report, last, or a file."

    keep_anchors: Path | None = None
    "Keep today's verdicts in this file."


def probe(
    reference: str,
    *,
    dataset: str = "",
    items: Path | None = None,
    probes: str = "",
    limit: int = 200,
    target: Literal["", "span", "trace", "session"] = "",
    human: str = "",
    repeats: int = 5,
    family: str = "",
    scale: str = "",
    seed: int = 0,
    alpha: float = 0.05,
    concurrency: int = 16,
    model: str = "",
    caching: Caching = Caching(),
    keeping: Keeping = Keeping(),
    filtered: Filtered = Filtered(),
    options: Options = Options(),
) -> int:
    """Probes a judge for eleven faults, and keeps the report with its version on the server.

    Exit code 1 when it fails one, or gave no verdicts to tell by; 2 when none of the probes applies.

    Example: evalwright evaluators probe faithfulness --dataset golden --probes verbosity,injection

    Args:
        reference: a ready name, file.py:function or rubric.yaml; pairs:NAME for recorded verdicts on pairs.
        dataset: probe with the items of this dataset.
        items: probe with the items of this file (JSON lines, may be gzipped).
        probes: which of them, separated by commas; all eleven when left out.
        limit: items at most.
        target: without dataset and items, what is read from the store; the judge's own target when left out.
        human: name of the human scores that say what is right, of stored targets.
        repeats: how many times the same question is asked to see whether the answer is the same.
        family: model family of the judge; read from --model when left out.
        scale: lowest and highest value, as 1,5, where the evaluator does not say.
        seed: makes the same changes again.
        alpha: share of false alarms accepted among the failures.
        concurrency: verdicts asked for at once.
        model: the model the judge asks.
        caching: where verdicts are kept until there is a report, so that a stopped run goes on.
        keeping: what becomes of the report, and what it is compared with.
        filtered: which stored targets.
        options: where the server is.
    """
    names = [name.strip() for name in probes.split(",") if name.strip()]
    with _judge(reference, model, options) as judge:
        if keeping.save:
            check_server(judge.spec.name, options)
        bench, where = _items(judge, dataset, items, target, human, limit, filtered, options)
        kept = anchors_of(judge.spec.name, keeping.anchors, options) if keeping.anchors else None
        compared = bench if kept is None else with_anchors(bench, kept, keeping.anchors)
        plan = _plan(judge, compared, seed, repeats, family or _family(judge, model), scale)
        report = replace(_run(plan, names, alpha, concurrency, caching), items_from=where)
        held = keep(judge, report, options) if keeping.save else ""
    if keeping.keep_anchors:
        keeping.keep_anchors.write_bytes(msgspec.json.format(msgspec.json.encode(report.verdicts), indent=1))
    _emit(report, held, options)
    return exit_code(report, strict=keeping.strict)


def _emit(report: ProbeReport, held: str, options: Options) -> None:
    if options.json:
        emit_json({**report.as_dict(), "id": held})
    else:
        emit_report(report.as_dict())
    if held:
        note(f"kept as {held}: evalwright evaluators probes {report.evaluator}")


def _plan(judge: Evaluator, items: Sequence[ProbeItem], seed: int, repeats: int, family: str, scale: str) -> Plan:
    from evalwright.evaluators.probes import plan_of

    return plan_of(judge, items, seed=seed, repeats=repeats, family=family, scale=_scale(scale))


@contextmanager
def _judge(reference: str, model: str, options: Options) -> Iterator[Evaluator]:
    from evalwright.cli.judging import evaluators_of
    from evalwright.evaluators.pairwise import RecordedPairs

    if reference.startswith(RECORDED_PAIRS):
        yield RecordedPairs(reference.removeprefix(RECORDED_PAIRS))
        return
    with evaluators_of(reference, options, model=model) as loaded:
        if len(loaded) != 1:
            raise InvalidInput(f"one judge is probed at a time, not {len(loaded)}")
        yield loaded[0]


def _items(
    judge: Evaluator,
    dataset: str,
    items: Path | None,
    target: str,
    human: str,
    limit: int,
    filtered: Filtered,
    options: Options,
) -> tuple[list[ProbeItem], str]:
    """Returns the items, and where they are from in words."""
    if dataset and items:
        raise InvalidInput("give a dataset or a file of items, not both")
    if limit < 1:
        raise InvalidInput(f"limit must be at least 1, got {limit!r}")
    if items:
        return from_file(items, limit), f"file {items.name}"
    if dataset:
        return from_dataset(dataset, limit, options), f"dataset {dataset}"
    chosen = Target(target) if target else judge.spec.target
    where = f"{chosen.value}s where {filtered.filter}" if filtered.filter else f"{chosen.value}s of {options.project}"
    return from_store(chosen, human, limit, filtered, options), where


def _family(judge: Evaluator, model: str) -> str:
    from evalwright.evaluators.calibration.family import asked_model, model_family

    asked = model or asked_model(judge.spec)
    return model_family(asked) if asked else ""


def _scale(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(f"scale {text!r} is not two numbers", hint="write --scale 1,5") from None
    return low, high


def _run(plan: Plan, names: Sequence[str], alpha: float, concurrency: int, caching: Caching) -> ProbeReport:
    from evalwright.evaluators.probes import probe as run_probes
    from evalwright.evaluators.probes import verdicts_needed
    from evalwright.evaluators.probes.unfinished import Unfinished
    from evalwright.experiments.keeping import kept_verdicts

    judge = plan.judges[""].evaluator
    note(f"{len(plan.bench.items)} items, {verdicts_needed(plan, names)} verdicts at most")
    asked = kept_verdicts(caching.place, tell=note)
    with asked as kept, progress(f"probing {judge.spec.name}", unit="verdicts") as report:
        mine = Unfinished({} if kept is None else kept)
        work = run_probes(plan, names, alpha=alpha, concurrency=concurrency, cache=mine, on_progress=report)
        found = asyncio.run(_closing(judge, work))
        mine.finish()
    if mine.resumed:
        note(f"{mine.resumed} verdicts are those of a run that was stopped; --no-cache asks for all of them anew")
    return found


async def _closing(judge: Evaluator, work: Coroutine[Any, Any, ProbeReport]) -> ProbeReport:
    """Returns what the work returns; the judge's connections belong to this event loop and end with it."""
    from evalwright.evaluators.judge import Judge

    try:
        return await work
    finally:
        if isinstance(judge, Judge):
            await judge.aclose()
