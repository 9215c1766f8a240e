"""Whether today's judge is yesterday's: two versions on the same targets, two calibrations of one evaluator."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from evalwright.domain.calibration import Bridge, CriterionBridge, Flip, RateShift
from evalwright.domain.estimate import Estimate, render
from evalwright.evaluators.calibration.drift import ALARM, VersionedVerdict, said
from evalwright.stats.confusion import agreement_report
from evalwright.stats.intervals import average
from evalwright.stats.multiplicity import benjamini_hochberg
from evalwright.stats.paired import paired_difference, paired_rate_difference, sign_flip_test

FLIP_KEYS = 100
_SEED = 20_260_101


def bridge(
    evaluator: str,
    before: tuple[str, Mapping[str, VersionedVerdict]],
    after: tuple[str, Mapping[str, VersionedVerdict]],
    *,
    drift_of: Sequence[RateShift] = (),
    drift_from: str = "",
    level: float = 0.95,
) -> Bridge:
    """Returns what changes when the later version takes over, from the targets that both have judged.

    Args:
        evaluator: its name.
        before: version, and target -> verdict.
        after: the same of the later version.
        drift_of: what ``paired_drift`` found on labelled targets, or ``drift`` between calibrations of the two.
        drift_from: which of them, in words.
        level: of every interval.
    """
    old, new = before[1], after[1]
    common = [key for key in old if key in new]
    numbers = [key for key in common if old[key].value is not None and new[key].value is not None]
    shift, p_value, means = _shift([(old[key], new[key]) for key in numbers], level)
    pairs = [(said(old[key]), said(new[key])) for key in common]
    found = Bridge(
        evaluator=evaluator,
        before=before[0],
        after=after[0],
        targets=len(common),
        only_before=len(old) - len(common),
        only_after=len(new) - len(common),
        mean_before=means[0],
        mean_after=means[1],
        shift=shift,
        p_value=p_value,
        kappa=_kappa(pairs, [old[key].group or key for key in common], level),
        flips=_flips(common, pairs),
        drift=drift_of,
        drift_from=drift_from if drift_of else "",
        warnings=_warnings(shift, len(common), drift_of),
    )
    return found


def _shift(
    pairs: Sequence[tuple[VersionedVerdict, VersionedVerdict]], level: float
) -> tuple[Estimate | None, float | None, tuple[Estimate | None, Estimate | None]]:
    """Returns mean of after minus before with its p-value, and both means."""
    if not pairs:
        return None, None, (None, None)
    a, b = (np.array([side.value for side in sides], dtype=np.float64) for sides in zip(*pairs, strict=True))
    names = [old.group or f"\0{place}" for place, (old, _) in enumerate(pairs)]
    groups = names if len(set(names)) < len(names) else None
    unit = min(a.min(), b.min()) >= 0.0 and max(a.max(), b.max()) <= 1.0
    compare = paired_rate_difference if unit else paired_difference
    p_value = sign_flip_test(b - a, np.random.default_rng(_SEED), groups)
    return (
        compare(a, b, groups, level=level),
        p_value,
        (average(a, groups, level=level), average(b, groups, level=level)),
    )


def _kappa(pairs: Sequence[tuple[str, str]], groups: Sequence[str], level: float) -> Estimate | None:
    """Returns the kappa between the versions; None where verdicts are measurements rather than labels."""
    kinds = {said for pair in pairs for said in pair}
    if not pairs or len(kinds) > 20:
        return None
    a, b = zip(*pairs, strict=True)
    clusters = groups if len(set(groups)) < len(groups) else None
    return agreement_report(a, b, np.random.default_rng(_SEED), clusters=clusters, level=level).kappa


def _flips(keys: Sequence[str], pairs: Sequence[tuple[str, str]]) -> Sequence[Flip]:
    """Returns the changed verdicts by what they changed from and to, most frequent first, with some of the targets."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, (old, new) in zip(keys, pairs, strict=True):
        if old != new:
            found[old, new].append(key)
    ranked = sorted(found.items(), key=lambda each: (-len(each[1]), each[0]))[:FLIP_KEYS]
    return [Flip(before=a, after=b, count=len(names), keys=names[:FLIP_KEYS]) for (a, b), names in ranked]


def _warnings(shift: Estimate | None, common: int, drift_of: Sequence[RateShift]) -> Sequence[str]:
    found = []
    if not common:
        found.append("the two versions have judged no target in common: run both over one canary set")
    if shift is not None and not math.isnan(shift.low) and not shift.low <= 0.0 <= shift.high:
        found.append(
            f"the mean moves by {render(shift, signed=True)} from the change alone: the trend has a step there"
        )
    found += [f"{each.measure} moved by {render(each.difference, signed=True)}" for each in drift_of if each.alarm]
    return found


def bridge_criteria(
    evaluator: str,
    before: tuple[str, Mapping[str, Mapping[str, VersionedVerdict]]],
    after: tuple[str, Mapping[str, Mapping[str, VersionedVerdict]]],
    *,
    drift_of: Mapping[str, Sequence[RateShift]],
    drift_from: str = "",
    level: float = 0.95,
) -> Bridge:
    """Returns the same for a rubric whose criteria give scores of their own, by criterion; none is blended.

    Args:
        evaluator: its name.
        before: version, and criterion -> target -> verdict.
        after: the same of the later version.
        drift_of: criterion -> its rates, their alarms adjusted over all criteria.
        drift_from: what the rates were read from.
        level: of every interval.
    """
    names = list(after[1])
    alone = {
        name: bridge(evaluator, (before[0], before[1].get(name, {})), (after[0], after[1][name]), level=level)
        for name in names
    }
    tested = [name for name in names if alone[name].p_value is not None]
    p_values = benjamini_hochberg([alone[name].p_value or 0.0 for name in tested])
    adjusted = dict(zip(tested, (float(p) for p in p_values), strict=True))
    parts = [_criterion(evaluator, name, alone[name], adjusted.get(name), drift_of.get(name, ())) for name in names]
    rates = sum(len(each.drift) for each in parts)
    family = f"{len(tested)} shifts of means, {rates} rates against people (Benjamini-Hochberg each)"
    keys = [{key for verdicts in side[1].values() for key in verdicts} for side in (before, after)]
    return Bridge(
        evaluator=evaluator,
        before=before[0],
        after=after[0],
        targets=len(keys[0] & keys[1]),
        only_before=len(keys[0] - keys[1]),
        only_after=len(keys[1] - keys[0]),
        mean_before=None,
        mean_after=None,
        shift=None,
        p_value=None,
        kappa=None,
        flips=(),
        drift_from=drift_from if rates else "",
        criteria=parts,
        family=family,
        warnings=[f"{each.criterion}: {said}" for each in parts for said in _criterion_warnings(each)],
    )


def _criterion(
    evaluator: str, name: str, alone: Bridge, p_adjusted: float | None, drift_of: Sequence[RateShift]
) -> CriterionBridge:
    return CriterionBridge(
        criterion=name,
        score=f"{evaluator}.{name}",
        targets=alone.targets,
        mean_before=alone.mean_before,
        mean_after=alone.mean_after,
        shift=alone.shift,
        p_value=alone.p_value,
        p_adjusted=p_adjusted,
        kappa=alone.kappa,
        flips=alone.flips,
        drift=drift_of,
    )


def _criterion_warnings(part: CriterionBridge) -> Sequence[str]:
    """Returns what is said of one among several: its shift counts only where chance is excluded over all of them."""
    by_chance = part.p_adjusted is not None and part.p_adjusted >= ALARM
    return _warnings(None if by_chance else part.shift, part.targets, part.drift)
