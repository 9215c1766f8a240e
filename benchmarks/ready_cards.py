"""Makes the cards that come with Evalwright: ready checks and published judges on labelled sets.

    python benchmarks/ready_cards.py LABELS        # shows what would change
    python benchmarks/ready_cards.py LABELS --write

LABELS is a folder that holds the sets named in ``evaluators/recipes/data/sets.yaml``, or folders of them. What is
written are figures only. A check whose code changes has a new version: then the tests ask for this to be run again.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import structs

import evalwright.evaluators.recipes as package
from evalwright.domain.evaluator import StepContent, Subject
from evalwright.evaluators import load
from evalwright.evaluators.recipes import Fit, LabelledItem, ReadyCard, Recipe, labelled_sets, read_items, recipes
from evalwright.evaluators.recipes.cards import FILE, card_of, ready_cards, write_cards
from evalwright.evaluators.recipes.items import find_file
from evalwright.evaluators.recipes.measure import measure, measure_published, published_judges, subject_of
from evalwright.evaluators.registry import ready
from evalwright.ingest.json import decode_json
from evalwright.scoring.subjects import trace_subject
from evalwright.semconv import content, normalise

PROMPTS = ("", "Vanilla", "Vanilla_NoRules", "Metrics_Reference")
"""Of judges published under many prompts these are kept: the plainest, and the best that LLMBar found."""


def cards(labels: Path, day: str) -> Iterator[ReadyCard]:
    """Yields every card that can be made without asking a model."""
    for recipe in recipes().values():
        for fit in recipe.fits if recipe.evaluator in ready() else ():
            yield checked(recipe, fit, labels, day)
        for fit in (*recipe.fits, *recipe.recorded):
            yield from published(recipe, fit, labels, day)


def checked(recipe: Recipe, fit: Fit, labels: Path, day: str) -> ReadyCard:
    """Returns the card of a ready check."""
    evaluator = load(recipe.loads)
    items = read_items(fit, labels)
    report = asyncio.run(measure(evaluator, fit, items, subjects(fit, items, labels)))
    about = {"evaluator": recipe.evaluator, "judge": recipe.loads, "version": evaluator.spec.version}
    return card_of(report, **about, set=fit.set, measured=day)


def published(recipe: Recipe, fit: Fit, labels: Path, day: str) -> Iterator[ReadyCard]:
    """Yields the cards of judges whose verdicts came with a set."""
    if recipe.evaluator in ready() or labelled_sets()[fit.set].traces:
        return
    for judge in published_judges(fit.set, labels):
        if judge.partition("/")[2] in PROMPTS:
            report = measure_published(fit, judge, labels)
            yield card_of(report, evaluator=recipe.evaluator, judge=judge, set=fit.set, measured=day)


def subjects(fit: Fit, items: list[LabelledItem], labels: Path) -> Mapping[str, Subject]:
    """Returns what is judged by the key of its item; runs are read as the server reads them."""
    traces = labelled_sets()[fit.set].traces
    if not traces:
        return {item.key: subject_of(item) for item in items}
    steps: dict[str, list[StepContent]] = {}
    for name in traces:
        with gzip.open(find_file(labels, name)) as lines:
            for raw in (
                span for line in lines for span in decode_json(line, max_value_chars=1_000_000, now_ns=1).spans
            ):
                span = normalise(raw, project="p", received_ns=1)
                steps.setdefault(span.trace_id, []).append(StepContent(span=span, content=content(span)))
    return {trace: trace_subject(found) for trace, found in steps.items()}


def _dated(card: ReadyCard) -> ReadyCard:
    """Returns a card that says what it said before with the day it had."""
    for held in ready_cards():
        redated = structs.replace(card, measured=held.measured)
        if write_cards([redated]) == write_cards([held]):
            return redated
    return card


def main() -> int:
    """Writes the file, or says whether it would change."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    made = write_cards([_dated(card) for card in cards(given.labels, time.strftime("%Y-%m-%d"))])
    file = Path(next(iter(package.__path__))) / "data" / FILE
    same = file.is_file() and file.read_bytes() == made
    if given.write:
        file.write_bytes(made)
    sys.stdout.write(f"{made.count(b'evaluator')} cards, {len(made):,} bytes, {'as they are' if same else 'changed'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
