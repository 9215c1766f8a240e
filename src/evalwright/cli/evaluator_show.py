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
        emit_json({**(registered or {"name": name}), "calibration": msgspec.to_builtins(told)})
        return
    _emit_definition(name, rubric, registered)
    _emit_calibration(name, cards, ready, recipe)
    if not reachable:
        note("no server answers: cards of your own are not shown")


def _registered(name: str, recipe: Recipe | None, options: Options) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = options.api().get(f"/evaluators/{segment(name)}", **options.scope())
    except NotFound:
        if recipe is None:
            raise
        return None
    return found


def _cards(name: str, options: Options) -> list[Mapping[str, Any]]:
    """Returns the cards of an evaluator, newest first, with the project each is in."""
    found: list[Mapping[str, Any]] = []
    for project in dict.fromkeys((options.project, PROJECT)):
        for each in (name, *(name + suffix for suffix in DERIVED)):
            page = options.api().get(f"/evaluators/{segment(each)}/calibrations", limit=50, project=project)
            found += page["items"]
    return sorted(found, key=lambda card: card["created_time"] or "", reverse=True)


def status(recipe: Recipe | None, ready: Sequence[ReadyCard]) -> str:
    """Returns in a few words what is known of a ready evaluator's error before anybody ran it here."""
    if recipe is None:
        return ""
    own = [card for card in ready if not card.published]
    if own:
        return f"card on {', '.join(card.set for card in own)}"
    if recipe.fits:
        return f"fits {', '.join(dict.fromkeys(fit.set for fit in recipe.fits))}"
    return "computes" if recipe.exact else "needs your labels"


def list_ready(options: Options) -> None:
    """Lists the evaluators that come with Evalwright, with their calibration status."""
    from evalwright.evaluators.recipes import recipes
    from evalwright.evaluators.recipes.cards import cards_for
    from evalwright.evaluators.registry import ready, ready_rubrics

    rows: list[dict[str, Any]] = [
        {"name": name, "kind": "code", "about": (factory.__doc__ or "").strip().splitlines()[0]}
        for name, factory in ready().items()
    ]
    rows += [{"name": n, "kind": "judge", "about": rubric.description} for n, rubric in ready_rubrics().items()]
    told = [{**row, "calibration": status(recipes().get(row["name"]), cards_for(row["name"]))} for row in rows]
    columns: Sequence[Column] = tuple((title, itemgetter(title)) for title in ("name", "kind", "calibration", "about"))
    emit_rows(told, columns, as_json=options.json, empty="")


def _emit_definition(name: str, rubric: Rubric | None, registered: Mapping[str, Any] | None) -> None:
    spec = registered["spec"] if registered else None
    about = spec["description"] if spec else rubric.description if rubric else ""
    out().print(f"{name}: {one_line(about)}" if about else name, markup=False, highlight=False, soft_wrap=True)
    if rubric and (spec is None or spec["definition"].get("rubric_version") == rubric.version):
        inputs = ", ".join(f"{given} ({selector})" for given, selector in rubric.inputs.items())
        note(f"judges one {rubric.target.value} by rubric {rubric.version}; reads {inputs}")
        labels = [
            {"label": label, "counts": rubric.scores.get(label), "means": told} for label, told in rubric.labels.items()
        ]
        columns: Sequence[Column] = tuple((title, itemgetter(title)) for title in ("label", "counts", "means"))
        emit_rows(labels, columns, as_json=False, empty="")
    if spec and registered:
        counts = four_counts(registered["denominators"])
        note(f"version {spec['version'][:12]} of {registered['versions']}; scored/skipped/unseen/errored {counts}")


def _emit_calibration(
    name: str, cards: Sequence[Mapping[str, Any]], ready: Sequence[ReadyCard], recipe: Recipe | None
) -> None:
    from evalwright.evaluators.recipes import labelled_sets

    if cards:
        emit_rows(cards, CARDS, as_json=False, empty="")
    else:
        note(f"no card yet: {_how(name, recipe)}")
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


def _how(name: str, recipe: Recipe | None) -> str:
    if recipe and recipe.fits:
        return f"run `evalwright evaluators calibrate-ready {name} --labels DIR`"
    if recipe and recipe.exact:
        return "it computes what it says, and judges nothing"
    return f"label some of what it judged, then run `evalwright evaluators calibrate {name} --against LABEL`"


def _row(card: ReadyCard) -> dict[str, Any]:
    from evalwright.domain.estimate import render

    shown = {name: render(each) for name, each in card.measures.items()}
    about = {name: getattr(card, name) for name in ("judge", "set", "rows", "groups", "measured")}
    person = render(card.person) if card.person else ""
    return {**about, **{name: shown.get(name, "") for name in ("agreement", "kappa", "spearman")}, "person": person}
