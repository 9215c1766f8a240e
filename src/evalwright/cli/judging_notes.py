"""What commands say of the verdicts that judges gave: how many were used again, and what that saved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evalwright.cli.output import money, note, one_line
from evalwright.domain.judging import Judging, mixed_models


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
