"""How near two texts are: longest common subsequence, n-grams, edits. Pure.

Written here rather than taken from libraries: each is a page of code, and the libraries bring NLTK or a compiler.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, TypeVar

MAX_CELLS: Final = 25_000_000
"""Largest table that is filled: two texts of 5,000 words or characters each."""

_WORD: Final = re.compile(r"\w+", re.UNICODE)
T = TypeVar("T")


def words(text: str) -> list[str]:
    """Returns the words of a text in lower case, without punctuation."""
    return _WORD.findall(text.lower())


def check_size(first: Sequence[T], second: Sequence[T]) -> None:
    """Refuses two sequences too long to be compared.

    Raises:
        ValueError: their lengths multiply to over ``MAX_CELLS``.
    """
    if len(first) * len(second) > MAX_CELLS:
        raise ValueError(f"texts of {len(first)} and {len(second)} pieces are too long to be compared")


def common_length(first: Sequence[T], second: Sequence[T]) -> int:
    """Returns the length of the longest common subsequence; time is the product of the lengths, memory one row."""
    check_size(first, second)
    row = [0] * (len(second) + 1)
    for one in first:
        diagonal = 0
        for place, other in enumerate(second, start=1):
            above = row[place]
            row[place] = diagonal + 1 if one == other else max(above, row[place - 1])
            diagonal = above
    return row[-1]


def rouge_l(candidate: str, reference: str) -> float:
    """Returns ROUGE-L: the F1 of the longest common subsequence of words.

    Source: Lin, ROUGE: A Package for Automatic Evaluation of Summaries, 2004; precision and recall weigh the same.
    """
    one, other = words(candidate), words(reference)
    common = common_length(one, other) if one and other else 0
    return 2.0 * common / (len(one) + len(other)) if common else float(not one and not other)


def edit_distance(first: Sequence[T], second: Sequence[T]) -> int:
    """Returns how many insertions, deletions and replacements turn one into the other. Source: Levenshtein 1966."""
    check_size(first, second)
    row = list(range(len(second) + 1))
    for count, one in enumerate(first, start=1):
        diagonal, row[0] = row[0], count
        for place, other in enumerate(second, start=1):
            cost = min(row[place] + 1, row[place - 1] + 1, diagonal + (one != other))
            diagonal, row[place] = row[place], cost
    return row[-1]


def bleu(candidate: str, reference: str, order: int = 4) -> float:
    """Returns the BLEU of one sentence: geometric mean of n-gram precisions with a brevity penalty.

    From the second order on, one is added to hits and possible hits, so that a short sentence without a four-gram in
    common is not zero. Source: Papineni et al. 2002; smoothing 2 of Chen & Cherry 2014 (Lin & Och 2004).
    """
    one, other = words(candidate), words(reference)
    if not one or not other:
        return float(not one and not other)
    logs = 0.0
    for n in range(1, order + 1):
        hits = sum((_grams(one, n) & _grams(other, n)).values())
        possible = max(0, len(one) - n + 1)
        if n > 1:
            hits, possible = hits + 1, possible + 1
        if not hits:
            return 0.0
        logs += math.log(hits / possible) / order
    return math.exp(logs + min(0.0, 1.0 - len(other) / len(one)))


def _grams(pieces: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(pieces[place : place + n]) for place in range(len(pieces) - n + 1))
