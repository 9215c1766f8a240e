"""What commands say of the verdicts that judges gave: how many were used again, and what that saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from evalwright.cli.output import money, note, one_line
from evalwright.domain.experiment import TrialStatus
from evalwright.domain.judging import Judging, mixed_models
from evalwright.domain.score import ScoreStatus

if TYPE_CHECKING:
    from evalwright.sdk.results import TrialDetail


def tell_judging(judging: Iterable[Mapping[str, Any] | None]) -> None:
    """Writes a line for each judge of which verdicts were used again, and for each whose model has changed."""
    found = [each for each in judging if each]
    for line in reused_lines(found):
        note(one_line(line))
    for each in found:
        mixed = mixed_models(Judging(**each))
        if mixed:
            note(f"note: {each['evaluator']}: {one_line(mixed)}")


def reused_lines(judging: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yields a line for each judge of which verdicts were used again."""
    for each in judging:
        if not each["reused"]:
            continue
        saved = "what they cost is not known" if each["saved"] is None else f"{money(each['saved'])} saved"
        since = f", given since {each['oldest']}" if each["oldest"] else ""
        counts = f"{each['reused']} of {each['verdicts']} verdicts were given before and cost nothing now"
        yield f"{each['evaluator']}: {counts} ({saved}{since}); --no-cache judges afresh"


def tell_errored(trials: Iterable[TrialDetail]) -> bool:
    """Writes a line for each metric whose evaluator failed on an answer, and what to do; returns whether any did.

    A task that failed left nothing to judge: its errored scores are no fault of an evaluator.
    """
    answered = [trial for trial in trials if trial.status is TrialStatus.OK]
    errored: dict[str, Counter[str]] = {}
    for trial in answered:
        for metric, score in trial.scores.items():
            if score.status is ScoreStatus.ERRORED:
                errored.setdefault(metric, Counter())[score.explanation] += 1
    for metric, reasons in errored.items():
        (why, _), *_ = reasons.most_common(1)
        note(f"error: {metric}: {reasons.total()} of {len(answered)} answers could not be judged: {one_line(why)}")
    if errored:
        note("mend the evaluator or its endpoint, then run again under a new --name: kept verdicts cost nothing again")
    return bool(errored)
