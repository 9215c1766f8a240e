"""A judge that replays verdicts somebody has already: both orders of a pair, as recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import ScoreStatus, ScoreType, Target
from evalwright.evaluators.pairwise.orders import BOTH, FIRST, LABELS, SECOND, TIE, VALUES, Orders
from evalwright.evaluators.single import OneScore

_NAMES: Final = {"1": FIRST, "2": SECOND, "0": TIE, "a": FIRST, "b": SECOND, "tie": TIE}


class RecordedPairs(OneScore):
    """An evaluator over recorded pairwise verdicts: ``metadata.judges[name]`` of each item.

    A recording is ``{"label_order_12": 1, "label_order_21": 2}``; both labels name the answer, whatever its place.
    What was not recorded, or not understood, is ``unseen``. The evaluator's name has ``:`` where the recording's has
    ``/``, which no name of an evaluator may have.
    """

    _timed = False

    def __init__(self, name: str) -> None:
        self._name = name
        definition = {"pairwise": True, "orders": BOTH, "recorded": name}
        self._spec = EvaluatorSpec(
            name=name.replace("/", ":"),
            version=hashlib.sha256(json.dumps(definition).encode()).hexdigest()[:12],
            kind=EvaluatorKind.JUDGE,
            target=Target.TRIAL,
            type=ScoreType.CATEGORICAL,
            inputs=("metadata",),
            labels=LABELS,
            description=f"verdicts of {name} as they were recorded",
            definition=definition,
        )

    async def _outcome(self, subject: Subject) -> Outcome:
        return _verdict(self._recorded(subject))

    def _recorded(self, subject: Subject) -> Mapping[str, Any]:
        metadata = subject.values.get("metadata")
        judges = metadata.get("judges") if isinstance(metadata, Mapping) else None
        found = judges.get(self._name) if isinstance(judges, Mapping) else None
        return found if isinstance(found, Mapping) else {}


def _verdict(recorded: Mapping[str, Any]) -> Outcome:
    said = (recorded.get(key) for key in ("label_order_12", "label_order_21"))
    names = [_NAMES.get(str(label).strip().lower().removesuffix(".0"), "") for label in said]
    if not all(names):
        why = "nothing was recorded" if not recorded else "the recording does not say which answer was preferred"
        return Outcome(status=ScoreStatus.UNSEEN, reason=why)
    orders = Orders(names[0], names[1])
    return Outcome(label=orders.label, value=VALUES[orders.label], metadata=orders.as_metadata())
