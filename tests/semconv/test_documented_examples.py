"""The examples of the reference page and of docstrings say what really happens."""

from __future__ import annotations

import doctest
from pathlib import Path

from evalwright.semconv import previews
from evalwright.semconv.registry import CONVENTIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "conventions.md"


def test_the_examples_of_the_page_run():
    results = doctest.testfile(str(PAGE), module_relative=False)
    assert results.attempted > 5
    assert results.failed == 0


def test_the_examples_in_docstrings_run():
    results = doctest.testmod(previews)
    assert results.attempted > 0
    assert results.failed == 0


def test_every_convention_has_its_row_in_the_order_that_decides():
    rows = [line.split("`")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert [row for row in rows if row != "convention"] == [convention.name for convention in CONVENTIONS]
