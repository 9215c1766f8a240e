"""Label rows become scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shared import shared_data

from evalwright.cli.labels import is_label, score_of
from evalwright.cli.main import main


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


def test_several_labels_of_one_name_on_one_span_stay_apart_and_a_corrected_number_keeps_its_place() -> None:
    row = {"span_id": "a" * 16, "name": "error", "label": "loop"}
    several = [row, {**row, "label": "invented"}, {**row, "identifier": "1"}, {**row, "identifier": "2"}]
    assert len({score_of(each)["id"] for each in several}) == 4
    assert score_of(dict(row))["id"] == score_of(row)["id"]
    number = {"trace_id": "b" * 32, "name": "reward", "score": 0.0}
    assert score_of(number)["id"] == score_of({**number, "score": 1.0})["id"]
    assert score_of({**number, "id": "mine"})["id"] == "mine"


@pytest.mark.shared_data
@pytest.mark.parametrize("pattern", ["*/*annotations*.jsonl", "*/*scores.public.jsonl", "tau-bench/*.labels.jsonl"])
def test_every_row_of_the_real_label_files_has_an_id_of_its_own(pattern: str) -> None:
    files = list(shared_data().glob(pattern))
    assert files
    for file in files:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        assert len({score_of(row)["id"] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("label", "text"), [(0, "0"), (1.0, "1"), (False, "false"), (" yes ", "yes"), (None, ""), ("", "")]
)
def test_a_label_of_any_type_is_kept_as_what_it_means(label: object, text: str) -> None:
    assert score_of({"name": "n", "trace_id": "a" * 32, "label": label})["label"] == text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999999"])
def test_a_label_whose_number_is_none_names_its_line_and_what_is_wrong(
    tmp_path: Path, number: str, capfd: pytest.CaptureFixture[str]
) -> None:
    row = f'{{"name": "gold", "trace_id": "{"a" * 32}", "value": {number}}}\n'
    (tmp_path / "rows.jsonl").write_text(row, encoding="utf-8")
    code = main(["import", str(tmp_path / "rows.jsonl"), "--format", "scores", "--server", "http://127.0.0.1:9"])
    said = capfd.readouterr().err
    assert code == 2
    assert "line 1 of 'rows.jsonl' is not valid JSON" in said
    assert "JSON has no NaN" in said
