"""``evalwright evaluators``: what can judge, and judging what is stored."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from cyclopts import App

from evalwright.cli.canary import as_rows, watch_canaries, watch_served_models
from evalwright.cli.judging_notes import tell_judging
from evalwright.cli.kin import Authors
from evalwright.cli.options import Caching, Filtered, Options
from evalwright.cli.output import Column, emit_json, emit_rows, money, note, one_line
from evalwright.cli.progress import Report, progress
from evalwright.cli.scores import four_counts, mean_or_labels
from evalwright.domain.evaluator import Evaluator
from evalwright.domain.score import Target

if TYPE_CHECKING:
    from evalwright.experiments.canary import Watched
    from evalwright.scoring import RunReport

app = App(name="evaluators", help="List evaluators and run them over stored spans, traces and sessions.")
for _name, (_module, _help, _example) in {
    "calibrate": (
        "calibrate",
        "Compares an evaluator's verdicts with what people said; keeps a card of its version.",
        "calibrate faithfulness --against gold",
    ),
    "calibrate-ready": (
        "ready",
        "Runs ready evaluators over public sets that people labelled, and keeps a card of each.",
        "calibrate-ready exact_match --labels labels",
    ),
    "cards": ("calibrate", "Lists the calibrations of an evaluator, newest first.", "cards faithfulness"),
    "disagreements": (
        "calibrate",
        "Lists the targets on which judge and people differ.",
        "disagreements faithfulness cc_0192f0c1 --human true --judge false",
    ),
    "compare": (
        "calibrate",
        "Compares judges on the targets that people labelled and all of them judged.",
        "compare faithfulness,faithfulness-small --against gold",
    ),
    "canary": (
        "canary",
        "Runs an evaluator over recorded outputs, and compares it with the version before.",
        "canary evaluators/faithfulness.yaml --dataset canary-set",
    ),
    "bridge": (
        "calibrate",
        "Shows what changes between two versions of an evaluator on the targets that both judged.",
        "bridge faithfulness --from 3f2a --to 9c01",
    ),
    "show": ("evaluator_show", "Shows what an evaluator asks, and its cards.", "show faithfulness"),
    "probe": (
        "probe",
        "Probes a judge for eleven faults; exit code 1 for one.",
        "probe faithfulness --dataset golden",
    ),
    "probes": ("probe_reports", "Lists or shows the probe reports of a judge.", "probes faithfulness"),
}.items():
    app.command(
        f"evalwright.cli.{_module}:{_name.replace('-', '_')}",
        name=_name,
        help=f"{_help}\n\nExample: evalwright evaluators {_example}",
    )

COLUMNS: Sequence[Column] = (
    ("name", lambda row: row["spec"]["name"]),
    ("kind", lambda row: row["spec"]["kind"]),
    ("target", lambda row: row["spec"]["target"]),
    ("versions", lambda row: row["versions"]),
    ("scored/skipped/unseen/errored", lambda row: four_counts(row["denominators"])),
    ("mean or labels", lambda row: mean_or_labels(row["scores"])),
    ("description", lambda row: one_line(row["spec"]["description"])[:60]),
)
REPORT: Sequence[Column] = (
    ("evaluator", lambda row: row["name"]),
    ("version", lambda row: row["version"][:12]),
    ("scored/skipped/unseen/errored", lambda row: four_counts(row["denominators"])),
    ("done before", lambda row: row["already"] or ""),
    ("cost", lambda row: money(row["cost"])),
    ("labels", lambda row: " ".join(f"{label}:{count}" for label, count in row["labels"].items() if label)),
)


@app.command(name="list")
def list_(*, ready: bool = False, options: Options = Options()) -> None:
    """Lists evaluators that have scored in this project; --ready lists those that come with Evalwright.

    Example: evalwright evaluators list --ready

    Args:
        ready: the ready-made ones instead.
    """
    if ready:
        from evalwright.cli.evaluator_show import list_ready

        list_ready(options)
        return
    page = options.api().get("/evaluators", **options.scope())
    hint = "none has scored yet; `evalwright evaluators list --ready` shows those at hand"
    emit_rows(page["items"], COLUMNS, as_json=options.json, empty=hint)


@app.command
def add(reference: str, *, model: str = "", canary: bool = True, options: Options = Options()) -> int:
    """Registers evaluators without judging anything stored; a changed judge is run over its canary set.

    Example: evalwright evaluators add evaluators/tone.yaml

    Args:
        reference: ready names, file.py:function or rubric.yaml, comma-separated.
        model: the model judges ask.
        canary: --no-canary leaves the canary set of a changed judge for later.
    """
    from evalwright.cli.judging import evaluators_of

    with evaluators_of(reference, options, model=model) as evaluators:
        for evaluator in evaluators:
            _register(evaluator, options)
            note(f"registered {evaluator.spec.name} version {evaluator.spec.version[:12]}")
        return 1 if any(each.alarm for each in watch_canaries(evaluators, options, run=canary).values()) else 0


@app.command(name="run")
def run_(
    reference: str,
    *,
    target: Literal["", "span", "trace", "session"] = "",
    limit: int = 0,
    concurrency: int = 32,
    model: str = "",
    again: bool = False,
    canary: bool = True,
    caching: Caching = Caching(),
    filtered: Filtered = Filtered(),
    options: Options = Options(),
) -> int:
    """Judges stored spans, traces or sessions; run it again to go on where it stopped.

    A rubric that names a canary set is first run over that set when rubric, model or provider have changed. Exit code 1
    when a target could not be judged because of an error, or the canary set shows that the judge has moved.

    Example: evalwright evaluators run latency_under:ms=2000 --target span --filter 'kind == "LLM"'

    Args:
        reference: ready names, file.py:function, file.py, rubric.yaml or a folder of them; several separated by commas.
        target: what is judged; the evaluator's own target when left out.
        limit: targets at most; 0 means all that match.
        concurrency: targets judged at once.
        model: the model judges ask.
        again: judge also what this version has judged before.
        canary: --no-canary leaves the canary set of a changed judge for later, and says so.
        caching: where verdicts are kept; what was judged before with equal content costs nothing again.
    """
    from evalwright.cli.judging import evaluators_of

    with evaluators_of(reference, options, model=model, cache=caching.place) as evaluators:
        watched = watch_canaries(evaluators, options, run=canary)
        chosen = Target(target) if target else evaluators[0].spec.target
        authors = Authors()
        with progress(f"judging {chosen.value}s", unit=f"{chosen.value}s") as report:
            work = _judge(evaluators, chosen, filtered, limit, concurrency, again, options, report, authors)
            result = asyncio.run(work)
        judging = [part.judging for part in result.evaluators if part.judging]
        watched = watch_served_models(evaluators, options, watched, judging)
        warnings = authors.warnings(evaluators)
    _emit(result, warnings, watched, options)
    failed = any(part.denominators.errored for part in result.evaluators)
    return 1 if failed or any(each.alarm for each in watched.values()) else 0


async def _judge(
    evaluators: Sequence[Evaluator],
    target: Target,
    filtered: Filtered,
    limit: int,
    concurrency: int,
    again: bool,
    options: Options,
    report: Report,
    authors: Authors,
) -> RunReport:
    from evalwright.evaluators import Judge
    from evalwright.scoring import already_scored, read_subjects, score_subjects, score_to_wire

    api = options.api()
    for evaluator in evaluators:
        _register(evaluator, options)
    specs = [evaluator.spec for evaluator in evaluators]
    done = {} if again else already_scored(api.get, project=options.project, target=target, specs=specs)
    subjects = read_subjects(api.get, target=target, project=options.project, limit=limit, **filtered.params())
    try:
        return await score_subjects(
            evaluators,
            authors.of(subjects),
            lambda scores: api.post("/scores", {"scores": [score_to_wire(s) for s in scores]}, **options.scope()),
            concurrency=concurrency,
            already=done,
            on_progress=report,
        )
    finally:
        for judge in evaluators:
            if isinstance(judge, Judge):
                await judge.aclose()


def _register(evaluator: Evaluator, options: Options) -> None:
    options.api().client.register_evaluator(evaluator.spec, project=options.project)


def _emit(result: RunReport, warnings: Sequence[str], watched: Mapping[str, Watched], options: Options) -> None:
    plain = {**dataclasses.asdict(result), "warnings": warnings, "canaries": as_rows(watched)}
    if options.json:
        emit_json(plain)
        return
    emit_rows(plain["evaluators"], REPORT, as_json=False, empty="")
    for part in plain["evaluators"]:
        for status, reason, count in part["reasons"]:
            note(f"{part['name']}: {count} {status}: {one_line(reason)}")
    tell_judging(part["judging"] for part in plain["evaluators"])
    for warning in warnings:
        note(f"note: {one_line(warning)}")
    note(f"{result.subjects} targets, {result.written} scores written in {result.elapsed_s:.1f} s")
    if not result.subjects:
        note("nothing matched; check --project, --target and --filter")
