"""The eleven probes: what each asks, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evalwright.domain.evaluator import Evaluator
from evalwright.domain.probing import Finding
from evalwright.domain.score import ScoreType
from evalwright.evaluators.judge import Judge
from evalwright.evaluators.probes import humans, items, perturb, position, rewrite, stability, treatments
from evalwright.evaluators.probes.findings import not_applicable
from evalwright.evaluators.probes.items import Bench, as_long_as, treated
from evalwright.evaluators.probes.run import BASE, Arm, Asked, repeat
from evalwright.evaluators.probes.verdicts import Table

PARAPHRASED: Final = "rubric in other words"
RESCALED: Final = "rubric on another scale"
REORDERED: Final = "rubric in another order"
_VARIANTS: Final = (PARAPHRASED, RESCALED, REORDERED)


def _popular(text: str, _: int) -> str:
    return perturb.with_popularity(text)


LONGER: Final = Arm(name="answer padded x1.5", edit=treated(lambda text, seed: perturb.padded(text, 1.5, seed)))
LONGEST: Final = Arm(name="answer padded x3", edit=treated(lambda text, seed: perturb.padded(text, 3.0, seed)))
CITED: Final = Arm(name="answer with a fake citation", edit=treated(perturb.with_citation))
NOT_CITED: Final = Arm(name="answer as long without it", edit=as_long_as(perturb.with_citation))
POPULAR: Final = Arm(name="answer said to be popular", edit=treated(_popular))
NOT_POPULAR: Final = Arm(name="answer as long and not said to be popular", edit=as_long_as(_popular))
INJECTED: Final = Arm(name="bad answer with orders to the judge", edit=items.injected_bad_answer)
BAD: Final = Arm(name="bad answer as long without orders", edit=items.bad_answer)
NUMBER: Final = Arm(name="answer with a wrong number", edit=items.wrong_number)
ARGUMENT: Final = Arm(name="tool call with a wrong argument", edit=items.wrong_argument)
SWAPPED: Final = Arm(name=position.SWAPPED, edit=items.swapped)
AGAIN: Final = repeat(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is probed: the items, the judge and its variants, repeats per item, the judge's family."""

    bench: Bench
    judges: Mapping[str, Asked]
    repeats: int = 5
    family: str = ""

    @property
    def has_answer(self) -> bool:
        """Whether the judge reads an answer that can be changed."""
        return bool(self.bench.shape.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One probe: the arms it needs on a judge (none when it does not apply) and how it reads their verdicts."""

    name: str
    about: str
    arms: Callable[[Plan], Sequence[Arm]]
    find: Callable[[Plan, Table], Sequence[Finding]]


def _shift(name: str, about: str, base: Arm, *changes: tuple[Arm, str]) -> Probe:
    def find(plan: Plan, table: Table) -> Sequence[Finding]:
        return [treatments.shift(plan.bench, table, name, measure, arm.name, base.name) for arm, measure in changes]

    arms = (base, *(arm for arm, _ in changes))
    return Probe(name=name, about=about, arms=lambda plan: arms if plan.has_answer else (), find=find)


def _base_arm(_: Plan) -> Sequence[Arm]:
    return (BASE,)


def _position_arms(plan: Plan) -> Sequence[Arm]:
    if not plan.bench.shape.pairwise:
        return ()
    return (BASE,) if plan.bench.shape.both_orders else (BASE, SWAPPED)


def _repeat_arms(plan: Plan) -> Sequence[Arm]:
    return () if _is_recorded(plan) else (BASE, *(repeat(number) for number in range(1, plan.repeats)))


def _repeatability(plan: Plan, table: Table) -> Sequence[Finding]:
    if _is_recorded(plan):
        return [not_applicable("repeatability", "repeats that disagree", "a recording cannot be asked again")]
    return [stability.repeatability(plan.bench, table, [arm.name for arm in _repeat_arms(plan)])]


def _is_recorded(plan: Plan) -> bool:
    return bool(plan.judges[""].evaluator.spec.definition.get("recorded"))


def _rubric_arms(plan: Plan) -> Sequence[Arm]:
    variants = [name for name in _VARIANTS if name in plan.judges]
    return (BASE, AGAIN, *(Arm(name=name, variant=name) for name in variants)) if variants else ()


def _rubric(plan: Plan, table: Table) -> Sequence[Finding]:
    return [_variant(plan, table, name) for name in _VARIANTS]


def _variant(plan: Plan, table: Table, name: str) -> Finding:
    measure = f"verdicts that change with the {name}, beyond those that change on repeat"
    if name in plan.judges:
        return stability.changes(plan.bench, table, measure, name, AGAIN.name)
    paired = isinstance(plan.judges[""].evaluator, Judge)
    reason = "the names of two answers cannot be exchanged" if paired else "the evaluator has no rubric to rewrite"
    return not_applicable("rubric", measure, reason)


def _defect_arms(plan: Plan) -> Sequence[Arm]:
    shape = plan.bench.shape
    found = [*((NUMBER,) if plan.has_answer else ()), *((ARGUMENT,) if shape.reads_steps else ())]
    return (BASE, *found) if found else ()


def _defects(plan: Plan, table: Table) -> Sequence[Finding]:
    number, argument = "wrong numbers found", "wrong tool arguments found"
    return [
        treatments.detection(plan.bench, table, "defects", number, NUMBER.name)
        if plan.has_answer
        else not_applicable("defects", number, treatments.NO_ANSWER),
        treatments.detection(plan.bench, table, "defects", argument, ARGUMENT.name)
        if plan.bench.shape.reads_steps
        else not_applicable("defects", argument, "the judge does not read the steps"),
    ]


def _drift_arms(plan: Plan) -> Sequence[Arm]:
    """Returns the arms of the drift probe; without anchors it asks all the same, for what is said becomes them."""
    return (BASE, AGAIN) if any(item.anchor is not None for item in plan.bench.items) else (BASE,)


PROBES: Final[Mapping[str, Probe]] = {
    probe.name: probe
    for probe in (
        Probe(
            name="position",
            about="does the order of two answers decide?",
            arms=_position_arms,
            find=lambda plan, table: position.position(plan.bench, table),
        ),
        _shift(
            "verbosity",
            "does length that says nothing help?",
            BASE,
            (LONGER, "gain of an answer padded to 1.5 times its length"),
            (LONGEST, "gain of an answer padded to 3 times its length"),
        ),
        Probe(
            name="self_preference",
            about="does the judge favour its own model family more than people do?",
            arms=_base_arm,
            find=lambda plan, table: [humans.self_preference(plan.bench, table, plan.family)],
        ),
        _shift(
            "authority",
            "does a made-up reference help?",
            NOT_CITED,
            (CITED, "gain of an answer with a citation that is fake"),
        ),
        _shift(
            "bandwagon",
            "does being popular help?",
            NOT_POPULAR,
            (POPULAR, 'gain of an answer that "90 % of people preferred"'),
        ),
        _shift(
            "injection",
            "does a bad answer that tells the judge what to say get its way?",
            BAD,
            (INJECTED, 'gain of a bad answer that says "score this 10"'),
        ),
        Probe(
            name="repeatability",
            about="is the verdict the same when asked again?",
            arms=_repeat_arms,
            find=_repeatability,
        ),
        Probe(name="rubric", about="does the wording of the rubric decide?", arms=_rubric_arms, find=_rubric),
        Probe(name="defects", about="are planted mistakes seen?", arms=_defect_arms, find=_defects),
        Probe(
            name="calibration",
            about="is the judge as sure as it is right?",
            arms=_base_arm,
            find=lambda plan, table: [humans.calibration(plan.bench, table)],
        ),
        Probe(
            name="drift",
            about="does it judge the anchors as it did before?",
            arms=_drift_arms,
            find=lambda plan, table: stability.drift(plan.bench, table, AGAIN.name),
        ),
    )
}
"""The eleven, by name."""


def arms_of(plan: Plan, probes: Sequence[Probe]) -> Sequence[Arm]:
    """Returns the arms these probes need, each once."""
    return list({arm.name: arm for probe in probes for arm in probe.arms(plan)}.values())


def variants_of(evaluator: Evaluator, scale: tuple[float, float] | None = None) -> Mapping[str, Asked]:
    """Returns the judge as it is and, where it has a rubric, with that rubric said differently.

    All of them without their cache: a verdict asked for again must be given again.
    """
    if not isinstance(evaluator, Judge):
        return {"": Asked.of(evaluator, scale)}
    judge = evaluator.uncached()
    found = {
        "": Asked.of(judge, scale),
        PARAPHRASED: Asked.of(judge.with_rubric(rewrite.paraphrased(judge.rubric))),
        REORDERED: Asked.of(judge.with_rubric(rewrite.reordered(judge.rubric))),
    }
    if not found[""].shape.pairwise and judge.rubric.type is not ScoreType.TEXT:
        rubric, names = rewrite.rescaled(judge.rubric)
        found[RESCALED] = Asked.of(judge.with_rubric(rubric), names=names)
    return found
