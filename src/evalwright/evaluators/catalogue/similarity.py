"""How near the output comes to what was expected, in words and characters. None of these knows what a text means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evalwright.evaluators.catalogue import distance
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.plain import as_text, normalised


def rouge_l() -> CodeEvaluator:
    """ROUGE-L F1 of the output against what was expected: words in common, in order. From 0 to 1."""

    def rouge_l(output: Any, expected: Any) -> float:
        """Words in common with what was expected, in order."""
        return distance.rouge_l(as_text(output), as_text(expected))

    return _compared(rouge_l)


def bleu() -> CodeEvaluator:
    """Sentence BLEU of the output against what was expected: runs of up to four words in common. From 0 to 1."""

    def bleu(output: Any, expected: Any) -> float:
        """Runs of words in common with what was expected."""
        return distance.bleu(as_text(output), as_text(expected))

    return _compared(bleu)


def edit_similarity() -> CodeEvaluator:
    """Share of characters that need no edit to become what was expected, case and white space aside. From 0 to 1."""

    def edit_similarity(output: Any, expected: Any) -> float:
        """Characters that need no edit to become what was expected."""
        one, other = normalised(as_text(output)), normalised(as_text(expected))
        longest = max(len(one), len(other))
        return 1.0 - distance.edit_distance(one, other) / longest if longest else 1.0

    return _compared(edit_similarity)


def _compared(function: Callable[[Any, Any], float]) -> CodeEvaluator:
    """Runs in a thread: long texts take a while, and others must not wait for them."""
    return CodeEvaluator(function, type="numeric", blocking=True, config={"low": 0.0, "high": 1.0})
