"""How the verdicts of a judge came about: asked for now or given before, by which model, and for how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evalwright.domain.score import REUSED

_KEPT_NAMES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What stands behind the verdicts of one evaluator; of those that were errors, only those that cost a call.

    Attributes:
        evaluator: its name.
        verdicts: that a model gave, now or before.
        reused: of them, those given before to the same question.
        cost: USD of those asked for now; None when any call had no known price.
        saved: USD that those used again cost when they were given; None when that is not known of all.
        oldest: when the oldest of those used again was given; empty without any.
        models: what the endpoint says has answered now -> verdicts; more exact than what was asked for, often.
        reused_models: the same of those used again.
        fingerprints: of the systems that answered now -> verdicts, where the endpoint tells.
    """

    evaluator: str
    verdicts: int = 0
    reused: int = 0
    cost: float | None = None
    saved: float | None = None
    oldest: str = ""
    models: Mapping[str, int] = field(default_factory=dict)
    reused_models: Mapping[str, int] = field(default_factory=dict)
    fingerprints: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Judged:
    """Counts verdicts by their metadata while they come."""

    verdicts: int = 0
    reused: int = 0
    cost: float | None = 0.0
    saved: float | None = 0.0
    oldest: str = ""
    models: Counter[str] = field(default_factory=Counter)
    reused_models: Counter[str] = field(default_factory=Counter)
    fingerprints: Counter[str] = field(default_factory=Counter)

    def add(self, metadata: Mapping[str, Any], cost: float | None) -> None:
        """Counts one verdict; what no model was asked about, or none has answered, is none."""
        before, model = metadata.get(REUSED), str(metadata.get("model") or "")
        if not metadata.get("calls") and not isinstance(before, Mapping):
            return
        self.verdicts += 1
        if isinstance(before, Mapping):
            self.reused += 1
            self.saved = _plus(self.saved, before.get("cost"))
            when = str(before.get("time") or "")
            self.oldest = min(self.oldest or when, when)
            self.reused_models[model] += 1
            return
        self.cost = _plus(self.cost, cost)
        self.models[model] += 1
        if metadata.get("system_fingerprint"):
            self.fingerprints[str(metadata["system_fingerprint"])] += 1

    def judging(self, evaluator: str) -> Judging:
        """Returns the counts so far."""
        return Judging(
            evaluator=evaluator,
            verdicts=self.verdicts,
            reused=self.reused,
            cost=self.cost,
            saved=self.saved if self.reused else None,
            oldest=self.oldest,
            models=dict(self.models.most_common(_KEPT_NAMES)),
            reused_models=dict(self.reused_models.most_common(_KEPT_NAMES)),
            fingerprints=dict(self.fingerprints.most_common(_KEPT_NAMES)),
        )


def _plus(total: float | None, more: Any) -> float | None:
    return None if total is None or not isinstance(more, (int, float)) else total + more


def mixed_models(judging: Judging) -> str:
    """Returns a warning when verdicts used again are of other models than those asked now; empty for none."""
    now, before = set(judging.models) - {""}, set(judging.reused_models) - {""}
    if not now or not before or before <= now:
        return ""
    return (
        f"verdicts of {', '.join(sorted(before - now))} were used again, while {', '.join(sorted(now))} answers now: "
        "the model behind the name has changed; judge afresh with --no-cache"
    )
