"""Where judge and people part: agreement by the values of attributes, against everywhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from evalwright.domain.calibration import Slice
from evalwright.domain.estimate import Estimate
from evalwright.evaluators.calibration.rows import Options, Pairs
from evalwright.stats.intervals import rate
from evalwright.stats.multiplicity import benjamini_hochberg
from evalwright.stats.unpaired import rate_difference

MIN_ROWS = 10
MAX_VALUES = 50


def disagreement_slices(pairs: Pairs, options: Options) -> tuple[Sequence[Slice], str]:
    """Returns the slices, worst first by adjusted p-value, and what family the p-values were adjusted over.

    Only values with ten rows on both sides are compared, at most the fifty most frequent of an attribute.
    """
    names = sorted({name for pair in pairs.items for name in pair.row.attributes})
    agrees = np.array([float(pair.agrees) for pair in pairs.items])
    found = [each for name in names for each in _of_attribute(name, pairs, agrees, options)]
    adjusted = benjamini_hochberg([each.p_value for each in found])
    corrected = [replace(each, p_adjusted=float(p)) for each, p in zip(found, adjusted, strict=True)]
    family = f"{len(found)} slices of {', '.join(names)}" if found else ""
    return sorted(corrected, key=lambda each: (each.p_adjusted, each.difference.estimate)), family


def _of_attribute(name: str, pairs: Pairs, agrees: NDArray[np.float64], options: Options) -> list[Slice]:
    values = [pair.row.attributes.get(name, "") for pair in pairs.items]
    inside = {
        value: np.array([each == value for each in values]) for value, _ in Counter(values).most_common(MAX_VALUES)
    }
    groups = np.array(pairs.groups, dtype=object)
    return [
        _slice(name, value, agrees, mask, groups, options)
        for value, mask in inside.items()
        if min(int(mask.sum()), int((~mask).sum())) >= MIN_ROWS
    ]


def _slice(
    name: str,
    value: str,
    agrees: NDArray[np.float64],
    mask: NDArray[np.bool_],
    groups: NDArray[np.object_],
    options: Options,
) -> Slice:
    here, elsewhere = _rate(agrees[mask], groups[mask], options), _rate(agrees[~mask], groups[~mask], options)
    compared = rate_difference(here, elsewhere)
    return Slice(
        attribute=name,
        value=value,
        rows=int(mask.sum()),
        disagreements=int(mask.sum() - agrees[mask].sum()),
        agreement=here,
        elsewhere=elsewhere,
        difference=compared.difference,
        p_value=compared.p_value,
        p_adjusted=compared.p_value,
    )


def _rate(agrees: NDArray[np.float64], groups: NDArray[np.object_], options: Options) -> Estimate:
    names = [str(group) for group in groups]
    return rate(agrees, names if len(set(names)) < len(names) else None, level=options.level)
