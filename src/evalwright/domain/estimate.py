"""The one value object for a quantity that has sampling error."""

from __future__ import annotations

from dataclasses import dataclass, field

from evalwright.domain.score import Denominators


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its error bar.

    Attributes:
        estimate: the point estimate; NaN when nothing could be estimated (then ``low``/``high`` are NaN too).
        low: lower end of the interval at ``level``.
        high: upper end.
        level: confidence level, 0.95 unless asked otherwise.
        n: observations used.
        n_effective: independent observations they are worth (clusters, weights); equals ``n`` when independent.
        method: how the interval was made, e.g. ``wilson``, ``clustered_t``, ``bca_bootstrap``.
        unit: ``ratio``, ``ms``, ``usd``, ``tokens`` or empty.
        denominators: the four counts behind ``n``.
        warnings: what a reader must know, e.g. ``too few clusters``.
    """

    estimate: float
    low: float
    high: float
    level: float = 0.95
    n: int = 0
    n_effective: float = 0.0
    method: str = ""
    unit: str = ""
    denominators: Denominators = field(default_factory=Denominators)
    warnings: tuple[str, ...] = ()
