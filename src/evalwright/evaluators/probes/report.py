"""Probing a judge from beginning to end, and the report of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.evaluator import Evaluator, Outcome
from evalwright.evaluators.probes.findings import ALPHA, Finding, ProbeVerdict, judged
from evalwright.evaluators.probes.items import Bench, ProbeItem
from evalwright.evaluators.probes.run import AS_IT_IS, Progress, run_arms
from evalwright.evaluators.probes.suite import PROBES, Plan, Probe, arms_of, variants_of
from evalwright.evaluators.probes.verdicts import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """What probing a judge showed.

    Attributes:
        evaluator: name of the judge.
        version: its version.
        items: how many items it was probed with.
        clusters: how many of them are independent.
        asked: verdicts the probes needed, skipped ones included.
        alpha: share of false alarms accepted among the failures (Benjamini-Hochberg).
        seed: makes the same changes again.
        findings: one line a measure, in the order of the probes.
        verdicts: today's verdict on each unchanged item by key, label or number: the anchors of a later run.
    """

    evaluator: str
    version: str
    items: int
    clusters: int
    asked: int
    alpha: float
    seed: int
    findings: Sequence[Finding]
    verdicts: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def failed(self) -> Sequence[Finding]:
        """The lines the judge failed."""
        return [line for line in self.findings if line.verdict is ProbeVerdict.FAIL]

    @property
    def not_applicable(self) -> int:
        """How many lines could not be measured."""
        return sum(line.verdict is ProbeVerdict.NOT_APPLICABLE for line in self.findings)

    def as_dict(self) -> Mapping[str, Any]:
        """Returns the report as plain values for JSON; what is no number is None."""
        plain = asdict(self) | {"failed": len(self.failed), "not_applicable": self.not_applicable}
        return _without_nan(plain)  # type: ignore[no-any-return]


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Estimate):
        return _without_nan(asdict(value))
    if isinstance(value, Mapping):
        return {key: _without_nan(inner) for key, inner in value.items()}
    return [_without_nan(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def chosen_probes(names: Sequence[str] = ()) -> Sequence[Probe]:
    """Returns the named probes in their order; all eleven when none is named.

    Raises:
        InvalidInput: there is no probe of that name.
    """
    for name in names:
        if name not in PROBES:
            raise InvalidInput(f"there is no probe {name!r}", hint=f"probes: {', '.join(PROBES)}")
    return [probe for probe in PROBES.values() if not names or probe.name in names]


def plan_of(
    evaluator: Evaluator,
    items: Sequence[ProbeItem],
    *,
    seed: int = 0,
    repeats: int = 5,
    family: str = "",
    scale: tuple[float, float] | None = None,
) -> Plan:
    """Returns what is needed to probe a judge with these items.

    Raises:
        InvalidInput: there are no items, two share a key, or there are fewer than two repeats.
    """
    if not items:
        raise InvalidInput("there is nothing to probe the judge with", hint="about 200 items are a good number")
    if len({item.subject.key for item in items}) < len(items):
        raise InvalidInput("two items have the same key")
    if repeats < 2:
        raise InvalidInput(f"repeats must be at least 2, got {repeats!r}")
    judges = variants_of(evaluator, scale)
    bench = Bench(items=items, shape=judges[""].shape, seed=seed)
    return Plan(bench=bench, judges=judges, repeats=repeats, family=family)


def verdicts_needed(plan: Plan, names: Sequence[str] = ()) -> int:
    """Returns how many verdicts the probes ask for at most, to say so before any is paid for."""
    return len(arms_of(plan, chosen_probes(names))) * len(plan.bench.items)


async def probe(
    plan: Plan,
    names: Sequence[str] = (),
    *,
    alpha: float = ALPHA,
    concurrency: int = 16,
    cache: MutableMapping[str, Outcome] | None = None,
    on_progress: Progress | None = None,
) -> ProbeReport:
    """Runs probes on a judge and returns the report.

    Args:
        plan: the judge and the items, from ``plan_of``.
        names: of the probes; all eleven when empty.
        alpha: false alarms accepted among the failures.
        concurrency: verdicts asked for at once.
        cache: outcomes by content; a run that was stopped goes on where it was.
        on_progress: called after each verdict.
    """
    probes = chosen_probes(names)
    arms = arms_of(plan, probes)
    table = await run_arms(plan.judges, plan.bench, arms, concurrency=concurrency, cache=cache, on_progress=on_progress)
    spec = plan.judges[""].evaluator.spec
    return ProbeReport(
        evaluator=spec.name,
        version=spec.version,
        items=len(plan.bench.items),
        clusters=len({item.group for item in plan.bench.items}),
        asked=len(arms) * len(plan.bench.items),
        alpha=alpha,
        seed=plan.bench.seed,
        findings=judged((line for each in probes for line in each.find(plan, table)), alpha),
        verdicts=_unchanged(plan, table),
    )


def _unchanged(plan: Plan, table: Table) -> Mapping[str, str | float]:
    found: dict[str, str | float] = {}
    shape = plan.bench.shape
    for index, verdict in table.of(AS_IT_IS).items():
        number = None if verdict.unit is None else shape.low + verdict.unit * (shape.high - shape.low)
        said = verdict.label or number
        if verdict.scored and said is not None:
            found[plan.bench.items[index].subject.key] = said
    return found
