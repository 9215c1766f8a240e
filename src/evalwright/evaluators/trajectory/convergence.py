"""How directly a run came to its answer: the steps it took against the fewest known to suffice."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.evaluator import StepContent
from evalwright.domain.score import Denominators
from evalwright.domain.span import SpanKind
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.result import Score
from evalwright.evaluators.trajectory.calls import calls_of

_COUNTED = {
    "tools": (SpanKind.TOOL,),
    "models": (SpanKind.LLM,),
    "all": (SpanKind.TOOL, SpanKind.LLM, SpanKind.RETRIEVER),
}


def steps_taken(steps: Sequence[StepContent], count: str = "tools") -> int:
    """Returns how many tool calls (``tools``), model calls (``models``) or both and retrievals (``all``) were made."""
    if count == "tools":
        return len(calls_of(steps))
    return sum(step.span.kind in _COUNTED[count] for step in steps)


def convergence(*, best: int = 0, count: str = "tools") -> CodeEvaluator:
    """The fewest steps known to reach the answer over the steps taken: 1 is the best known path, less is a detour.

    ``best`` is the number of steps; 0 takes ``expected.best_steps`` of the item, else the length of its
    ``expected.trajectory``. A run with fewer steps than the best known path counts as 1 and says so: either the best is
    out of date or the run cut a corner.
    """
    if count not in _COUNTED or best < 0:
        raise InvalidInput(f"count {count!r}, best {best!r}", hint=f"count is one of {', '.join(_COUNTED)}; best >= 0")

    def convergence(trajectory: Sequence[StepContent], expected: Any = None) -> Score | None:
        """Best known steps over steps taken; skipped where no best is known or nothing was done."""
        known, taken = best or _best_of(expected), steps_taken(trajectory, count)
        if not known or not taken:
            return None
        said = f"{taken} steps; the best known path has {known}"
        return Score(value=min(1.0, known / taken), explanation=said, metadata={"steps": taken, "best": known})

    return CodeEvaluator(convergence, type="numeric", config={"best": best, "count": count})


def _best_of(expected: Any) -> int:
    if not isinstance(expected, Mapping):
        return 0
    best = expected.get("best_steps")
    if isinstance(best, int) and not isinstance(best, bool) and best > 0:
        return best
    path = expected.get("trajectory")
    return len(path) if isinstance(path, Sequence) and not isinstance(path, str) else 0


def convergence_over_runs(
    steps: Sequence[int],
    items: Sequence[Hashable],
    *,
    succeeded: Sequence[bool] | None = None,
    best: Mapping[Hashable, int] | None = None,
    level: float = 0.95,
) -> Estimate:
    """Returns the mean over runs of best / steps, clustered by item.

    The values are shares in (0, 1], most of them at or near 1. Student's interval around their mean would reach past 1,
    where no mean can be; Wilson's at the effective sample size (``stats.rate``) stays inside, is lopsided as the values
    are, and keeps a width when every run took the best path.

    Args:
        steps: of each run.
        items: which item each run is of.
        succeeded: whether each run reached the answer; others are left out, for giving up early is no short path.
        best: the fewest steps known for each item; else the fewest among its runs here, which makes the best run 1 by
            construction and the mean a little too high with few runs: then a warning says so.
        level: of the interval.

    Raises:
        InvalidInput: the columns differ in length, or steps below 1.
    """
    from evalwright.stats.intervals import rate

    reached = list(succeeded) if succeeded is not None else [True] * len(steps)
    if not len(steps) == len(items) == len(reached):
        raise InvalidInput(f"{len(steps)} steps, {len(items)} items and {len(reached)} results are not of one length")
    if any(taken < 1 for taken in steps):
        raise InvalidInput("a run takes at least 1 step")
    runs = [(item, taken) for item, taken, ok in zip(items, steps, reached, strict=True) if ok]
    fewest = dict(best) if best is not None else _fewest(runs)
    known = [(item, min(1.0, fewest[item] / taken)) for item, taken in runs if item in fewest]
    found = rate(
        [value for _, value in known],
        clusters=[item for item, _ in known],
        level=level,
        denominators=Denominators(scored=len(known), skipped=len(steps) - len(known)),
    )
    return found if best is not None else replace(found, warnings=(*found.warnings, "best taken from the same runs"))


def _fewest(runs: Sequence[tuple[Hashable, int]]) -> dict[Hashable, int]:
    fewest: dict[Hashable, int] = {}
    for item, taken in runs:
        fewest[item] = min(taken, fewest.get(item, taken))
    return fewest
