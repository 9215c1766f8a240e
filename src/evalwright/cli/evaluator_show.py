"""``evalwright evaluators show`` and ``list --ready``: what an evaluator asks, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from evalwright.cli.calibrate import CARDS
from evalwright.cli.connect import segment
from evalwright.cli.options import Options
from evalwright.cli.output import Column, emit_json, emit_rows, note, one_line, out
from evalwright.cli.ready import PROJECT
from evalwright.cli.scores import four_counts
from evalwright.domain.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from evalwright.evaluators.judge.rubric import Rubric
    from evalwright.evaluators.recipes import ReadyCard, Recipe

DERIVED: Final = (".prefers",)
READY_CARDS: Sequence[Column] = (
    ("verdicts of", itemgetter("judge")),
    ("on", itemgetter("set")),
    ("rows (groups)", lambda row: f"{row['rows']} ({row['groups']})"),
    ("agreement", itemgetter("agreement")),
    ("kappa", itemgetter("kappa")),
    ("rank correlation", itemgetter("spearman")),
    ("one person", itemgetter("person")),
    ("measured", itemgetter("measured")),
)


def show(name: str, *, options: Options = Options()) -> None:
    """Shows one evaluator: what it asks, its versions and scores, and its calibration cards.

    Cards are those of the project and of "calibration", where `calibrate-ready` keeps them, and those that come with
    Evalwright. A ready evaluator is shown without a server too.

    Args:
        name: of an evaluator that has scored, or a ready one.
    """
    from evalwright.evaluators.recipes import labelled_sets, recipes
    from evalwright.evaluators.recipes.cards import cards_for
    from evalwright.evaluators.recipes.known import advice, status
    from evalwright.evaluators.registry import ready_rubrics

    recipe, rubric, ready = recipes().get(name), ready_rubrics().get(name), cards_for(name)
    reachable = options.api().reachable()
    if not reachable and recipe is None:
        raise InvalidInput(f"{name!r} is no ready evaluator, and no server answers", hint="evalwright serve")
    registered = _registered(name, recipe, options) if reachable else None
    cards = _cards(name, options) if reachable else []
    if options.json:
        sets = [labelled_sets()[fit.set] for fit in recipe.fits] if recipe else []
        told = {"cards": cards, "ready_cards": ready, "recipe": recipe, "sets": sets, "status": status(recipe, ready)}
        told["advice"] = "" if cards else advice(name, recipe, ready)
        emit_json({**(registered or {"name": name}), "calibration": msgspec.to_builtins(told)})
        return
    _emit_definition(name, rubric, registered)
    _emit_calibration(name, cards, ready, recipe)
    if not reachable:
        note("no server answers: cards of your own are not shown")


def _registered(name: str, recipe: Recipe | None, options: Options) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = options.api().get(f"/evaluators/{segment(name)}", **options.scope())
    except NotFound as error:
        if recipe is None:
            raise NotFound(error.message, hint=_near(name, options)) from error
        return None
    return found


def _near(name: str, options: Options) -> str:
    """Returns which evaluator may have been meant, of those that scored here and those that come with Evalwright."""
    from difflib import get_close_matches

    from evalwright.evaluators.recipes import recipes

    here = [each["spec"]["name"] for each in options.api().get("/evaluators", **options.scope())["items"]]
    close = get_close_matches(name, [*here, *recipes()], n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}`evalwright evaluators list` shows what has scored in this project, with --ready what can be run"


def _cards(name: str, options: Options) -> list[Mapping[str, Any]]:
    """Returns the cards of an evaluator, newest first, with the project each is in."""
    found: list[Mapping[str, Any]] = []
    for project in dict.fromkeys((options.project, PROJECT)):
        for each in (name, *(name + suffix for suffix in DERIVED)):
            page = options.api().get(f"/evaluators/{segment(each)}/calibrations", limit=50, project=project)
            found += page["items"]
    return sorted(found, key=lambda card: card["created_time"] or "", reverse=True)


def list_ready(options: Options) -> None:
    """Lists the evaluators that come with Evalwright, with their calibration status."""
    from evalwright.evaluators.recipes.listing import every_ready

    told = [
        {**{key: row[key] for key in ("name", "kind", "about")}, "calibration": row["status"]} for row in every_ready()
    ]
    columns: Sequence[Column] = tuple((title, itemgetter(title)) for title in ("name", "kind", "calibration", "about"))
    emit_rows(told, columns, as_json=options.json, empty="")


def _emit_definition(name: str, rubric: Rubric | None, registered: Mapping[str, Any] | None) -> None:
    spec = registered["spec"] if registered else None
    about = spec["description"] if spec else rubric.description if rubric else ""
    check = _check(name) if rubric is None else None
    about = about or (check["about"] if check else "")
    out().print(f"{name}: {one_line(about)}" if about else name, markup=False, highlight=False, soft_wrap=True)
    if rubric and (spec is None or spec["definition"].get("rubric_version") == rubric.version):
        inputs = ", ".join(f"{given} ({selector})" for given, selector in rubric.inputs.items())
        note(f"judges one {rubric.target.value} by rubric {rubric.version}; reads {inputs}")
        labels = [
            {"label": label, "counts": rubric.scores.get(label), "means": told} for label, told in rubric.labels.items()
        ]
        columns: Sequence[Column] = tuple((title, itemgetter(title)) for title in ("label", "counts", "means"))
        emit_rows(labels, columns, as_json=False, empty="")
    if check:
        note(f"run it: `{check['run']}`")
        given = [f"{each['name']}={each['default'] or '...'}" for each in check["parameters"]]
        note(
            f"takes {', '.join(given)}; parameters follow the name, as in {name}:{given[0]}"
            if given
            else "takes nothing"
        )
    if spec and registered:
        counts = four_counts(registered["denominators"])
        note(f"version {spec['version'][:12]} of {registered['versions']}; scored/skipped/unseen/errored {counts}")


def _check(name: str) -> Mapping[str, Any] | None:
    """Returns a ready check by code; None where none has this name."""
    from evalwright.evaluators.recipes.listing import one_ready

    try:
        return one_ready(name)
    except NotFound:
        return None


def _emit_calibration(
    name: str, cards: Sequence[Mapping[str, Any]], ready: Sequence[ReadyCard], recipe: Recipe | None
) -> None:
    from evalwright.evaluators.recipes import labelled_sets
    from evalwright.evaluators.recipes.known import advice

    if cards:
        emit_rows(cards, CARDS, as_json=False, empty="")
    else:
        note(advice(name, recipe, ready))
    if ready:
        emit_rows([_row(card) for card in ready], READY_CARDS, as_json=False, empty="")
        note("these come with Evalwright, measured on public labels; your data differ: calibrate on your own as well")
        if any(card.published for card in ready):
            note("verdicts of others were published with their sets: other judges by other rubrics, to compare with")
        for statement in dict.fromkeys(s for card in ready if not card.published for s in card.statements):
            note(f"note: {one_line(statement)}")
    for fit in recipe.fits if recipe else ():
        known = labelled_sets()[fit.set]
        note(f"{fit.set} ({known.source}; {known.licence}): {fit.rows} labelled. {known.people} {one_line(fit.about)}")
    if recipe and (recipe.missing or recipe.exact):
        note(one_line(recipe.missing or recipe.exact))


def _row(card: ReadyCard) -> dict[str, Any]:
    from evalwright.domain.estimate import render

    shown = {name: render(each) for name, each in card.measures.items()}
    about = {name: getattr(card, name) for name in ("judge", "set", "rows", "groups", "measured")}
    person = render(card.person) if card.person else ""
    return {**about, **{name: shown.get(name, "") for name in ("agreement", "kappa", "spearman")}, "person": person}
