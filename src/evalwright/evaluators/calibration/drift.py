"""How often a judge is right, before and after something about it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from evalwright.domain.calibration import RateShift
from evalwright.domain.estimate import Estimate
from evalwright.evaluators.calibration.report import POSITIVE_NAMES
from evalwright.stats.intervals import rate, wilson
from evalwright.stats.multiplicity import benjamini_hochberg
from evalwright.stats.paired import paired_rate_difference, sign_flip_test
from evalwright.stats.unpaired import rate_difference

ALARM: Final = 0.05
_SEED: Final = 20_260_101
_Columns: TypeAlias = "tuple[Any, Any, Sequence[str] | None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedVerdict:
    """What one version said of a target; ``value`` is None for labels without a number."""

    label: str = ""
    value: float | None = None
    group: str = ""


def said(verdict: VersionedVerdict) -> str:
    """Returns the verdict in a word."""
    return verdict.label or ("" if verdict.value is None else f"{verdict.value:g}")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What people and both sides said of the targets of one score."""

    people: Mapping[str, str]
    before: Mapping[str, VersionedVerdict]
    after: Mapping[str, VersionedVerdict]


def paired_drift(
    people: Mapping[str, str],
    before: Mapping[str, VersionedVerdict],
    after: Mapping[str, VersionedVerdict],
    *,
    level: float = 0.95,
) -> Sequence[RateShift]:
    """Returns how agreement, sensitivity and specificity moved on targets that people labelled and both sides judged.

    Args:
        people: target -> what people said.
        before: target -> verdict of the earlier side.
        after: the same of the later side.
        level: of every interval.
    """
    return paired_drifts({"": Labelled(people=people, before=before, after=after)}, level=level)[""]


def paired_drifts(scores: Mapping[str, Labelled], *, level: float = 0.95) -> Mapping[str, Sequence[RateShift]]:
    """Returns the same for several scores of one judge; p-values and alarms are adjusted over all of their rates.

    Both sides judge the same targets, so the differences are paired: far narrower than between two calibrations.
    Labels with more than two values have no sensitivity: agreement stands alone there.
    """
    rows = [(name, measure, columns) for name, each in scores.items() for measure, columns in _rates(each)]
    p_values = [sign_flip_test(b - a, np.random.default_rng(_SEED), groups) for _, _, (a, b, groups) in rows]
    found: dict[str, list[RateShift]] = {name: [] for name in scores}
    for (name, measure, columns), p_value in zip(rows, benjamini_hochberg(p_values), strict=True):
        found[name].append(_moved(measure, columns, float(p_value), level))
    return found


def _rates(of: Labelled) -> Sequence[tuple[str, _Columns]]:
    people, before, after = of.people, of.before, of.after
    known = [key for key in people if key in before and key in after]
    labels = sorted({people[key] for key in known})
    positive = next((label for label in labels if label.lower() in POSITIVE_NAMES), labels[-1] if labels[1:] else "")
    parts = {"sensitivity": [key for key in known if people[key] == positive]}
    parts["specificity"] = [key for key in known if people[key] != positive]
    if len(labels) > 2:
        parts = {}
    if len(labels) > 1:
        parts["agreement"] = known
    # In two labels a verdict is right or it is the other one; with more it must be the very label.
    right = [{key: float(said(side[key]) == people[key]) for key in known} for side in (before, after)]
    return [(measure, _columns(keys, right, before)) for measure, keys in parts.items() if keys]


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
