"""Probing a judge from beginning to end, and the report of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Evaluator, Outcome
from evalwright.domain.probing import ProbeReport
from evalwright.evaluators.calibration.family import asked_model, kin_warning
from evalwright.evaluators.probes.findings import ALPHA, judged
from evalwright.evaluators.probes.items import Bench, ProbeItem
from evalwright.evaluators.probes.run import AS_IT_IS, Progress, run_arms
from evalwright.evaluators.probes.suite import PROBES, Plan, Probe, arms_of, variants_of
from evalwright.evaluators.probes.verdicts import Table


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
        model=asked_model(spec),
        warnings=_warnings(plan),
    )


def _warnings(plan: Plan) -> Sequence[str]:
    authors = Counter(name for item in plan.bench.items for name in set(item.families.values()))
    judge = asked_model(plan.judges[""].evaluator.spec) or plan.judges[""].evaluator.spec.name
    said = kin_warning(judge, plan.family, authors.get(plan.family, 0), len(plan.bench.items))
    return [said] if said else []


def _unchanged(plan: Plan, table: Table) -> Mapping[str, str | float]:
    found: dict[str, str | float] = {}
    shape = plan.bench.shape
    for index, verdict in table.of(AS_IT_IS).items():
        number = None if verdict.unit is None else shape.low + verdict.unit * (shape.high - shape.low)
        said = verdict.label or number
        if verdict.scored and said is not None:
            found[plan.bench.items[index].subject.key] = said
    return found
