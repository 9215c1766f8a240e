"""What is known of an evaluator's error before anybody labelled anything here, and what to do to learn it."""

from __future__ import annotations

from collections.abc import Sequence

from evalwright.domain.knowledge import PublicCard, PublicKnowledge, PublicSet
from evalwright.evaluators.recipes.cards import ReadyCard, cards_for
from evalwright.evaluators.recipes.recipe import Fit, Recipe, labelled_sets, recipes


def knowledge(name: str, version: str = "", own_cards: int = 0) -> PublicKnowledge:
    """Returns what is known of an evaluator of this name and version, of which so many cards are stored already."""
    recipe, cards = recipes().get(name), cards_for(name)
    ordered = sorted(cards, key=lambda card: card.published)
    return PublicKnowledge(
        status=status(recipe, cards),
        advice="" if own_cards else advice(name, recipe, cards),
        cards=[_public(card, version) for card in ordered],
        sets=[_set(fit) for fit in recipe.fits] if recipe else [],
        missing=(recipe.missing or recipe.exact) if recipe else "",
    )


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


def advice(name: str, recipe: Recipe | None, ready: Sequence[ReadyCard]) -> str:
    """Returns what to do where no card of one's own is stored yet."""
    own = f"label some 200 of what it judged and run `evalwright evaluators calibrate {name} --against LABEL`"
    if recipe and recipe.exact:
        return "no card needed: it computes what it says, and judges nothing"
    if any(not card.published for card in ready):
        return f"no card of your own yet; the public ones are of other data: {own}"
    if recipe and recipe.fits:
        rows = ", ".join(f"{fit.set} ({fit.rows:,} labels)" for fit in recipe.fits)
        command = f"run `evalwright evaluators calibrate-ready {name} --labels DIR`"
        return f"no card yet: these labels are needed: {rows}; {command}. Better still, {own}"
    if recipe:
        return f"no card yet: labels of your own are needed, no public set fits; {own}"
    return f"no card yet: labels are needed; {own}"


def _public(card: ReadyCard, version: str) -> PublicCard:
    known = labelled_sets()[card.set]
    return PublicCard(
        judge=card.judge,
        published=card.published,
        version=card.version,
        this_version=bool(version) and card.version == version,
        set=card.set,
        source=known.source,
        licence=known.licence,
        people=known.people,
        measured=card.measured,
        rows=card.rows,
        groups=card.groups,
        undecided=card.undecided,
        counts=card.counts,
        positive=card.positive,
        measures=card.measures,
        confusion=card.confusion,
        person=card.person,
        statements=card.statements,
    )


def _set(fit: Fit) -> PublicSet:
    known = labelled_sets()[fit.set]
    return PublicSet(
        set=fit.set,
        source=known.source,
        licence=known.licence,
        people=known.people,
        rows=fit.rows,
        found=fit.found,
        about=fit.about,
    )
