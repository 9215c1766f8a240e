"""``evalwright evaluators calibrate-ready``: ready evaluators over the labelled sets that fit them, and their cards."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evalwright.cli import ready_store
from evalwright.cli.connect import segment
from evalwright.cli.options import Caching, Options
from evalwright.cli.output import Column, emit_json, emit_rows, estimate, money, note, one_line
from evalwright.cli.progress import Report, progress
from evalwright.cli.scores import four_counts
from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Evaluator, Outcome, Subject
from evalwright.domain.score import ScoreSource, ScoreType

if TYPE_CHECKING:
    from evalwright.cli.ready_store import Stored
    from evalwright.evaluators.recipes import Fit, LabelledItem, Recipe
    from evalwright.scoring import RunReport

PROJECT: Final = "calibration"
"""Where verdicts on public sets go unless a project is named: they must not move the means of your own agent."""

COLUMNS: Sequence[Column] = (
    ("score", lambda row: row["score"]),
    ("set", lambda row: row["set"]),
    ("scored/skipped/unseen/errored", lambda row: four_counts(row["card"]["report"]["judge"])),
    ("agreement", lambda row: _overall(row, "agreement") or _overall(row, "spearman")),
    ("kappa", lambda row: _overall(row, "kappa")),
    ("sensitivity", lambda row: _overall(row, "sensitivity")),
    ("specificity", lambda row: _overall(row, "specificity")),
    ("cost", lambda row: money(row["cost"])),
    ("card", lambda row: row["card"]["id"]),
)


def _overall(row: Mapping[str, Any], name: str) -> str:
    return estimate(row["card"]["report"]["overall"][name])


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much to judge and how."""

    labels: Path
    limit: int
    seed: int
    max_cost: float | None
    concurrency: int
    again: bool
    min_agreement: float | None


def calibrate_ready(
    *names: str,
    labels: Path,
    set: str = "",
    model: str = "",
    limit: int = 0,
    max_cost: float | None = None,
    min_agreement: float | None = None,
    concurrency: int = 16,
    seed: int = 0,
    again: bool = False,
    caching: Caching = Caching(),
    options: Options = Options(),
) -> int:
    """Runs ready evaluators over public sets that people labelled, and keeps a card of each.

    Without names, all that a set fits. What is judged goes to the project "calibration" unless --project names another.
    Run it again to go on where it stopped: what this version has judged is not judged again. Exit code 1 when a verdict
    failed, or --min-agreement is given and a lower bound on the holdout does not reach it.

    Example: evalwright evaluators calibrate-ready faithfulness --labels ./judge --limit 200 --max-cost 2

    Args:
        names: ready evaluators.
        labels: folder that holds the sets' files, or folders of them.
        set: only this set.
        model: the model judges ask.
        limit: items of a set at most, drawn at random and spread over its groups; 0 means all.
        max_cost: USD after which nothing more is asked; calls under way are finished.
        min_agreement: the bar.
        concurrency: items judged at once.
        seed: of the draw.
        again: judge also what this version has judged before.
        caching: where verdicts are kept; equal content costs nothing again.
    """
    from evalwright.cli.judging import evaluators_of

    chosen = _chosen(names, set)
    scoped = options if options.project != "default" else dataclasses.replace(options, project=PROJECT)
    plan = Plan(
        labels=labels,
        limit=limit,
        seed=seed,
        max_cost=max_cost,
        concurrency=concurrency,
        again=again,
        min_agreement=min_agreement,
    )
    spent, rows = Spent(max_cost), []
    for recipe, fits in chosen:
        with evaluators_of(recipe.loads, scoped, model=model, cache=caching.place) as [evaluator]:
            rows += [asyncio.run(_calibrate(evaluator, recipe, fit, plan, spent, scoped)) for fit in fits]
    _emit(rows, spent, scoped)
    failed = any(row["run"]["evaluators"][0]["denominators"]["errored"] for row in rows)
    bars = [row["card"]["report"]["bar"] for row in rows]
    return 1 if failed or any(bar and bar["verdict"] != "pass" for bar in bars) else 0


def _chosen(names: Sequence[str], set: str) -> list[tuple[Recipe, list[Fit]]]:
    """Returns recipes with the sets to run; a name without a set is refused with the reason."""
    from evalwright.evaluators.recipes import recipes
    from evalwright.evaluators.registry import ready_rubrics

    known = recipes()
    for name in names:
        if name not in known:
            raise InvalidInput(f"there is no ready evaluator {name!r}", hint=f"known: {', '.join(known)}")
        if not known[name].fits:
            raise InvalidInput(
                f"no public set fits {name!r}: {known[name].missing or known[name].exact}",
                hint="`evalwright evaluators calibrate` holds it against labels of your own",
            )
    wanted = names or [name for name in ready_rubrics() if known[name].fits]
    found = [(known[name], [fit for fit in known[name].fits if set in ("", fit.set)]) for name in wanted]
    if not any(fits for _, fits in found):
        sets = sorted({fit.set for recipe, _ in found for fit in recipe.fits})
        raise InvalidInput(f"set {set!r} fits none of these", hint=f"sets that do: {', '.join(sets)}")
    return [(recipe, fits) for recipe, fits in found if fits]


class Spent:
    """What verdicts cost so far, and whether there is money for more."""

    def __init__(self, most: float | None) -> None:
        self.usd = 0.0
        self.unpriced = 0
        self._most = most

    def add(self, outcome: Outcome) -> None:
        """Counts one verdict; one that a model gave at no known price is counted apart."""
        self.usd += outcome.cost or 0.0
        self.unpriced += "calls" in outcome.metadata and outcome.cost is None

    @property
    def over(self) -> bool:
        """Whether nothing more may be asked; a budget cannot be kept without prices."""
        return self._most is not None and (self.usd >= self._most or self.unpriced > 0)


@dataclasses.dataclass(frozen=True, slots=True)
class Metered:
    """The same evaluator, whose costs are counted."""

    inner: Evaluator
    spent: Spent

    @property
    def spec(self) -> Any:
        """That of the evaluator."""
        return self.inner.spec

    @property
    def source(self) -> ScoreSource:
        """That of the evaluator."""
        return self.inner.source

    async def evaluate(self, subject: Subject) -> Sequence[tuple[str, ScoreType, Outcome]]:
        """Judges, and counts what it cost."""
        found = await self.inner.evaluate(subject)
        for _, _, outcome in found:
            self.spent.add(outcome)
        return found


async def _calibrate(
    evaluator: Evaluator, recipe: Recipe, fit: Fit, plan: Plan, spent: Spent, options: Options
) -> dict[str, Any]:
    from evalwright.evaluators.recipes import labelled_sets, read_items, sample

    score = fit.score or recipe.evaluator
    every = read_items(fit, plan.labels)
    items = sample(every, plan.limit, plan.seed)
    runs = bool(labelled_sets()[fit.set].traces)
    options.api().client.register_evaluator(evaluator.spec, project=options.project)
    if runs:
        stored = ready_store.store_runs(fit, score, items, plan.labels, options)
    else:
        stored = ready_store.store_texts(fit, score, every, items, options)
    worth = _worth(evaluator)
    ready_store.store_labels(stored, items, evaluator.spec.type, worth, labelled_sets()[fit.set].by, options)
    before = spent.usd
    with progress(f"{recipe.evaluator} on {fit.set}", unit="items") as report:
        run = await _judge(Metered(evaluator, spent), stored, items, plan, options, report)
    judged = evaluator.spec
    if score.endswith(".prefers"):
        judged = ready_store.store_preferences(stored, items, judged, score, options)
    card = _card(judged.name, judged.version, score, fit, stored, plan, options)
    told = {"about": fit.about, "missing": recipe.missing, "stopped": spent.over, "labelled": len(every)}
    cost = None if spent.unpriced else spent.usd - before
    about = {"evaluator": recipe.evaluator, "score": score, "set": fit.set, "cost": cost}
    return {**about, **told, "run": run, "card": card}


def _worth(evaluator: Evaluator) -> dict[str, float]:
    """Returns label -> number, as the evaluator counts its own labels."""
    scores = evaluator.spec.definition.get("scores")
    if scores:
        return dict(scores)
    return {"true": 1.0, "false": 0.0} if evaluator.spec.type is ScoreType.BOOLEAN else {}


async def _judge(
    evaluator: Metered, stored: Stored, items: Sequence[LabelledItem], plan: Plan, options: Options, report: Report
) -> dict[str, Any]:
    from evalwright.evaluators import Judge
    from evalwright.scoring import already_scored, score_subjects, score_to_wire

    api, spec = options.api(), evaluator.spec
    done = {}
    if not plan.again:
        done = already_scored(api.get, project=options.project, target=stored.target, specs=[spec])
    total = sum(max(1, len(item.sides)) for item in items)
    try:
        result: RunReport = await score_subjects(
            [evaluator],
            _affordable(ready_store.subjects_of(stored, items, options), evaluator.spent),
            lambda scores: api.post("/scores", {"scores": [score_to_wire(s) for s in scores]}, **options.scope()),
            concurrency=plan.concurrency,
            already=done,
            total=total,
            on_progress=lambda count, of, _: report(count, of, money(evaluator.spent.usd)),
        )
    finally:
        if isinstance(evaluator.inner, Judge):
            await evaluator.inner.aclose()
    return dataclasses.asdict(result)


async def _affordable(subjects: Iterable[Subject], spent: Spent) -> AsyncIterator[Subject]:
    """Yields subjects until the money is spent. They are read in a thread, for that blocks."""
    following = iter(subjects)
    while not spent.over:
        subject = await asyncio.to_thread(next, following, None)
        if subject is None:
            return
        yield subject


def _card(
    name: str, version: str, score: str, fit: Fit, stored: Stored, plan: Plan, options: Options
) -> Mapping[str, Any]:
    body = {
        **{"label": stored.label, "judge_score": score, "version": version, "dataset": stored.dataset},
        **{"group_by": "metadata.group", "label_map": dict(fit.same), "positive": fit.positive},
        "min_agreement": plan.min_agreement,
    }
    made: Mapping[str, Any] = options.api().post(f"/evaluators/{segment(name)}/calibrations", body, **options.scope())
    return made


def _emit(rows: Sequence[Mapping[str, Any]], spent: Spent, options: Options) -> None:
    if options.json:
        emit_json({"items": rows, "cost": None if spent.unpriced else spent.usd, "project": options.project})
        return
    emit_rows(rows, COLUMNS, as_json=False, empty="")
    for row in rows:
        _tell(row)
    shown = f"{spent.unpriced} verdicts at no known price" if spent.unpriced else money(spent.usd) or "$0"
    note(f"spent in this run: {shown}; cards are in project {options.project!r}")
    if spent.unpriced and spent.over:
        note("stopped: the model has no known price, so --max-cost cannot be kept; leave it out or use --limit")


def _tell(row: Mapping[str, Any]) -> None:
    card, where = row["card"], f"{row['score']} on {row['set']}"
    asked = sum(card["report"]["judge"].values())
    note(f"{where}: {asked} of {row['labelled']} labelled items judged. {one_line(row['about'])}")
    for statement in card["report"]["statements"]:
        note(f"{where}: note: {one_line(statement)}")
    for status, reason, count in row["run"]["evaluators"][0]["reasons"]:
        note(f"{where}: {count} {status}: {one_line(reason)}")
    if row["stopped"]:
        note(f"{where}: stopped at --max-cost; run it again with more to go on")
    bar = card["report"]["bar"]
    if bar:
        note(f"{where}: bar: {bar['verdict'].upper()}: {bar['explanation']}")
