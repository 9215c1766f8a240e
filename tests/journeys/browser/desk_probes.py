"""Probe reports of two versions of the desk's judge: the older likes length, the newer was cured of it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from evalwright.domain.evaluator import Evaluator, EvaluatorKind, EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import ScoreSource, ScoreStatus, ScoreType, Target
from evalwright.evaluators.probes import ProbeItem, ProbeReport, plan_of, probe

PROBED = ("verbosity", "authority", "repeatability", "drift", "position")
ITEMS = 120


class Door(Protocol):
    def post(self, path: str, body: Any) -> Any: ...


class DeskJudge:
    """Gives half a point, and more for length where it likes length; a few answers it cannot read."""

    source = ScoreSource.JUDGE

    def __init__(self, name: str, version: str, likes_length: float) -> None:
        self._likes_length = likes_length
        self.spec = EvaluatorSpec(
            name=name,
            version=version,
            kind=EvaluatorKind.JUDGE,
            target=Target.TRIAL,
            type=ScoreType.NUMERIC,
            inputs=("output",),
        )

    async def evaluate(self, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
        if subject.key.endswith("7"):
            broken = Outcome(status=ScoreStatus.ERRORED, reason="the answer is no JSON")
            return [(self.spec.name, ScoreType.NUMERIC, broken)]
        length = len(str(subject.values["output"])) / 400
        value = min(1.0, 0.4 + self._likes_length * length + hash_share(subject.key) / 10)
        return [(self.spec.name, ScoreType.NUMERIC, Outcome(value=value))]


def hash_share(key: str) -> float:
    """A number from 0 to 1 that is the same for a key in every process."""
    return sum(key.encode()) % 17 / 17


def probe_and_keep(door: Door, project: str, name: str, versions: Sequence[str]) -> None:
    """Probes each version, oldest first, and sends the reports."""
    for version, likes_length in zip(versions, (0.6, 0.0), strict=True):
        made = _probed(DeskJudge(name, version, likes_length))
        report = dataclasses.replace(
            made, items_from="dataset golden", model="gpt-4.1", warnings=_warnings(likes_length)
        )
        door.post(f"/api/v1/evaluators/{name}/probes", {"report": report.as_dict(), "project": project})


def _warnings(likes_length: float) -> Sequence[str]:
    said = "'gpt-4.1' judges models of its own maker (openai) in 120 of 120 rows: probe self-preference"
    return [said] if likes_length == 0.0 else []


def _probed(judge: Evaluator) -> ProbeReport:
    items = [
        ProbeItem(
            subject=Subject(
                target=Target.TRIAL, key=f"q{n}", values={"output": f"Order {n} is on its way and comes on Monday."}
            )
        )
        for n in range(ITEMS)
    ]
    # In a thread of its own: the browser's driver keeps an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(probe(plan_of(judge, items), PROBED))).result()
