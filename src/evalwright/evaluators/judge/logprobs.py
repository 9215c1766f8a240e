"""Probabilities of the labels, read from the tokens of the answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

TOP: Final = 10
"""Alternatives asked for at each token."""

_QUOTES: Final = " \t\r\n\"'"


def label_probabilities(tokens: Sequence[Any], labels: Sequence[str]) -> Mapping[str, float]:
    """Returns the share of each label at the token where the answer's last label begins; empty when that is unknown.

    ``tokens`` are OpenAI's ``logprobs.content``. A label gets the probability of every alternative that begins it and
    no other label; what begins several of them, or none, is left out, and the rest is scaled to 1.
    """
    place = _label_token(tokens)
    alternatives = _alternatives(tokens[place]) if place is not None else []
    shares = dict.fromkeys(labels, 0.0)
    for text, probability in alternatives:
        begun = [label for label in labels if _begins(text, label)]
        if len(begun) == 1:
            shares[begun[0]] += probability
    total = sum(shares.values())
    return {label: share / total for label, share in shares.items()} if total > 0.0 else {}


def _begins(text: str, label: str) -> bool:
    piece = text.strip(_QUOTES).casefold()
    whole = label.casefold()
    return bool(piece) and (whole.startswith(piece) or (piece.startswith(whole) and not piece[len(whole) :].isalnum()))


def _label_token(tokens: Sequence[Any]) -> int | None:
    """Returns the place of the token in which the value of the last ``"label"`` key begins."""
    texts = [str(token.get("token", "")) if isinstance(token, Mapping) else "" for token in tokens]
    whole = "".join(texts)
    key = whole.rfind('"label"')
    colon = whole.find(":", key) if key >= 0 else -1
    if colon < 0:
        return None
    start = next((at for at in range(colon + 1, len(whole)) if whole[at] not in _QUOTES), None)
    if start is None:
        return None
    return next(place for place, end in enumerate(accumulate(map(len, texts))) if end > start)


def _alternatives(token: Mapping[str, Any]) -> list[tuple[str, float]]:
    given = token.get("top_logprobs")
    found = given if isinstance(given, list) and given else [token]
    pairs = [(str(each.get("token", "")), each.get("logprob")) for each in found if isinstance(each, Mapping)]
    return [(text, math.exp(min(0.0, number))) for text, number in pairs if isinstance(number, (int, float))]
