"""Where a judge stands by its canary set: recorded outputs it is run over again whenever something about it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from evalwright.domain.calibration import Bridge

KEY: Final = "canary"
"""Metadata of the experiments whose trials replay recorded outputs; the value names the evaluator."""

PROVIDER: Final = "provider"
"""Metadata of the same: host and path of the endpoint that was asked."""

NOTED: Final = "canaries"
"""Metadata of any experiment: evaluator -> what became of its canary set before the run, such as ``skipped``."""

HUMAN: Final = "human"
"""Metadata of an item: what people say of its recorded output."""


class CanaryState(StrEnum):
    """What the newest run over the canary set says.

    ``none``: the evaluator has no canary set. ``due``: this judge as it is now has not been run over it. ``first``: it
    was, and there is nothing earlier to compare with. ``held``: nothing moved beyond chance. ``moved``: the mean did,
    or there is no verdict in common. ``drifted``: how often it is right did.
    """

    NONE = "none"
    DUE = "due"
    FIRST = "first"
    HELD = "held"
    MOVED = "moved"
    DRIFTED = "drifted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryStanding:
    """Whether today's judge is yesterday's.

    Attributes:
        evaluator: its name.
        evaluator_version: which version of it this is about.
        provider: who was asked; empty where that is not told apart.
        dataset: the canary set; empty for none.
        dataset_version: the version of it that counts: runs over another one are not compared.
        items: how many it has.
        state: see ``CanaryState``.
        run: id of the newest usable run of this judge; empty for none.
        before: id of the usable run before it, of whatever version; empty for none.
        scored: verdicts in the newest run.
        attempts: finished runs of this judge, usable or not.
        models: what the endpoint says answered in the newest run -> verdicts.
        fingerprints: of the systems that answered -> verdicts, where the endpoint tells.
        expected_cost: USD that another run costs, going by the newest one of any version; None when not known.
        bridge: newest run against the one before.
        explanation: the state in words.
        warnings: what a reader must know, worst first.
    """

    evaluator: str
    evaluator_version: str
    state: CanaryState
    explanation: str
    provider: str = ""
    dataset: str = ""
    dataset_version: int = 0
    items: int = 0
    run: str = ""
    before: str = ""
    scored: int = 0
    attempts: int = 0
    models: Mapping[str, int] = field(default_factory=dict)
    fingerprints: Mapping[str, int] = field(default_factory=dict)
    expected_cost: float | None = None
    bridge: Bridge | None = None
    created_ns: int = 0
    warnings: Sequence[str] = ()

    @property
    def alarm(self) -> bool:
        """Whether the judge moved or drifted."""
        return self.state in (CanaryState.MOVED, CanaryState.DRIFTED)
