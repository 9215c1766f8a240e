"""A judge whose verdicts were given before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import ScoreStatus, ScoreType, Target
from evalwright.evaluators.single import OneScore


class RecordedJudge(OneScore):
    """Gives each subject the verdict that was recorded for it; a subject without one is skipped, never guessed."""

    _timed = False

    def __init__(
        self,
        name: str,
        verdicts: Mapping[str, Outcome],
        *,
        type: ScoreType,
        target: Target = Target.TRACE,
        model: str = "",
        labels: Sequence[str] = (),
        description: str = "",
    ) -> None:
        """Makes the judge.

        Args:
            name: of the evaluator and its score.
            verdicts: key -> outcome. Keys are those of subjects (span, trace, session or trial id) or of dataset items.
            type: of the score.
            target: what it judges by default.
            model: the model behind the verdicts, where known; self-grading is judged by it.
            labels: in order, for ordinal verdicts.
            description: where the verdicts are from.
        """
        self._verdicts = verdicts
        self._spec = EvaluatorSpec(
            name=name,
            version=_version(name, type, verdicts),
            kind=EvaluatorKind.JUDGE,
            target=target,
            type=type,
            labels=tuple(labels),
            description=description or f"{len(verdicts)} recorded verdicts",
            definition={"recorded": len(verdicts), **({"model": model} if model else {})},
        )

    async def _outcome(self, subject: Subject) -> Outcome:
        """Returns the verdict recorded for the subject, under the most precise key that has one."""
        found = next((self._verdicts[key] for key in _keys(subject) if key in self._verdicts), None)
        return found or Outcome(status=ScoreStatus.SKIPPED, reason="no verdict was recorded for this target")


def _keys(subject: Subject) -> Sequence[str]:
    item = subject.values.get("item")
    own = getattr(item, "key", "") or (item.get("key", "") if isinstance(item, Mapping) else "")
    keys = (subject.key, subject.trial_id, subject.item_id, own, subject.span_id, subject.trace_id, subject.session_id)
    return [str(key) for key in keys if key]


def _version(name: str, type: ScoreType, verdicts: Mapping[str, Outcome]) -> str:
    digest = hashlib.sha256(f"{name} {type.value}".encode())
    for key in sorted(verdicts):
        outcome = verdicts[key]
        row: list[Any] = [key, outcome.status.value, outcome.value, outcome.label, outcome.reason]
        digest.update(json.dumps(row).encode())
    return digest.hexdigest()[:12]
