"""A judge against the truth: confusion table and everything read from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.stats.arrays import FloatArray, IntArray, Labels, cluster_codes
from evalwright.stats.intervals import rate, unknown, wilson
from evalwright.stats.resampling import (
    RESAMPLES,
    agreement_reach,
    percentile_estimate,
    resample_counts,
    share_reach,
)
from evalwright.stats.unvaried import Bounds

MAX_LABELS = 100


@dataclass(frozen=True, slots=True)
class ConfusionTable:
    """``counts[i, j]``: how often the truth was ``labels[i]`` and the judge said ``labels[j]``."""

    labels: tuple[Any, ...]
    counts: IntArray

    @property
    def total(self) -> int:
        """Rows in the table."""
        return int(self.counts.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelReport:
    """How well one label is judged."""

    label: Any
    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementReport:
    """The calibration page in one object. ``weighted_kappa`` is None unless weights were asked for."""

    table: ConfusionTable
    accuracy: Estimate
    kappa: Estimate
    macro_f1: Estimate
    labels: tuple[LabelReport, ...]
    weighted_kappa: Estimate | None = None


def confusion(truth: Labels, judged: Labels, labels: Sequence[Any] | None = None) -> ConfusionTable:
    """Count pairs of labels. Pass ``labels`` in order for ordinal scales and to keep unused labels."""
    a, b = np.asarray(truth), np.asarray(judged)
    if a.shape != b.shape or a.ndim != 1:
        raise InvalidInput(f"truth and judged must be vectors of one length, got {a.shape} and {b.shape}")
    seen, codes = np.unique(np.concatenate([a, b]), return_inverse=True)
    order = list(seen.tolist()) if labels is None else list(labels)
    position = {label: index for index, label in enumerate(order)}
    missing = [label for label in seen.tolist() if label not in position]
    if missing:
        raise InvalidInput(f"labels {missing!r} are not among {order!r}")
    places = np.array([position[label] for label in seen.tolist()], dtype=np.int64)[codes]
    size = len(order)
    if size > MAX_LABELS:
        raise InvalidInput(f"{size} labels are more than the {MAX_LABELS} a table can hold", hint="group rare labels")
    flat = np.bincount(places[: a.size] * size + places[a.size :], minlength=size * size)
    return ConfusionTable(tuple(order), flat.reshape(size, size).astype(np.int64))


def kappa_weights(size: int, weights: str | None) -> FloatArray:
    """Disagreement weights between ``size`` ordered labels: none, ``linear`` or ``quadratic``."""
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(np.float64)
    if weights is None:
        return np.asarray(distance > 0, dtype=np.float64)
    if weights not in ("linear", "quadratic"):
        raise InvalidInput(f"weights must be 'linear' or 'quadratic', got {weights!r}")
    return distance if weights == "linear" else distance**2


def _kappas(tables: FloatArray, weights: FloatArray) -> FloatArray:
    """Kappa of each table in a stack; NaN where chance agreement is complete."""
    total = tables.sum(axis=(-2, -1))
    expected = np.einsum("bi,ij,bj->b", tables.sum(axis=-1), weights, tables.sum(axis=-2))
    observed = np.einsum("bij,ij->b", tables, weights) * total
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0.0, 1.0 - observed / expected, np.nan)


def _f1(tables: FloatArray) -> FloatArray:
    """F1 per label of each table in a stack; 0 where a label is neither true nor judged correctly, NaN where absent."""
    hits = np.einsum("bii->bi", tables)
    both = tables.sum(axis=-1) + tables.sum(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(both > 0.0, 2.0 * hits / both, np.nan)


def _macro(f1: FloatArray) -> FloatArray:
    present = np.isfinite(f1)
    count = present.sum(axis=-1)
    return np.where(count > 0, np.where(present, f1, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)


def cohen_kappa(
    table: ConfusionTable,
    rng: Generator,
    *,
    weights: str | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Agreement of two beyond chance; ``weights`` for ordinal labels. Source: Cohen 1960, 1968."""
    return _kappa_of(_stack(table, rng, resamples), table, weights, level, 1.0)


def _stack(table: ConfusionTable, rng: Generator, resamples: int) -> FloatArray:
    """The table itself, then its bootstrap copies."""
    draws = resample_counts(table.counts.ravel(), rng, resamples)
    return np.concatenate([table.counts.ravel()[None, :], draws]).reshape(-1, *table.counts.shape)


def _clustered_stack(
    table: ConfusionTable, truth: Labels, judged: Labels, clusters: Labels, rng: Generator, resamples: int
) -> FloatArray:
    """The same, drawing whole clusters; those with equal tables are drawn together, so many small ones cost little."""
    position = {label: index for index, label in enumerate(table.labels)}
    size = len(table.labels)
    cells = np.array([position[a] * size + position[b] for a, b in zip(truth, judged, strict=True)], dtype=np.int64)
    codes, count = cluster_codes(clusters, cells.size)
    places, seen = np.unique(codes * size**2 + cells, return_counts=True)
    ends = np.searchsorted(places // size**2, np.arange(count + 1))
    kinds: dict[bytes, int] = {}
    kind_of = np.empty(count, dtype=np.int64)
    rows: list[IntArray] = []
    for cluster in range(count):
        part = slice(ends[cluster], ends[cluster + 1])
        content = np.stack([places[part] % size**2, seen[part]]).astype(np.int64)
        kind_of[cluster] = kinds.setdefault(content.tobytes(), len(rows))
        if len(kinds) > len(rows):
            rows.append(np.bincount(content[0], weights=content[1], minlength=size**2).astype(np.int64))
    weights = np.bincount(kind_of, minlength=len(rows)).astype(np.int64)
    draws = resample_counts(weights, rng, resamples) @ np.stack(rows).astype(np.float64)
    return np.concatenate([table.counts.ravel()[None, :], draws]).reshape(-1, size, size)


def sensitivity(table: ConfusionTable, positive: Any, *, level: float = 0.95) -> Estimate:
    """Share of truly ``positive`` rows the judge calls so (recall)."""
    index = table.labels.index(positive)
    return wilson(int(table.counts[index, index]), int(table.counts[index].sum()), level=level)


def specificity(table: ConfusionTable, positive: Any, *, level: float = 0.95) -> Estimate:
    """Share of rows that are truly not ``positive`` and not called so."""
    index = table.labels.index(positive)
    others = np.delete(table.counts, index, axis=0)
    return wilson(int(others.sum() - others[:, index].sum()), int(others.sum()), level=level)


def precision(table: ConfusionTable, label: Any, *, level: float = 0.95) -> Estimate:
    """Share of rows called ``label`` that are."""
    index = table.labels.index(label)
    return wilson(int(table.counts[index, index]), int(table.counts[:, index].sum()), level=level)


def agreement_report(
    truth: Labels,
    judged: Labels,
    rng: Generator,
    *,
    labels: Sequence[Any] | None = None,
    clusters: Labels | None = None,
    weights: str | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> AgreementReport:
    """Everything the calibration page shows, from one set of bootstrap tables.

    With clusters whole clusters are drawn, and accuracy is of the clustered kind; precision and recall are not.
    ``weights`` (``linear``, ``quadratic``) adds the kappa of an ordered scale.
    """
    table = confusion(truth, judged, labels)
    if not table.labels:
        nothing = unknown("bootstrap", level=level)
        return AgreementReport(
            table=table,
            accuracy=wilson(0, 0),
            kappa=nothing,
            macro_f1=nothing,
            labels=(),
            weighted_kappa=nothing if weights else None,
        )
    worth = 1.0 if clusters is None else len(np.unique(np.asarray(clusters))) / table.total
    if clusters is None:
        stack, accuracy = _stack(table, rng, resamples), wilson(int(np.trace(table.counts)), table.total, level=level)
    else:
        stack = _clustered_stack(table, truth, judged, clusters, rng, resamples)
        accuracy = rate(np.asarray(truth) == np.asarray(judged), clusters, level=level)
    f1 = _f1(stack)
    reach = [_f1_reach(table, index, float(f1[0, index]), level, worth) for index in range(len(table.labels))]
    present = [ends for ends in reach if ends is not None]
    mean_reach = tuple(sum(ends) / len(present) for ends in zip(*present, strict=True)) if present else None
    return AgreementReport(
        table=table,
        accuracy=accuracy,
        kappa=_kappa_of(stack, table, None, level, worth),
        macro_f1=_first_of(_macro(f1), table, level, "ratio", mean_reach),
        labels=tuple(_label_report(table, index, f1[:, index], level, ends) for index, ends in enumerate(reach)),
        weighted_kappa=_kappa_of(stack, table, weights, level, worth) if weights else None,
    )


def _kappa_of(stack: FloatArray, table: ConfusionTable, weights: str | None, level: float, worth: float) -> Estimate:
    disagreement = kappa_weights(len(table.labels), weights)
    found = _kappas(stack, disagreement)
    total = max(1, table.total)
    expected = float(table.counts.sum(axis=1) @ disagreement @ table.counts.sum(axis=0)) / total**2
    worst = float(disagreement.max()) / expected if expected > 0.0 else 0.0
    return _first_of(found, table, level, reach=agreement_reach(float(found[0]), total * worth, worst, level))


def _f1_reach(table: ConfusionTable, index: int, f1: float, level: float, worth: float) -> Bounds | None:
    """What the rows that are or are called this label cannot exclude; None where there are none.

    Of F1 = 2 hits / (2 hits + misses), a share of them that missed takes no more than itself.
    """
    concerned = int(table.counts[index].sum() + table.counts[:, index].sum() - table.counts[index, index])
    return share_reach(f1, concerned * worth, level) if concerned else None


def _first_of(
    found: FloatArray, table: ConfusionTable, level: float, unit: str = "", reach: Bounds | None = None
) -> Estimate:
    """Returns the statistic of the table itself, which comes first, with the interval of its bootstrap copies."""
    return percentile_estimate(
        float(found[0]), found[1:], n=table.total, level=level, unit=unit, denominators=None, reach=reach
    )


def _label_report(table: ConfusionTable, index: int, f1: FloatArray, level: float, reach: Bounds | None) -> LabelReport:
    label = table.labels[index]
    return LabelReport(
        label=label,
        precision=precision(table, label, level=level),
        recall=sensitivity(table, label, level=level),
        f1=_first_of(f1, table, level, "ratio", reach),
        support=int(table.counts[index].sum()),
    )
