"""Search over the help documents: BM25 over a dozen files."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "docs"
_WORD = re.compile(r"[a-z0-9]+")
_K1, _B = 1.2, 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A document and how well it matches."""

    id: str
    content: str
    score: float


def _words(text: str) -> list[str]:
    return [word.rstrip("s") for word in _WORD.findall(text.lower())]


@cache
def _index() -> tuple[dict[str, str], dict[str, Counter[str]], Counter[str]]:
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.md"))}
    counts = {name: Counter(_words(text)) for name, text in texts.items()}
    return texts, counts, Counter(word for words in counts.values() for word in words)


def search(query: str, top: int = 2) -> list[Hit]:
    """Returns the best matches first; only documents that share a word with the query (Robertson and Zaragoza 2009)."""
    texts, counts, spread = _index()
    mean = sum(map(Counter.total, counts.values())) / len(counts)
    scores = dict.fromkeys(texts, 0.0)
    for word in set(_words(query)):
        rarity = math.log(1 + (len(texts) - spread[word] + 0.5) / (spread[word] + 0.5))
        for name, words in counts.items():
            length = _K1 * (1 - _B + _B * words.total() / mean)
            scores[name] += rarity * words[word] * (_K1 + 1) / (words[word] + length)
    best = sorted(((score, name) for name, score in scores.items() if score > 0), reverse=True)[:top]
    return [Hit(id=name, content=texts[name], score=round(score, 3)) for score, name in best]
