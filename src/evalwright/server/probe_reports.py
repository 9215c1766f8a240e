"""Probe reports as clients send them: checked field by field, for what is stored is shown to others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from evalwright.domain.probing import ProbeVerdict, Rule

MAX_FINDINGS: Final = 200
MAX_VERDICTS: Final = 10_000

_Word = Annotated[str, Field(max_length=500)]
_Words = Annotated[str, Field(max_length=4000)]
_Number = Annotated[float, Field(allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0, le=2**53)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CountsIn(_Strict):
    """The four counts."""

    scored: _Count = 0
    skipped: _Count = 0
    unseen: _Count = 0
    errored: _Count = 0


class EstimateIn(_Strict):
    """An estimate with its interval; ``null`` stands for a number that is none."""

    estimate: _Number | None
    low: _Number | None
    high: _Number | None
    level: float = Field(0.95, gt=0, lt=1)
    n: _Count = 0
    n_effective: _Number | None = 0.0
    df: _Count | None = None
    method: _Word = ""
    unit: _Word = ""
    denominators: CountsIn = Field(default_factory=CountsIn)
    warnings: list[_Words] = Field(default_factory=list, max_length=50)


class FindingIn(_Strict):
    """One line of a report."""

    probe: Annotated[str, Field(min_length=1, max_length=100)]
    measure: _Word
    effect: EstimateIn | None = None
    bar: _Number = 0.0
    null: _Number = 0.0
    rule: Rule = Rule.AT_MOST
    p: float | None = Field(None, ge=0, le=1)
    p_adjusted: float | None = Field(None, ge=0, le=1)
    verdict: ProbeVerdict
    reason: _Words = ""
    explanation: _Words = ""
    detectable: _Number | None = None
    reasons: list[tuple[_Word, _Words, _Count]] = Field(default_factory=list, max_length=50)
    details: dict[_Word, EstimateIn | _Number | None] = Field(default_factory=dict, max_length=50)


class ReportIn(_Strict):
    """What ``ProbeReport.as_dict`` gives."""

    evaluator: Annotated[str, Field(min_length=1, max_length=200)]
    version: Annotated[str, Field(min_length=1, max_length=200)]
    items: _Count
    clusters: _Count
    asked: _Count = 0
    alpha: float = Field(0.05, gt=0, lt=1)
    seed: int = Field(0, ge=-(2**53), le=2**53)
    findings: list[FindingIn] = Field(min_length=1, max_length=MAX_FINDINGS)
    verdicts: dict[_Word, _Number | _Word] = Field(default_factory=dict, max_length=MAX_VERDICTS)
    model: _Word = ""
    items_from: _Words = ""
    warnings: list[_Words] = Field(default_factory=list, max_length=50)
    failed: _Count = Field(0, description="counted anew from the findings")
    undecided: _Count = Field(0, description="counted anew from the findings")
    not_applicable: _Count = Field(0, description="counted anew from the findings")

    def plain(self) -> Mapping[str, Any]:
        """Returns the report as JSON values, its counts those of its findings."""
        return {**self.model_dump(mode="json"), **counts_of([line.verdict for line in self.findings])}


def counts_of(verdicts: list[ProbeVerdict]) -> Mapping[str, int]:
    """Returns how many lines came out which way."""
    names = {
        "passed": ProbeVerdict.PASS,
        "failed": ProbeVerdict.FAIL,
        "undecided": ProbeVerdict.UNDECIDED,
        "not_applicable": ProbeVerdict.NOT_APPLICABLE,
    }
    return {name: verdicts.count(verdict) for name, verdict in names.items()}
