"""Asking the judge: every arm on every item, many at once, each answer kept so that a second run goes on."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace

from evalwright.domain.evaluator import Evaluator, Outcome, Subject
from evalwright.domain.score import ScoreStatus, ScoreType
from evalwright.evaluators.probes.items import Bench, Edit, unchanged
from evalwright.evaluators.probes.shape import Shape, shape_of
from evalwright.evaluators.probes.verdicts import NOTHING_TO_CHANGE, Table, Verdict, read_verdict

Progress = Callable[[int, int], object]
"""Called with how many verdicts there are and how many there will be."""

AS_IT_IS = "as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way of asking: a change of the item, a variant of the judge (empty: as it is), and which repeat."""

    name: str
    edit: Edit = unchanged
    variant: str = ""
    repeat: int = 0


BASE = Arm(name=AS_IT_IS)


def repeat(number: int) -> Arm:
    """Returns the arm that asks the unchanged question once more."""
    return Arm(name=f"{AS_IT_IS}, again {number}", repeat=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A judge in one variant, and how its verdicts are read; ``names`` gives its labels their names in the original."""

    evaluator: Evaluator
    shape: Shape
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, evaluator: Evaluator, scale: tuple[float, float] | None = None, names: Mapping[str, str] | None = None
    ) -> Asked:
        """Returns an evaluator with its shape."""
        return cls(evaluator=evaluator, shape=shape_of(evaluator.spec, scale), names=names or {})

    def read(self, outcomes: Sequence[tuple[str, ScoreType, Outcome]]) -> Verdict:
        """Returns the verdict among the outcomes."""
        verdict = read_verdict(self.evaluator.spec, self.shape, outcomes)
        return replace(verdict, label=self.names.get(verdict.label, verdict.label))


async def run_arms(
    judges: Mapping[str, Asked],
    bench: Bench,
    arms: Sequence[Arm],
    *,
    concurrency: int = 16,
    cache: MutableMapping[str, Outcome] | None = None,
    on_progress: Progress | None = None,
) -> Table:
    """Returns the verdict of every arm on every item; every pair ends in one, if only as skipped or errored.

    Args:
        judges: by variant; ``""`` is the judge as it is.
        bench: the items.
        arms: with different names.
        concurrency: verdicts asked for at once.
        cache: outcomes by content; those that are no error are kept in it as they come, so that a run that was
            stopped goes on where it was.
        on_progress: called after each verdict.
    """
    table = Table()
    total = len(arms) * len(bench.items)
    jobs = iter([(arm, index) for arm in arms for index in range(len(bench.items))])
    done = 0

    async def work(jobs: Iterator[tuple[Arm, int]]) -> None:
        nonlocal done
        for arm, index in jobs:
            table.put(arm.name, index, await _verdict(judges[arm.variant], bench, arm, index, cache))
            done += 1
            if on_progress is not None:
                on_progress(done, total)

    async with asyncio.TaskGroup() as group:
        for _ in range(max(1, min(concurrency, total))):
            group.create_task(work(jobs))
    return table


async def _verdict(
    judge: Asked, bench: Bench, arm: Arm, index: int, cache: MutableMapping[str, Outcome] | None
) -> Verdict:
    subject = arm.edit(bench, index)
    if subject is None:
        return NOTHING_TO_CHANGE
    spec = judge.evaluator.spec
    key = cache_key(f"{spec.version} {getattr(judge.evaluator, 'provider', '')}".strip(), arm, subject)
    kept = cache.get(key) if cache is not None else None
    if kept is not None:
        return judge.read([(spec.name, spec.type, kept)])
    outcomes = await _ask(judge.evaluator, subject)
    if cache is not None and outcomes and outcomes[0][2].status is not ScoreStatus.ERRORED:
        cache[key] = next((outcome for name, _, outcome in outcomes if name == spec.name), outcomes[0][2])
    return judge.read(outcomes)


async def _ask(evaluator: Evaluator, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
    try:
        return await evaluator.evaluate(subject)
    except Exception as error:  # a judge that breaks its promise not to raise must not end the probe
        broken = Outcome(status=ScoreStatus.ERRORED, reason=f"{type(error).__name__}: {error}")
        return [(evaluator.spec.name, evaluator.spec.type, broken)]


def cache_key(version: str, arm: Arm, subject: Subject) -> str:
    """Returns the key of one answer: the judge's version, which repeat, and everything it could read."""
    steps = [(s.span.span_id, s.span.name, s.span.input, s.span.output, repr(s.content)) for s in subject.steps]
    content = [version, arm.variant, arm.repeat, subject.values, steps]
    text = json.dumps(content, sort_keys=True, default=repr, ensure_ascii=False)
    return "probe-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
