from __future__ import annotations

from typing import Any

import pytest

from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec
from evalwright.domain.score import ScoreType, Target
from evalwright.evaluators.scale import scale_of


@pytest.mark.parametrize(
    ("kind", "of_type", "definition", "scale"),
    [
        (EvaluatorKind.CODE, ScoreType.BOOLEAN, {"source": "def f(): ..."}, (0.0, 1.0)),
        (EvaluatorKind.JUDGE, ScoreType.ORDINAL, {"scores": {"poor": 1, "best": 5, "fair": 2}}, (1.0, 5.0)),
        (EvaluatorKind.JUDGE, ScoreType.NUMERIC, {"scores": {}, "low": 0, "high": 10}, (0.0, 10.0)),
        (EvaluatorKind.CODE, ScoreType.NUMERIC, {"source": "def f(): ...", "config": {}}, None),
        (EvaluatorKind.CODE, ScoreType.ORDINAL, {}, None),
    ],
)
def test_a_scale_is_what_the_definition_says_and_nothing_that_scores_suggest(
    kind: EvaluatorKind, of_type: ScoreType, definition: dict[str, Any], scale: tuple[float, float] | None
) -> None:
    spec = EvaluatorSpec(name="e", version="1", kind=kind, target=Target.TRIAL, type=of_type, definition=definition)
    assert scale_of(spec) == scale
