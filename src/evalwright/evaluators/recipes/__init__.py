"""How each ready evaluator is held against people: which labelled set fits it, and what came out where it was done."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evalwright.evaluators.recipes.cards import ReadyCard, ready_cards
    from evalwright.evaluators.recipes.items import LabelledItem, read_items, sample
    from evalwright.evaluators.recipes.recipe import Fit, LabelledSet, Recipe, labelled_sets, recipes

__all__ = [
    "Fit",
    "LabelledItem",
    "LabelledSet",
    "ReadyCard",
    "Recipe",
    "labelled_sets",
    "read_items",
    "ready_cards",
    "recipes",
    "sample",
]

_HOMES: Final = {
    "Fit": "recipe",
    "LabelledItem": "items",
    "LabelledSet": "recipe",
    "ReadyCard": "cards",
    "Recipe": "recipe",
    "labelled_sets": "recipe",
    "read_items": "items",
    "ready_cards": "cards",
    "recipes": "recipe",
    "sample": "items",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
