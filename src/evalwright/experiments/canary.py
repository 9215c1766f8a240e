"""Canary sets: recorded outputs that a judge is run over again whenever rubric, model or provider have changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evalwright.domain.canary import KEY, NOTED, PROVIDER, CanaryStanding, CanaryState
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.evaluator import Evaluator
from evalwright.domain.judging import Judging
from evalwright.experiments.progress import Progress
from evalwright.sdk.client import AsyncClient

OUTPUTS: Final = ("recorded_output", "output")
_NAMED: Final = 60

Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What became of one judge's canary set: ``fresh`` when it was run just now, ``skipped`` when it was left out."""

    standing: CanaryStanding
    fresh: bool = False
    skipped: bool = False

    @property
    def alarm(self) -> bool:
        """Whether a run made just now shows that the judge moved, drifted, or gives no verdict at all."""
        return self.fresh and (self.standing.alarm or self.standing.state is CanaryState.DUE)


def canary_set(judge: Evaluator) -> str:
    """Returns the dataset that a rubric names as its canary; empty for none."""
    return str(judge.spec.definition.get(KEY) or "")


def provider_of(judge: Evaluator) -> str:
    """Returns host and path of the endpoint a judge asks; empty for evaluators that ask no model."""
    from evalwright.evaluators.calibration.family import asked_model
    from evalwright.providers.environment import provider_name

    known = getattr(judge, PROVIDER, "")
    return str(known) or (provider_name() if asked_model(judge.spec) else "")


async def examine(
    client: AsyncClient,
    judge: Evaluator,
    dataset: str,
    *,
    again: str = "",
    announce: Tell | None = None,
    concurrency: int = 16,
    progress: Callable[[Progress], None] | None = None,
) -> Watched:
    """Returns where a judge stands by its canary set, after a run over it where one is due.

    Args:
        client: where runs are stored.
        judge: as it would be used.
        dataset: the canary set.
        again: why it is run also when nothing of the judge has changed: a model may change behind its name.
        announce: called, before anything is asked, with why and what it costs.
        concurrency: items at once.
        progress: called after each item.
    """
    standing = await _standing(client, judge, dataset)
    if not again and standing.state is not CanaryState.DUE:
        return Watched(standing=standing)
    if announce is not None:
        announce(announcement(standing, again))
    await _run(client, judge, standing, concurrency, progress)
    return Watched(standing=await _standing(client, judge, dataset), fresh=True)


async def _standing(client: AsyncClient, judge: Evaluator, dataset: str) -> CanaryStanding:
    spec = judge.spec
    return await client.canary_standing(spec.name, spec.version, dataset=dataset, provider=provider_of(judge))


def announcement(standing: CanaryStanding, again: str = "") -> str:
    """Returns why a canary set is run, over how many items, and what that costs as far as it is known."""
    cost = standing.expected_cost
    price = "at a cost that is not known" if cost is None else f"for about ${cost:.2g}, as the last run"
    why = standing.explanation if standing.state is CanaryState.DUE else again
    return f"{standing.evaluator}: {why}; running its canary set {standing.dataset!r}: {standing.items} items, {price}"


async def watch(
    client: AsyncClient, judges: Sequence[Evaluator], *, run: bool, tell: Tell, concurrency: int = 16
) -> Mapping[str, Watched]:
    """Runs the canary sets that are due, or says that they are left out; judge -> what became of its set.

    A set that does not exist costs a warning, not the work it is to watch over.
    """
    found: dict[str, Watched] = {}
    for judge in judges:
        name, dataset = judge.spec.name, canary_set(judge)
        if not dataset:
            continue
        try:
            watched = await _watched(client, judge, dataset, run, tell, concurrency)
        except NotFound as error:
            said = f"its canary set {dataset!r} is not there: {error.message}"
            missing = CanaryStanding(
                evaluator=name, evaluator_version=judge.spec.version, state=CanaryState.DUE, explanation=said
            )
            watched = Watched(standing=missing, skipped=True)
        found[name] = watched
        for line in sayings(watched):
            tell(line)
    return found


async def _watched(
    client: AsyncClient, judge: Evaluator, dataset: str, run: bool, tell: Tell, concurrency: int
) -> Watched:
    if run:
        return await examine(client, judge, dataset, announce=tell, concurrency=concurrency)
    standing = await _standing(client, judge, dataset)
    return Watched(standing=standing, skipped=standing.state is CanaryState.DUE)


def sayings(watched: Watched) -> Iterable[str]:
    """Returns what a reader must know of it: nothing of a set that held before and was not run now."""
    standing, name = watched.standing, watched.standing.evaluator
    if watched.skipped:
        return [f"canary {name}: due and left out: {standing.explanation}"]
    if not watched.fresh and not standing.alarm:
        return []
    head = f"canary {name}: {standing.scored} verdicts, {standing.state.value}: {standing.explanation}"
    rest = [each for each in standing.warnings if each not in standing.explanation]
    return [head, *(f"canary {name}: {each}" for each in rest)]


async def watch_served(
    client: AsyncClient,
    judges: Sequence[Evaluator],
    watched: Mapping[str, Watched],
    judging: Iterable[Judging],
    *,
    tell: Tell,
) -> Mapping[str, Watched]:
    """Runs canary sets again where verdicts came from a model that their newest runs never heard of.

    Endpoints say which model answers (`gpt-5-2026-03-01` for `gpt-5`): a change of it changes no version.
    """
    served = {each.evaluator: set(each.models) - {""} for each in judging}
    found = dict(watched)
    for judge in judges:
        held = watched.get(judge.spec.name)
        known = set(held.standing.models) - {""} if held else set()
        news = served.get(judge.spec.name, set()) - known
        if held is None or held.skipped or not known or not news:
            continue
        names = f"{', '.join(sorted(news))} answers now, and {', '.join(sorted(known))} did over its canary set"
        found[judge.spec.name] = await examine(client, judge, held.standing.dataset, again=names, announce=tell)
        for line in sayings(found[judge.spec.name]):
            tell(line)
    return found


def with_noted(
    metadata: Mapping[str, Any], watched: Mapping[str, Watched], judges: Sequence[Evaluator]
) -> Mapping[str, Any]:
    """Returns an experiment's metadata with what became of its judges' canary sets."""
    if not watched:
        return metadata
    providers = {judge.spec.name: provider_of(judge) for judge in judges}
    noted = {
        name: {
            "state": each.standing.state.value,
            "run": each.standing.run,
            "fresh": str(each.fresh),
            "skipped": str(each.skipped),
            PROVIDER: providers[name],
        }
        for name, each in watched.items()
    }
    return {**metadata, NOTED: noted}


async def _run(
    client: AsyncClient,
    judge: Evaluator,
    standing: CanaryStanding,
    concurrency: int,
    progress: Callable[[Progress], None] | None,
) -> None:
    from evalwright.experiments.runner import aexperiment

    await aexperiment(
        recorded_output,
        dataset=standing.dataset,
        dataset_version=standing.dataset_version,
        evaluators=[judge],
        name=_name(judge, standing),
        description="recorded outputs judged again",
        metadata={KEY: judge.spec.name, PROVIDER: provider_of(judge)},
        # Verdicts kept by content would hide what has changed behind the judge's name.
        cache=False,
        canary=False,
        concurrency=concurrency,
        client=client,
        progress=progress,
    )


def _name(judge: Evaluator, standing: CanaryStanding) -> str:
    """Returns the name of the run to make: that of an unfinished one, which goes on, else the next."""
    provider = provider_of(judge).replace("/", " ")
    if len(provider) > _NAMED:
        provider = f"{provider[:_NAMED]} {hashlib.sha256(provider.encode()).hexdigest()[:6]}"
    tail = f" at {provider}" * bool(provider) + f" #{standing.attempts + 1}" * bool(standing.attempts)
    head = f"canary {judge.spec.name[:40]} {judge.spec.version[:12]} {standing.dataset[:40]}"
    return f"{head} v{standing.dataset_version}{tail}"


def recorded_output(input: Any, expected: Any, metadata: Mapping[str, Any]) -> Any:
    """Returns what was recorded for an item.

    Raises:
        InvalidInput: nothing was.
    """
    places = [metadata.get(name) for name in OUTPUTS]
    if isinstance(input, Mapping):
        pair = {name: input[name] for name in ("output_1", "output_2") if name in input}
        places += [input.get("output"), pair or None]
    found = next((each for each in (*places, expected) if each is not None), None)
    if found is None:
        raise InvalidInput("the item holds no recorded output", hint="put it into metadata.recorded_output")
    return found
