"""The one value object for a quantity that has sampling error."""

from __future__ import annotations

import math
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
        df: degrees of freedom of the Student's t behind the interval; None where the normal quantile was used.
        method: how the interval was made, e.g. ``wilson``, ``clustered_t``, ``bca_bootstrap``.
        unit: ``ratio`` (in [0, 1]), ``percent`` (a ratio shown as one), ``ms``, ``usd``, ``tokens`` or empty.
        denominators: the four counts behind ``n``.
        warnings: what a reader must know, e.g. ``too few clusters``.
    """

    estimate: float
    low: float
    high: float
    level: float = 0.95
    n: int = 0
    n_effective: float = 0.0
    df: int | None = None
    method: str = ""
    unit: str = ""
    denominators: Denominators = field(default_factory=Denominators)
    warnings: tuple[str, ...] = ()


_MAX_DECIMALS = 9


def render(estimate: Estimate, *, signed: bool = False) -> str:
    """The one text for an estimate: ``0.84 [0.78, 0.89] n=200``.

    Digits follow from the interval, so no number is shown to more digits than it has. ``signed`` writes the plus of a
    difference. A level other than 95 % is named.
    """
    if math.isnan(estimate.estimate):
        return f"n/a (n={estimate.n})"
    decimals = decimals_of(estimate)
    centre = format_quantity(estimate.estimate, estimate.unit, decimals, signed=signed)
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return f"{centre} [n/a] n={estimate.n}"
    low = format_quantity(estimate.low, estimate.unit, decimals, signed=signed, suffix=False)
    high = format_quantity(estimate.high, estimate.unit, decimals, signed=signed, suffix=False)
    level = "" if math.isclose(estimate.level, 0.95) else f" at {estimate.level * 100:g}%"
    return f"{centre} [{low}, {high}]{level} n={estimate.n}"


def decimals_of(estimate: Estimate) -> int:
    """Decimals the interval supports; negative for tens, hundreds.

    One significant digit of the half-width, two where it starts with 1 or 2 (the Particle Data Group's habit).
    """
    scale = 100.0 if estimate.unit == "percent" else 1.0
    half = (estimate.high - estimate.low) / 2.0 * scale
    if not math.isfinite(half) or half <= 0.0:
        return _decimals_without_interval(estimate.estimate * scale)
    exponent = math.floor(math.log10(half))
    leading = half / 10.0**exponent
    return min(_MAX_DECIMALS, -exponent + (1 if leading < 2.95 else 0))


def _decimals_without_interval(value: float) -> int:
    """Three significant digits where nothing says how many there are."""
    if value == 0.0 or not math.isfinite(value):
        return 2
    return min(_MAX_DECIMALS, max(0, 2 - math.floor(math.log10(abs(value)))))


def format_quantity(value: float, unit: str, decimals: int, *, signed: bool = False, suffix: bool = True) -> str:
    """One number in its unit: ``84%`` (percent), ``120 ms``, ``$0.0042``; the suffix is left out inside brackets."""
    scaled = value * 100.0 if unit == "percent" else value
    rounded = round(scaled, decimals) + 0.0
    sign = "-" if rounded < 0 else "+" if signed and rounded > 0 else ""
    text = f"{abs(rounded):,.{max(0, decimals)}f}"
    if unit == "usd":
        return f"{sign}${text}"
    if unit == "percent":
        return f"{sign}{text}%"
    tail = f" {unit}" if suffix and unit not in ("", "ratio") else ""
    return f"{sign}{text}{tail}"
