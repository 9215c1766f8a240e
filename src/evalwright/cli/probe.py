"""``evalwright evaluators probe``: what moves a judge that should not, and what it misses."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from evalwright.cli.options import Filtered, Options
from evalwright.cli.output import Column, emit_json, emit_rows, note, one_line
from evalwright.cli.probe_items import from_dataset, from_file, from_store, with_anchors
from evalwright.cli.progress import progress
from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate, render
from evalwright.domain.evaluator import Evaluator
from evalwright.domain.score import Target

if TYPE_CHECKING:
    from evalwright.evaluators.probes import Finding, ProbeItem, ProbeReport
    from evalwright.evaluators.probes.suite import Plan

RECORDED_PAIRS: Final = "pairs:"
COLUMNS: Sequence[Column] = (
    ("probe", lambda row: row["probe"]),
    ("verdict", lambda row: row["verdict"]),
    ("effect", lambda row: row["effect"]),
    ("bar", lambda row: row["bar"]),
    ("p (BH)", lambda row: row["p"]),
    ("sees from", lambda row: row["sees"]),
    ("measure", lambda row: row["measure"]),
)


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
    anchors: Path | None = None,
    keep_anchors: Path | None = None,
    seed: int = 0,
    alpha: float = 0.05,
    concurrency: int = 16,
    model: str = "",
    cache: Path | None = None,
    filtered: Filtered = Filtered(),
    options: Options = Options(),
) -> int:
    """Probes a judge for eleven faults; exit code 1 when it fails one.

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
        anchors: verdicts kept by an earlier run, to compare today's with.
        keep_anchors: keeps today's verdicts in this file.
        seed: makes the same changes again.
        alpha: share of false alarms accepted among the failures.
        concurrency: verdicts asked for at once.
        model: the model the judge asks.
        cache: file that keeps verdicts, so that a stopped run goes on; .evalwright/verdicts.sqlite when left out.
        filtered: which stored targets.
        options: where the server is.
    """
    names = [name.strip() for name in probes.split(",") if name.strip()]
    with _judge(reference, model, options) as judge:
        bench = _items(judge, dataset, items, target, human, limit, filtered, options)
        compared = with_anchors(bench, anchors) if anchors else bench
        plan = _plan(judge, compared, seed, repeats, family or _family(judge, model), scale)
        report = _run(plan, names, alpha, concurrency, cache)
    if keep_anchors:
        keep_anchors.write_bytes(msgspec.json.format(msgspec.json.encode(report.verdicts), indent=1))
    _emit(report, options)
    return 1 if report.failed else 0


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
) -> list[ProbeItem]:
    if dataset and items:
        raise InvalidInput("give a dataset or a file of items, not both")
    if limit < 1:
        raise InvalidInput(f"limit must be at least 1, got {limit!r}")
    if items:
        return from_file(items, limit)
    if dataset:
        return from_dataset(dataset, limit, options)
    return from_store(Target(target) if target else judge.spec.target, human, limit, filtered, options)


def _family(judge: Evaluator, model: str) -> str:
    from evalwright.evaluators.calibration.family import model_family

    asked = model or str(judge.spec.definition.get("asked_model") or judge.spec.definition.get("model") or "")
    return model_family(asked) if asked else ""


def _scale(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(f"scale {text!r} is not two numbers", hint="write --scale 1,5") from None
    return low, high


def _run(plan: Plan, names: Sequence[str], alpha: float, concurrency: int, cache: Path | None) -> ProbeReport:
    from evalwright.cli.verdict_cache import DEFAULT, VerdictCache
    from evalwright.evaluators.probes import probe as run_probes
    from evalwright.evaluators.probes import verdicts_needed

    judge = plan.judges[""].evaluator
    note(f"{len(plan.bench.items)} items, {verdicts_needed(plan, names)} verdicts at most")
    with VerdictCache(cache or DEFAULT) as kept, progress(f"probing {judge.spec.name}", unit="verdicts") as report:
        work = run_probes(plan, names, alpha=alpha, concurrency=concurrency, cache=kept, on_progress=report)
        return asyncio.run(_closing(judge, work))


async def _closing(judge: Evaluator, work: Coroutine[Any, Any, ProbeReport]) -> ProbeReport:
    """Returns what the work returns; the judge's connections belong to this event loop and end with it."""
    from evalwright.evaluators.judge import Judge

    try:
        return await work
    finally:
        if isinstance(judge, Judge):
            await judge.aclose()


def _emit(report: ProbeReport, options: Options) -> None:
    if options.json:
        emit_json(report.as_dict())
        return
    emit_rows([_row(line) for line in report.findings], COLUMNS, as_json=False, empty="")
    for line in report.findings:
        if line.effect is None:
            note(f"{line.probe}: not applicable: {one_line(line.reason)}")
        for status, reason, count in line.reasons:
            note(f"{line.probe}: {count} {status}: {one_line(reason)}")
    note(
        f"{report.items} items in {report.clusters} independent clusters; p adjusted over the "
        f"{len(report.findings) - report.not_applicable} lines that apply, failing at {report.alpha:g} and over the bar"
    )


def _row(line: Finding) -> Mapping[str, Any]:
    applies = line.effect is not None
    return {
        "probe": line.probe,
        "verdict": line.verdict.value,
        "effect": _rendered(line.effect),
        "bar": _bar(line) if applies else "",
        "p": "" if line.p_adjusted is None else f"{line.p_adjusted:.3g}",
        "sees": "" if line.detectable is None else f"{line.detectable:.2g}",
        "measure": line.measure,
    }


def _rendered(effect: Estimate | None) -> str:
    return "" if effect is None else render(effect)


def _bar(line: Finding) -> str:
    return f"{line.null:g} ± {line.bar:g}" if line.rule == "within" else f"{line.rule} {line.bar:g}"
