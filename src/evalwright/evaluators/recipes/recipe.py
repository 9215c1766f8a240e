"""Calibration recipes: which public labels fit a ready evaluator, and how both sides come to speak the same words.

A recipe is data (``data/<evaluator>.yaml``); the sets it names are described once (``data/sets.yaml``). A recipe
without a set says which labels a user needs instead, so that "not calibrated" is always told with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import msgspec

from evalwright.domain.errors import InvalidInput
from evalwright.evaluators.judge.rubric_yaml import load_yaml

FOLDER: Final = "data"
SETS: Final = "sets.yaml"


class Shape(StrEnum):
    """What one row of a set is: one judged text, two answers of which people chose, or a recorded run."""

    ROWS = "rows"
    PAIRS = "pairs"
    RUNS = "runs"


class LabelledSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public set that people labelled.

    Attributes:
        name: short name.
        shape: what one row is.
        files: JSON lines of rows; for runs the files of labels.
        traces: for runs, the files of OTLP requests.
        source: repository and commit.
        licence: of the set; texts in it may keep rights of their own.
        by: source of the labels as scores: people, or a program that knows the truth.
        people: who said what, and how sure one can be of it.
        text: False where the set holds scores without the texts, so that only recorded judges can be held against it.
    """

    name: str = ""
    shape: Shape = Shape.ROWS
    files: tuple[str, ...]
    traces: tuple[str, ...] = ()
    source: str
    licence: str
    by: Literal["human", "code"] = "human"
    people: str
    text: bool = True


class Labelling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a set's labels become the evaluator's.

    Attributes:
        path: where the label stands in a row; a list there holds one vote for each person.
        words: other word -> label.
        under: cuts of a number, lowest first: under this, that label; ``rest`` is the label from the last cut on.
        rest: see ``under``; with ``marked`` the label of runs without such a mark.
        marked: for runs, marks of which one is enough for the label ``then``.
        then: see ``marked``.
        numbers: labels are numbers, to be correlated.
    """

    path: str = ""
    words: Mapping[str, str] = {}
    under: tuple[tuple[float, str], ...] = ()
    rest: str = ""
    marked: tuple[str, ...] = ()
    then: str = ""
    numbers: bool = False


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What belongs together: the value at ``path``, or of it what the first group of ``pattern`` matches."""

    path: str
    pattern: str = ""


class Fit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One set that fits one evaluator.

    Attributes:
        set: name of the set.
        score: the score that is compared; the evaluator's own name when empty.
        target: for runs, what the labels are of.
        values: argument -> path of a row, or paths of a list's elements.
        constants: argument -> text, where the set implies what a row does not say.
        each: keys that hold one judged text each; ``{each}`` in paths stands for the key.
        labels: how labels are read.
        group: what is split and resampled together; every row by itself when absent.
        same: words of either side that count as one, where people's labels are coarser than the evaluator's.
        positive: the label that sensitivity is about, where it is not plain.
        rows: labelled rows that the set is known to hold.
        found: label -> how many of them carry it; for numbers empty.
        about: what a reader of the card must know.
    """

    set: str
    score: str = ""
    target: Literal["trace", "session"] = "trace"
    values: Mapping[str, str | tuple[str, ...]] = {}
    constants: Mapping[str, str] = {}
    each: tuple[str, ...] = ()
    labels: Labelling
    group: Group | None = None
    same: Mapping[str, str] = {}
    positive: str = ""
    rows: int
    found: Mapping[str, int] = {}
    about: str


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one ready evaluator is calibrated.

    Attributes:
        evaluator: its name.
        reference: how it is loaded, with parameters; its name when empty.
        fits: sets that fit.
        recorded: sets without texts, whose recorded judges show what can be reached.
        missing: what no set here can tell, and which labels a user needs.
        exact: for checks that compute what they say and judge nothing: why there is nothing to calibrate.
    """

    evaluator: str
    reference: str = ""
    fits: tuple[Fit, ...] = ()
    recorded: tuple[Fit, ...] = ()
    missing: str = ""
    exact: str = ""

    @property
    def loads(self) -> str:
        """The reference ``registry.load`` takes."""
        return self.reference or self.evaluator


@cache
def labelled_sets() -> Mapping[str, LabelledSet]:
    """Returns the sets that recipes name: name -> set."""
    told = _convert(_document(SETS), dict[str, LabelledSet], SETS)
    return {name: msgspec.structs.replace(each, name=name) for name, each in told.items()}


@cache
def recipes() -> Mapping[str, Recipe]:
    """Returns the recipe of every ready evaluator, by its name."""
    found: dict[str, Recipe] = {}
    for name in sorted(each.name for each in _folder().iterdir() if each.name.endswith(".yaml") and each.name != SETS):
        document = _document(name)
        several = document.get("recipes") if isinstance(document, dict) else None
        for told in several if several is not None else [document]:
            recipe = _checked(_convert(told, Recipe, name), name)
            found[recipe.evaluator] = recipe
    return found


def _checked(recipe: Recipe, where: str) -> Recipe:
    unknown = [fit.set for fit in (*recipe.fits, *recipe.recorded) if fit.set not in labelled_sets()]
    if unknown:
        raise InvalidInput(f"{where}: there is no set {unknown[0]!r}", hint=f"known: {', '.join(labelled_sets())}")
    if not (recipe.fits or recipe.missing or recipe.exact):
        raise InvalidInput(f"{where}: {recipe.evaluator!r} has neither a set nor a reason for having none")
    return recipe


def _folder() -> Any:
    return resources.files("evalwright.evaluators.recipes") / FOLDER


def _document(name: str) -> Any:
    return load_yaml((_folder() / name).read_text(encoding="utf-8"), name)[0]


def _convert(value: Any, kind: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{where}: {error}") from error
