"""A rubric: what is judged, from which inputs, with which labels, by which rules, after which examples."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from evalwright.domain.score import ScoreType, Target

DEFAULT_INPUT_CHARS: Final = 200_000
"""About 50,000 tokens: what every model people judge with reads at once."""

NUMBER_GIVEN: Final = "scored"
"""The label of a numeric answer that did not abstain."""

_OPTIONS: Final = frozenset({"reverse_scale", "shown", "pairwise", "criteria", "states_confidence"})
"""Fields that are part of the version only when they are used, so that a new option renames no rubric."""

_NO_VERDICT: Final = frozenset({"min_agreement", "canary"})
"""Fields that change no verdict: they are no part of the version."""


class EvidenceRule(StrEnum):
    """Whether a verdict must quote its inputs."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


class WhenCut(StrEnum):
    """What happens when inputs are over the limit."""

    JUDGE = "judge"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A worked example. ``label`` is one of the rubric's labels; ``value`` is set for numeric rubrics.

    With a ``criterion`` it is shown only where that criterion is judged.
    """

    inputs: Mapping[str, Any]
    label: str
    why: str
    value: float | None = None
    criterion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """A checked rubric.

    Attributes:
        inputs: name -> selector text, in file order.
        labels: label -> definition, in file order; for ordinal rubrics from worst to best.
        scores: label -> number; complete for boolean and ordinal rubrics.
        abstain: labels that mean the inputs do not allow a verdict; never scored.
        low: smallest numeric verdict.
        high: largest numeric verdict.
        model: what the file says of the model: ``role``, and ``name`` or ``temperature`` where it pins them.
        max_input_chars: inputs over this together are cut in the middle, longest first, where ``when_cut`` allows it.
        pairwise: the inputs ``a`` and ``b`` are compared, in both orders.
        criteria: name -> question; each is judged by itself with the same labels, never blended into one score.
        states_confidence: the judge says how sure it is.
        reverse_scale: labels are shown to the judge last first, numbers count down from the best; what is stored of a
            verdict stays as it is.
        shown: the labels in the order the judge sees them, where that is not the file's.
        canary: dataset of recorded outputs that every change of rubric, model or provider is run over.
        min_agreement: what its agreement with people must reach before it may decide anything; None for no bar.
    """

    name: str
    target: Target
    type: ScoreType
    inputs: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    abstain: Sequence[str] = ()
    low: float = 0.0
    high: float = 1.0
    description: str = ""
    rules: Sequence[str] = ()
    examples: Sequence[Example] = ()
    evidence: EvidenceRule = EvidenceRule.OPTIONAL
    model: Mapping[str, Any] = field(default_factory=dict)
    max_input_chars: int = DEFAULT_INPUT_CHARS
    when_cut: WhenCut = WhenCut.UNSEEN
    reverse_scale: bool = False
    shown: Sequence[str] = ()
    pairwise: bool = False
    criteria: Mapping[str, str] = field(default_factory=dict)
    states_confidence: bool = False
    min_agreement: float | None = None
    canary: str = ""

    @property
    def verdicts(self) -> Sequence[str]:
        """Every label an answer may carry, in the order it is shown, abstentions last."""
        chosen = [NUMBER_GIVEN] if self.type is ScoreType.NUMERIC else list(self.shown or self.labels)
        chosen = chosen[::-1] if self.reverse_scale else chosen
        return [*(label for label in chosen if label not in self.abstain), *self.abstain]

    def turned(self, value: float) -> float:
        """Returns a number on the scale the judge sees as one of the scale that is stored, and back."""
        return self.low + self.high - value if self.reverse_scale else value

    @property
    def samples(self) -> int:
        """How many times the model is asked for one verdict."""
        return int(self.model.get("samples", 1))

    @property
    def together(self) -> bool:
        """Whether all criteria are asked about in one call."""
        return bool(self.criteria) and self.model.get("criteria") == "together"

    @property
    def from_logprobs(self) -> bool:
        """Whether scores come from the labels' probabilities."""
        return self.model.get("score_from") == "logprobs"

    @property
    def parts(self) -> Sequence[Rubric]:
        """One rubric for each criterion; none when there are no criteria."""
        return [
            replace(
                self,
                name=f"{self.name}.{name}",
                description=f"{self.description} {asked}".strip(),
                criteria={},
                examples=[each for each in self.examples if each.criterion in ("", name)],
            )
            for name, asked in self.criteria.items()
        ]

    @property
    def version(self) -> str:
        """Twelve hex digits of everything that can change a verdict; the file's layout and comments cannot."""
        content = {name: value for name, value in asdict(self).items() if name not in _NO_VERDICT}
        content = {name: value for name, value in content.items() if value or name not in _OPTIONS}
        for example in content["examples"]:
            if not example["criterion"]:
                del example["criterion"]
        ordered = {"inputs": list(self.inputs.items()), "labels": list(self.labels.items())}
        text = json.dumps(content | ordered, sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
