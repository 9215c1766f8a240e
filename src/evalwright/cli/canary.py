"""``evalwright evaluators canary``: today's judge over a fixed set of recorded outputs, beside yesterday's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from evalwright.cli.calibrate import emit_bridge
from evalwright.cli.connect import Api, segment
from evalwright.cli.options import Options
from evalwright.cli.output import emit_json, note, one_line
from evalwright.cli.progress import progress
from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Evaluator

KEY: Final = "canary"
"""Metadata of canary experiments; the server pairs their trials by item."""

PROVIDER: Final = "provider"
OUTPUTS: Final = ("recorded_output", "output")
MOST_ERRORED: Final = 0.1
"""Share of errored verdicts over which a run tells of an outage rather than of the judge, and is made again."""

Run = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A canary run, the one before it, and the bridge between both; ``fresh`` when verdicts were asked for now."""

    run: Run
    scored: int
    bridge: Mapping[str, Any] | None
    fresh: bool

    @property
    def alarm(self) -> bool:
        """Whether the judge moved, drifted, or gave no verdict at all."""
        return not self.scored or bool(self.bridge and self.bridge["warnings"])


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
    what people said in metadata.human, drift of sensitivity and specificity is watched. Exit code 1 when the mean
    moves, the judge drifts, or it gave no verdict.

    Example: evalwright evaluators canary faithful.yaml --dataset canary-set

    Args:
        reference: a ready name, file.py:function, rubric.yaml or recorded:file.jsonl.
        dataset: name or id; that which the rubric names as its canary when left out.
        model: the model judges ask.
        again: run it also when nothing has changed, to see whether the same model still says the same.
        concurrency: items at once.
    """
    from evalwright.cli.judging import evaluators_of

    with evaluators_of(reference, options, model=model) as evaluators:
        if len(evaluators) != 1:
            raise InvalidInput(f"{reference!r} names {len(evaluators)} evaluators", hint="run one canary at a time")
        judge = evaluators[0]
        chosen = dataset or canary_set(judge)
        if not chosen:
            hint = "give --dataset, or write `canary: DATASET` into the rubric"
            raise InvalidInput(f"{judge.spec.name!r} names no canary set", hint=hint)
        found = examine(judge, chosen, options, again=again, concurrency=concurrency)
    _emit(judge, found, options)
    return 1 if found.alarm else 0


def canary_set(judge: Evaluator) -> str:
    """Returns the dataset that a rubric names as its canary; empty for none."""
    return str(judge.spec.definition.get(KEY) or "")


def watch(evaluators: Sequence[Evaluator], options: Options) -> bool:
    """Runs the canaries that are due before anything else is judged; True when one of them raises an alarm.

    Due is a canary set of a rubric over which this version has not run yet with this provider.
    """
    alarms = []
    for judge in evaluators:
        chosen = canary_set(judge)
        found = examine(judge, chosen, options) if chosen else None
        if found is None or not found.fresh:
            continue
        note(f"{judge.spec.name} has changed: {found.scored} verdicts over its canary set {chosen!r}")
        for warning in _said(found):
            note(f"canary {judge.spec.name}: {one_line(warning)}")
        alarms.append(found.alarm)
    return any(alarms)


def examine(
    judge: Evaluator, dataset: str, options: Options, *, again: bool = False, concurrency: int = 16
) -> Examined:
    """Returns the canary run of a judge as it is now, made if need be, beside the run before it."""
    api = options.api()
    held = api.get(f"/datasets/{segment(dataset)}", **options.scope())
    runs = _runs(api, judge, dataset, held["version"], options)
    mine = [run for run in runs if _identity(run, judge) == (judge.spec.version, _provider(judge))]
    newest = mine[0] if mine else None
    fresh = again or newest is None or not _clean(api, newest, judge, options)
    if fresh:
        newest = _run(judge, dataset, held["version"], concurrency, options, attempt=_attempt(mine))
    assert newest is not None
    older = [run for run in runs if run["id"] != newest["id"] and run["created_time"] <= newest["created_time"]]
    before = next((run for run in older if _clean(api, run, judge, options)), None)
    path = f"/evaluators/{segment(judge.spec.name)}/bridge"
    scope = {"dataset": dataset, **options.scope()}
    bridged = api.get(path, before=before["id"], after=newest["id"], **scope) if before else None
    return Examined(run=newest, scored=_scored(api, newest, judge, options), bridge=bridged, fresh=fresh)


def _provider(judge: Evaluator) -> str:
    from evalwright.evaluators.calibration.family import asked_model
    from evalwright.providers.environment import provider_name

    return provider_name() if asked_model(judge.spec) else ""


def _identity(run: Run, judge: Evaluator) -> tuple[str, str]:
    return run["evaluators"].get(judge.spec.name, ""), run["metadata"].get(PROVIDER, "")


def _runs(api: Api, judge: Evaluator, dataset: str, version: int, options: Options) -> Sequence[Run]:
    """Returns the canary runs of this evaluator over this very version of the dataset, newest first."""
    found = api.pages("/experiments", dataset=dataset, limit=1000, **options.scope())
    return [run for run in found if run["metadata"].get(KEY) == judge.spec.name and run["dataset_version"] == version]


def _attempt(mine: Sequence[Run]) -> int:
    """Returns the number of the run to make: that of an unfinished one, which goes on, else the next."""
    return sum(bool(run["completed"] >= run["item_count"] * run["trials"]) for run in mine) + 1


def _denominators(api: Api, run: Run, judge: Evaluator, options: Options) -> Mapping[str, int]:
    shown = api.get(f"/experiments/{run['id']}", **options.scope())
    counts = [m["estimate"]["denominators"] for m in shown["metrics"] if m["metric"] == judge.spec.name]
    return counts[0] if counts else {}


def _scored(api: Api, run: Run, judge: Evaluator, options: Options) -> int:
    return int(_denominators(api, run, judge, options).get("scored", 0))


def _clean(api: Api, run: Run, judge: Evaluator, options: Options) -> bool:
    """Whether a run is complete and the judge could be asked; a run through an outage is no yesterday."""
    if run["completed"] < run["item_count"] * run["trials"]:
        return False
    counts = _denominators(api, run, judge, options)
    scored, errored = counts.get("scored", 0), counts.get("errored", 0)
    return scored > 0 and errored <= MOST_ERRORED * (scored + errored)


def _run(judge: Evaluator, dataset: str, version: int, concurrency: int, options: Options, *, attempt: int) -> Run:
    from evalwright.evaluators import Judge
    from evalwright.experiments import experiment

    api, provider = options.api(), _provider(judge)
    # Verdicts kept by content would hide what changed behind the judge's name.
    asked = judge.uncached() if isinstance(judge, Judge) else judge
    tail = f" at {provider}" * bool(provider) + f" #{attempt}" * (attempt > 1)
    with progress(f"{judge.spec.name} over {dataset}", unit="items") as report:
        result = experiment(
            recorded_output,
            dataset=dataset,
            dataset_version=version,
            evaluators=[asked],
            name=f"canary {judge.spec.name} {judge.spec.version[:12]} {dataset} v{version}{tail}",
            description="recorded outputs judged again",
            metadata={KEY: judge.spec.name, PROVIDER: provider},
            concurrency=concurrency,
            project=options.project,
            client=api.client,
            progress=lambda state: report(state.done, state.total, f"{state.failed} failed" if state.failed else ""),
        )
    held: Run = api.get(f"/experiments/{result.experiment.id}", **options.scope())
    return held


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


def _said(found: Examined) -> Sequence[str]:
    """Returns what a reader must know of a canary run."""
    if not found.scored:
        return ["the judge gave no verdict on any of its items"]
    if found.bridge is None:
        return ["the first run here: change the judge and run this again to see what moves"]
    said = list(found.bridge["warnings"])
    if not found.bridge["drift_from"].endswith("labelled"):
        said.append("no item says what people think (metadata.human): only shifts are seen, not which side is right")
    return said


def _emit(judge: Evaluator, found: Examined, options: Options) -> None:
    version, run = judge.spec.version[:12], found.run
    made = "judged now" if found.fresh else "judged before, and nothing has changed since"
    note(f"{judge.spec.name} version {version}: {found.scored} verdicts in {run['name']!r}, {made}")
    if options.json:
        emit_json(asdict(found) | {"alarm": found.alarm})
        return
    if found.bridge:
        emit_bridge(found.bridge)
    told = found.bridge["warnings"] if found.bridge else ()
    for warning in _said(found):
        if warning not in told:
            note(f"note: {one_line(warning)}")
