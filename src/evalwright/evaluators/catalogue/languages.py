"""A guess at the language of a text by its script and its commonest words.

Good for the question whether an agent answered in the user's language; not a linguist. Short texts, mixed texts and
languages that are not listed are not guessed at all rather than guessed wrongly.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

_COMMON: Final = {
    "en": "the and of to in is that it for was with you are this have not be on your we can from as at or will my",
    "de": "der die das und ist nicht ein eine sie ich zu den mit für auf von im dem auch es wir sind wird oder haben",
    "fr": "le la les et est une des pour dans que vous pas nous avec sur qui ce au votre sont il elle du en être",
    "es": "el los las y es una para que con por no su del al como más pero se este esta puede está usted muy lo",
    "pt": "o os as e é uma para que com não por do da em no na seu sua mais você foi são dos ao pode está muito",
    "it": "il lo gli e è una per che con non di del della sono nel alla più anche come questo questa può si ha",
    "nl": "de het een en is niet van dat op te voor met zijn je u wij aan ook er maar worden kan deze uw wordt",
    "sv": "och att det är en som för med inte på av den har till du jag vi kan ett från om men eller din ska",
    "pl": "i w nie na się że jest do to jak z za od po przez dla są tak może być jego ale czy oraz tego",
    "tr": "ve bir bu için ile değil çok daha olarak var ne de da gibi olan sonra kadar ama siz ben en her mi",
}
_SCRIPTS: Final = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "THAI": "th",
    "DEVANAGARI": "hi",
    "CYRILLIC": "ru",
}
LANGUAGES: Final = (*_COMMON, *dict.fromkeys(_SCRIPTS.values()))
"""Codes that can be guessed. Scripts stand for their largest language: Cyrillic counts as Russian."""

_WORDS: Final = {code: frozenset(text.split()) for code, text in _COMMON.items()}
_PIECE: Final = re.compile(r"[^\W\d_]+")
FEWEST_LETTERS: Final = 12
FEWEST_COMMON: Final = 2
LOOKED_AT: Final = 20_000


def guess(text: str) -> str:
    """Returns the code of the language; empty when there is too little to tell.

    Example:
        >>> guess("Where is the invoice that you sent to my office?"), guess("Wo ist die Rechnung, die ich nicht habe?")
        ('en', 'de')
        >>> guess("OK 42")
        ''
    """
    letters = [char for char in text[:LOOKED_AT] if char.isalpha()]
    if not letters:
        return ""
    script = _script(letters)
    if script in ("ja", "ko", "zh", "th") and len(letters) >= 4:
        return script
    if len(letters) < FEWEST_LETTERS:
        return ""
    return script or _by_words(text[:LOOKED_AT])


def _script(letters: list[str]) -> str:
    """Returns the language of the commonest script other than Latin, when half of the letters are in it."""
    counts = Counter(_SCRIPTS.get(unicodedata.name(char, "").partition(" ")[0], "") for char in letters)
    if counts["ja"] and counts["ja"] + counts["zh"] >= len(letters) / 2:
        return "ja"
    code, count = counts.most_common(1)[0]
    return code if code and count >= len(letters) / 2 else ""


def _by_words(text: str) -> str:
    found = Counter(piece.casefold() for piece in _PIECE.findall(text))
    hits = Counter({code: sum(found[word] for word in common) for code, common in _WORDS.items()})
    (first, most), (_, second) = hits.most_common(2)
    return first if most >= FEWEST_COMMON and most > second else ""
