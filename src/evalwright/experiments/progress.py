"""How far a run is."""

from __future__ import annotations

from dataclasses import dataclass

from evalwright.domain.experiment import Experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is; ``done`` counts trials of earlier runs too."""

    experiment: Experiment
    done: int
    total: int
    failed: int
