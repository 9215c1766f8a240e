"""How the verdicts of experiments came about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evalwright.domain.judging import Judged, Judging
from evalwright.domain.score import Score


def judging_of(scores: Iterable[Score]) -> Sequence[Judging]:
    """Returns what stands behind the verdicts of each judge, by name; of a verdict given twice, only the newest."""
    newest: dict[tuple[str, str], Score] = {}
    for score in scores:
        held = newest.get((score.trial_id, score.name))
        if held is None or score.created_ns >= held.created_ns:
            newest[score.trial_id, score.name] = score
    found: dict[str, Judged] = {}
    for score in newest.values():
        found.setdefault(score.evaluator, Judged()).add(score.metadata, score.cost)
    return [each.judging(name) for name, each in sorted(found.items()) if each.verdicts]
