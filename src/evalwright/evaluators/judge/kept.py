"""Verdicts given before: what must be equal for one to count again, and what is said of it when it does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from evalwright.domain.evaluator import Outcome, Subject
from evalwright.domain.score import REUSED
from evalwright.evaluators.judge import prompt
from evalwright.evaluators.judge.evidence import verify
from evalwright.evaluators.judge.inputs import JudgeInputs

FORMAT: Final = 2
"""Raised when answers come to be read otherwise: a verdict is what was answered and what was made of it."""

_WHEN: Final = "judged_time"
_TOOK: Final = "took_ms"


def key_of(asked: Mapping[str, Any], provider: str, inputs: JudgeInputs, subject: Subject) -> str:
    """Returns the key of one verdict: everything that is sent, who answers, and which repeat of the subject it is.

    Repeats (trials of an item) are there to differ, so each has verdicts of its own, also where its text is the same.
    """
    sent = [prompt.user_prompt(inputs.texts, "FENCE"), dict(inputs.cut)]
    content = [FORMAT, asked, provider, sent, subject.repeat]
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def to_keep(outcome: Outcome, *, now_ns: int, took_ms: float) -> Outcome:
    """Returns a verdict as it is kept: with when it was given, and how long that took."""
    when = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return replace(outcome, metadata={**outcome.metadata, _WHEN: when, _TOOK: round(took_ms, 3)})


def again(kept: Outcome, inputs: JudgeInputs, subject: Subject) -> Outcome:
    """Returns a verdict given before: it costs nothing now, and says since when it stands and what it cost then.

    The same words may stand in another span, so evidence is looked up anew.
    """
    there = verify([quote.quote for quote in kept.evidence], inputs.texts, subject)
    evidence = (replace(old, span_id=new.span_id) for old, new in zip(kept.evidence, there, strict=True))
    metadata = dict(kept.metadata)
    before = {"time": metadata.pop(_WHEN, ""), "latency_ms": metadata.pop(_TOOK, None)}
    told = {**before, "cost": kept.cost, "calls": metadata.get("calls", 0)}
    return replace(kept, cost=0.0, evidence=tuple(evidence), metadata={**metadata, "calls": 0, REUSED: told})
