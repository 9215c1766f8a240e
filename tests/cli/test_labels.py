"""Label rows become scores."""

from __future__ import annotations

import pytest

from evalwright.cli.labels import is_label, score_of


@pytest.mark.parametrize(
    ("ids", "target"),
    [
        ({"span_id": "a" * 16, "trace_id": "b" * 32}, "span"),
        ({"trace_id": "b" * 32, "session_id": "s"}, "trace"),
        ({"session_id": "s"}, "session"),
    ],
)
def test_the_narrowest_id_decides_the_target(ids: dict[str, str], target: str) -> None:
    assert score_of({"name": "reward", "score": 1, **ids})["target"] == target


def test_a_normalised_label_wins_and_the_given_one_is_kept() -> None:
    score = score_of({"name": "e", "trace_id": "b" * 32, "label": "Tool-related ", "label_normalized": "Tool-related"})
    assert score["label"] == "Tool-related"
    assert score["metadata"]["label_as_given"] == "Tool-related "


def test_short_columns_become_metadata_and_long_ones_do_not() -> None:
    score = score_of({"name": "e", "session_id": "s", "task_id": "8", "trial": 2, "input": "x" * 10_000, "list": [1]})
    assert score["metadata"] == {"task_id": "8", "trial": 2}


def test_who_judged_is_read_from_the_annotator_kind() -> None:
    assert score_of({"name": "r", "session_id": "s", "annotator_kind": "CODE"})["source"] == "code"
    assert score_of({"name": "r", "session_id": "s", "annotator_kind": "HUMAN"})["source"] == "human"


def test_a_row_without_a_target_is_no_label() -> None:
    assert not is_label({"name": "reward", "score": 1})
