"""Whether today's judge is yesterday's: two versions on the same targets, two calibrations of one evaluator."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalwright.domain.calibration import Bridge, Flip, RateShift
from evalwright.domain.estimate import Estimate, render
from evalwright.evaluators.calibration.report import POSITIVE_NAMES
from evalwright.stats.confusion import agreement_report
from evalwright.stats.intervals import average, rate, wilson
from evalwright.stats.multiplicity import benjamini_hochberg
from evalwright.stats.paired import paired_difference, paired_rate_difference, sign_flip_test
from evalwright.stats.unpaired import rate_difference

FLIP_KEYS = 100
ALARM = 0.05
_SEED = 20_260_101


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedVerdict:
    """What one version said of a target; ``value`` is None for labels without a number."""

    label: str = ""
    value: float | None = None
    group: str = ""


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
    pairs = [(_said(old[key]), _said(new[key])) for key in common]
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


def _said(verdict: VersionedVerdict) -> str:
    return verdict.label or ("" if verdict.value is None else f"{verdict.value:g}")


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
    said = []
    if not common:
        said.append("the two versions have judged no target in common: run both over one canary set")
    if shift is not None and not math.isnan(shift.low) and not shift.low <= 0.0 <= shift.high:
        said.append(f"the mean moves by {render(shift, signed=True)} from the change alone: the trend has a step there")
    said += [f"{each.measure} moved by {render(each.difference, signed=True)}" for each in drift_of if each.alarm]
    return said


def drift(before: Mapping[str, Any], after: Mapping[str, Any], *, level: float = 0.95) -> Sequence[RateShift]:
    """Returns how sensitivity and specificity moved between two stored reports, adjusted over the two.

    Alarms need both an interval without zero and an adjusted p-value under .05. Reports without a positive label have
    neither rate; nothing is returned then.
    """
    found = []
    for measure in ("sensitivity", "specificity"):
        rates = [_rate(report.get("overall", {}).get(measure), level) for report in (before, after)]
        if rates[0] is not None and rates[1] is not None:
            found.append((measure, rates[0], rates[1], rate_difference(rates[1], rates[0])))
    adjusted = benjamini_hochberg([each[3].p_value for each in found])
    return [
        RateShift(
            measure=measure,
            before=old,
            after=new,
            difference=moved.difference,
            p_value=float(p),
            alarm=bool(p < ALARM and not moved.difference.low <= 0.0 <= moved.difference.high),
        )
        for (measure, old, new, moved), p in zip(found, adjusted, strict=True)
    ]


def paired_drift(
    people: Mapping[str, str],
    before: Mapping[str, VersionedVerdict],
    after: Mapping[str, VersionedVerdict],
    *,
    level: float = 0.95,
) -> Sequence[RateShift]:
    """Returns how sensitivity and specificity moved on targets that people labelled and both sides judged.

    Both sides judge the same targets, so the differences are paired: far narrower than between two calibrations.
    Labels with more than two values have neither rate; agreement with people stands in for them.

    Args:
        people: target -> what people said.
        before: target -> verdict of the earlier side.
        after: the same of the later side.
        level: of every interval.
    """
    known = [key for key in people if key in before and key in after]
    said = sorted({people[key] for key in known})
    positive = next((label for label in said if label.lower() in POSITIVE_NAMES), said[-1] if len(said) > 1 else "")
    parts = {"sensitivity": [key for key in known if people[key] == positive]}
    parts["specificity"] = [key for key in known if people[key] != positive]
    if len(said) > 2:
        parts = {"agreement": known}
    # In two labels a verdict is right or it is the other one; with more it must be the very label.
    right = [{key: float(_said(side[key]) == people[key]) for key in known} for side in (before, after)]
    found = [(measure, keys, _columns(keys, right, before)) for measure, keys in parts.items() if keys]
    p_values = [sign_flip_test(b - a, np.random.default_rng(_SEED), groups) for _, _, (a, b, groups) in found]
    adjusted = benjamini_hochberg(p_values)
    return [_moved(measure, columns, float(p), level) for (measure, _, columns), p in zip(found, adjusted, strict=True)]


_Columns = tuple[Any, Any, "Sequence[str] | None"]


def _columns(
    keys: Sequence[str], right: Sequence[Mapping[str, float]], verdicts: Mapping[str, VersionedVerdict]
) -> _Columns:
    a, b = (np.array([side[key] for key in keys]) for side in right)
    groups = [verdicts[key].group or key for key in keys]
    return a, b, groups if len(set(groups)) < len(groups) else None


def _moved(measure: str, columns: _Columns, p_value: float, level: float) -> RateShift:
    a, b, groups = columns
    difference = paired_rate_difference(a, b, groups, level=level)
    return RateShift(
        measure=measure,
        before=rate(a, groups, level=level),
        after=rate(b, groups, level=level),
        difference=difference,
        p_value=p_value,
        alarm=bool(p_value < ALARM and not difference.low <= 0.0 <= difference.high),
    )


def _rate(held: Mapping[str, Any] | None, level: float) -> Estimate | None:
    """Returns the rate a stored report holds, its interval made anew from the effective size it keeps."""
    if not held or held.get("estimate") is None:
        return None
    effective = float(held.get("n_effective") or held["n"])
    return wilson(float(held["estimate"]) * effective, effective, level=level)
