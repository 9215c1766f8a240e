"""Judges that grade their own kin: whose models wrote what a command has judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from evalwright.domain.evaluator import Evaluator, EvaluatorKind, Subject


class Authors:
    """Counts the models behind subjects as they pass: of each, the one that spoke last."""

    def __init__(self) -> None:
        self.models: Counter[str] = Counter()

    def of(self, subjects: Iterable[Subject]) -> Iterator[Subject]:
        """Yields the subjects unchanged."""
        for subject in subjects:
            self.models[next((step.span.model for step in reversed(subject.steps) if step.span.model), "")] += 1
            yield subject

    def warnings(self, evaluators: Sequence[Evaluator]) -> Sequence[str]:
        """Returns a warning for each judge whose model has the maker of models it judged."""
        from evalwright.evaluators.calibration.family import asked_model, self_grading

        judges = [each.spec for each in evaluators if each.spec.kind is not EvaluatorKind.CODE]
        said = {spec.name: self_grading(asked_model(spec), self.models) for spec in judges}
        return [f"{name}: {warning}" for name, warning in said.items() if warning]
