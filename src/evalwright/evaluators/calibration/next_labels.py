"""Which rows are worth a person's time next: where one label more shrinks the error of the corrected mean the most."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from evalwright.domain.calibration import NextLabel, Scale
from evalwright.domain.score import ScoreStatus
from evalwright.evaluators.calibration.rows import LabelledRow, Options, Pair, is_gap

ABSTAINED = "no verdict"
TIES_SHARE = 3


@dataclass
class _Stratum:
    """Rows the judge said the same about, within one value of one attribute."""

    name: str
    rows: list[LabelledRow] = field(default_factory=list)
    labelled: int = 0
    wrong: int = 0
    taken: int = 0

    def gain(self, total: int) -> float:
        """Variance that one label more takes away: W^2 p(1-p) / (n(n+1)), p with one disagreement and one not added.

        This is Neyman's allocation made one label at a time, over what is left of the judge's error in the stratum.
        """
        n = self.labelled + self.taken
        p = (self.wrong + 1.0) / (self.labelled + 2.0)
        weight = (len(self.rows) + self.labelled) / total
        return weight * weight * p * (1.0 - p) / ((n + 1.0) * (n + 2.0))

    def reason(self) -> str:
        """Why a label here is worth its price."""
        if self.labelled:
            share = f"{self.wrong} of {self.labelled} labels disagree"
            return f"{self.name}: {share}, {len(self.rows)} rows still without a label"
        return f"{self.name}: {len(self.rows)} rows and not one label"


def recommend(rows: Sequence[LabelledRow], pairs: Sequence[Pair], options: Options) -> Sequence[NextLabel]:
    """Returns rows to label, the most useful first: undecided ones, then where the judge's error is least known."""
    wanted = options.next_labels
    undecided = [row for row in rows if _is_tied(row, options.scale)][: max(1, wanted // TIES_SHARE)] if wanted else []
    found = [_next(row, "people are evenly divided: one more vote decides", 0.0) for row in undecided]
    pool = [row for row in rows if not any(not is_gap(vote) for vote in row.votes.values()) and row.status is not None]
    return found + _greedy(_strata(pool, pairs, options), len(pool) + len(pairs), wanted - len(found))


def _is_tied(row: LabelledRow, scale: Scale) -> bool:
    votes = [vote for vote in row.votes.values() if not is_gap(vote)]
    if scale is Scale.INTERVAL or len(votes) < 2:
        return False
    counts = sorted((votes.count(vote) for vote in set(votes)), reverse=True)
    return len(counts) > 1 and counts[0] == counts[1]


def _said(row: LabelledRow, scale: Scale) -> str:
    if row.status is not ScoreStatus.SCORED or is_gap(row.judged):
        return ABSTAINED
    return "a number" if scale is Scale.INTERVAL else str(row.judged)


def _strata(pool: Sequence[LabelledRow], pairs: Sequence[Pair], options: Options) -> list[_Stratum]:
    """Returns one stratum for each verdict and value of an attribute; by verdict alone where there is no attribute."""
    found: dict[tuple[str, str, str], _Stratum] = {}
    attributes = sorted({name for row in pool for name in row.attributes})[:10] or [""]

    def of(row: LabelledRow) -> list[_Stratum]:
        said = _said(row, options.scale)
        keys = [(said, name, row.attributes.get(name, "") if name else "") for name in attributes]
        return [found.setdefault(key, _Stratum(_name(key))) for key in keys]

    for row in pool:
        for stratum in of(row):
            stratum.rows.append(row)
    for pair in pairs:
        for stratum in of(pair.row):
            stratum.labelled += 1
            stratum.wrong += not pair.agrees
    return [stratum for stratum in found.values() if stratum.rows]


def _name(key: tuple[str, str, str]) -> str:
    said, attribute, value = key
    verdict = "the judge gave no verdict" if said == ABSTAINED else f"the judge said {said!r}"
    return f"{verdict} where {attribute} is {value!r}" if attribute else verdict


def _greedy(strata: Sequence[_Stratum], total: int, wanted: int) -> list[NextLabel]:
    """Takes the row of the stratum that gains most, over and over; each one taken makes the next there worth less."""
    heap = [(-stratum.gain(total), place) for place, stratum in enumerate(strata)]
    heapq.heapify(heap)
    places: dict[int, int] = defaultdict(int)
    seen: set[str] = set()
    found: list[NextLabel] = []
    while heap and len(found) < wanted:
        gain, place = heapq.heappop(heap)
        stratum = strata[place]
        while places[place] < len(stratum.rows) and stratum.rows[places[place]].key in seen:
            places[place] += 1
        if places[place] >= len(stratum.rows):
            continue
        row = stratum.rows[places[place]]
        seen.add(row.key)
        found.append(_next(row, stratum.reason(), -gain))
        stratum.taken += 1
        heapq.heappush(heap, (-stratum.gain(total), place))
    return found


def _next(row: LabelledRow, reason: str, gain: float) -> NextLabel:
    judged = "" if is_gap(row.judged) else str(row.judged)
    return NextLabel(
        key=row.key, target=row.place, judge=judged, reason=reason, gain=gain, attributes=dict(row.attributes)
    )
