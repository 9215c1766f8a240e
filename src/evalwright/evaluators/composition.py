"""Evaluators made of evaluators. The parts keep their names and scores; what is made of them stands beside them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Evaluator, EvaluatorKind, EvaluatorSpec, Outcome, Subject
from evalwright.domain.score import ScoreSource, ScoreStatus, ScoreType
from evalwright.evaluators.result import errored

Outcomes = Sequence[tuple[str, ScoreType, Outcome]]
Combine = Callable[[Mapping[str, Outcome]], Outcome]

_WORST_FIRST: Final = (ScoreStatus.ERRORED, ScoreStatus.UNSEEN, ScoreStatus.SKIPPED)


class Composite:
    """An evaluator that asks others and adds one score to theirs."""

    def __init__(self, name: str, parts: Sequence[Evaluator], how: str, type: ScoreType, combine: Combine) -> None:
        """Made by ``all_of``, ``any_of`` and ``weighted``.

        Raises:
            InvalidInput: there is no part, two share a name, or they judge different targets.
        """
        names = [part.spec.name for part in parts]
        if not parts or len({*names, name}) <= len(names):
            raise InvalidInput(f"parts must have names of their own, other than {name!r}; got {names!r}")
        if len({part.spec.target for part in parts}) > 1:
            raise InvalidInput(f"the parts of {name!r} judge different targets")
        self._parts = tuple(parts)
        self._combine = combine
        self._spec = _spec(name, self._parts, how, type)

    @property
    def spec(self) -> EvaluatorSpec:
        """Identity and shape; the version follows the versions of the parts."""
        return self._spec

    @property
    def source(self) -> ScoreSource:
        """A judge when one of the parts is, else code."""
        judged = any(part.source is not ScoreSource.CODE for part in self._parts)
        return ScoreSource.JUDGE if judged else ScoreSource.CODE

    async def evaluate(self, subject: Subject) -> Outcomes:
        """Returns the combined score first, then those of the parts."""
        found = [each for part in await asyncio.gather(*(_ask(p, subject) for p in self._parts)) for each in part]
        outcomes = {name: outcome for name, _, outcome in found}
        return [(self._spec.name, self._spec.type, self._combine(outcomes)), *found]


async def _ask(part: Evaluator, subject: Subject) -> Outcomes:
    try:
        return await part.evaluate(subject)
    except Exception as error:  # one part that breaks its promise must not take the others with it
        return [(part.spec.name, part.spec.type, errored(f"{type(error).__name__}: {error}"))]


def all_of(name: str, *parts: Evaluator) -> Composite:
    """True when every part is. One that is false decides, whatever the others are; else what is missing stays missing.

    Example:
        >>> from evalwright.evaluators.catalogue import output_length, valid_json
        >>> all_of("fit", valid_json(), output_length(max=2000)).spec.description
        'all_of of valid_json, output_length'
    """
    return _logical(name, parts, "all_of", decides=0.0)


def any_of(name: str, *parts: Evaluator) -> Composite:
    """True when at least one part is. One that is true decides; else what is missing stays missing."""
    return _logical(name, parts, "any_of", decides=1.0)


def weighted(name: str, *parts: tuple[Evaluator, float]) -> Composite:
    """The weighted mean of parts whose values lie between 0 and 1, each of which stays visible under its own name.

    Missing when any part is: a mean over fewer parts would be another measure under the same name.

    Raises:
        InvalidInput: a weight is not over 0.
    """
    if any(not 0 < weight < float("inf") for _, weight in parts):
        raise InvalidInput("weights must be numbers over 0")
    weights = {part.spec.name: weight for part, weight in parts}
    total = sum(weights.values())

    def combine(outcomes: Mapping[str, Outcome]) -> Outcome:
        missing = _missing(outcomes)
        if missing is not None:
            return missing
        values = {part: outcome.value for part, outcome in outcomes.items()}
        bad = next((part for part, value in values.items() if value is None or not 0.0 <= value <= 1.0), "")
        if bad or values.keys() != weights.keys():
            return errored(f"{bad or 'a part'} gave no value between 0 and 1")
        mean = sum((values[part] or 0.0) * weight for part, weight in weights.items()) / total
        return Outcome(value=mean, metadata={"parts": values, "weights": weights})

    how = "weighted " + json.dumps(weights, sort_keys=True)
    return Composite(name, [part for part, _ in parts], how, ScoreType.NUMERIC, combine)


def _logical(name: str, parts: Sequence[Evaluator], how: str, *, decides: float) -> Composite:
    wrong = next((part.spec.name for part in parts if part.spec.type is not ScoreType.BOOLEAN), "")
    if wrong:
        raise InvalidInput(f"{wrong!r} is not boolean", hint="only yes and no can be joined; or use weighted")

    def combine(outcomes: Mapping[str, Outcome]) -> Outcome:
        deciding = [part for part, outcome in outcomes.items() if outcome.value == decides]
        missing = None if deciding else _missing(outcomes)
        if missing is not None:
            return missing
        value = decides if deciding else 1.0 - decides
        values = {part: outcome.value for part, outcome in outcomes.items()}
        label = "true" if value else "false"
        return Outcome(value=value, label=label, explanation=", ".join(deciding), metadata={"parts": values})

    return Composite(name, parts, how, ScoreType.BOOLEAN, combine)


def _missing(outcomes: Mapping[str, Outcome]) -> Outcome | None:
    """Returns what a missing part makes of the whole: the gravest status among them, with every reason."""
    absent = {part: outcome for part, outcome in outcomes.items() if outcome.status is not ScoreStatus.SCORED}
    if not absent:
        return None
    status = next(status for status in _WORST_FIRST if any(each.status is status for each in absent.values()))
    return Outcome(status=status, reason="; ".join(f"{part}: {outcome.reason}" for part, outcome in absent.items()))


def _spec(name: str, parts: Sequence[Evaluator], how: str, type: ScoreType) -> EvaluatorSpec:
    versions = {part.spec.name: part.spec.version for part in parts}
    text = json.dumps([name, how, versions], sort_keys=True)
    labels = ("true", "false") if type is ScoreType.BOOLEAN else ()
    return EvaluatorSpec(
        name=name,
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        kind=EvaluatorKind.CODE,
        target=parts[0].spec.target,
        type=type,
        inputs=tuple(dict.fromkeys(given for part in parts for given in part.spec.inputs)),
        labels=labels,
        description=f"{how.partition(' ')[0]} of {', '.join(versions)}",
        definition={"how": how, "parts": versions},
    )
