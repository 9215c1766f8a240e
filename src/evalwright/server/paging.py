"""Lists read page after page, for readers that need more of them than one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, TypeVar

from evalwright.domain.score import Score
from evalwright.domain.trace import Page
from evalwright.ports.spans import ScoreQuery, SpanReader

PAGE: Final = 1000
SCORES: Final = 10_000
"""Scores are small and every page of them is one look over all that match, so they come in long pages."""

T = TypeVar("T")


def pages(read: Callable[[str], Page[T]]) -> Iterator[Page[T]]:
    """Yields every page of a list; ``read`` takes the cursor. A caller that stops reads no further."""
    cursor = ""
    while True:
        page = read(cursor)
        yield page
        cursor = page.next_cursor
        if not cursor:
            return


def entries(read: Iterable[Page[T]]) -> Iterator[T]:
    """Yields what the pages hold, one after the other."""
    for page in read:
        yield from page.items


def score_pages(reader: SpanReader, query: ScoreQuery) -> Iterator[Page[Score]]:
    """Yields every page of the scores that match."""
    return pages(lambda cursor: reader.list_scores(replace(query, cursor=cursor)))
