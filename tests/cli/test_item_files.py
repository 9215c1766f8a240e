"""Dataset items from files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.cli.item_files import item_of, read_items
from evalwright.domain.errors import InvalidInput


def test_known_columns_are_fields_and_the_rest_is_metadata() -> None:
    item = item_of({"input": "hi", "expected": "there", "tags": "a, b", "difficulty": 3})
    assert item == {"input": "hi", "expected": "there", "tags": ["a", "b"], "metadata": {"difficulty": 3}}


def test_a_row_without_an_input_column_is_the_input() -> None:
    assert item_of({"question": "q", "answer": "a"}) == {"input": {"question": "q", "answer": "a"}}


def test_an_empty_input_stays_an_input() -> None:
    assert item_of({"input": "", "expected": "x"}) == {"input": "", "expected": "x"}


@given(st.lists(st.dictionaries(st.sampled_from(["input", "expected", "x"]), st.text(), min_size=1), max_size=30))
def test_every_json_line_becomes_exactly_one_item(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("items") / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n\n" for row in rows))
    assert sum(len(batch) for batch in read_items(path, 7)) == len(rows)


def test_csv_keeps_commas_quotes_and_newlines(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["input", "expected"], ['a,"b"\nc', "d"]])
    assert list(read_items(path, 10)) == [[{"input": 'a,"b"\nc', "expected": "d"}]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.jsonl", '{"input": 1}\n{broken\n', "line 2"),
        ("rows.jsonl", "[1]\n", "not a JSON object"),
        ("rows.csv", "", "no header"),
        ("rows.csv", "input\na,b\n", "more cells"),
        ("rows.xlsx", "x", "cannot read items"),
    ],
)
def test_a_bad_file_names_what_is_wrong(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InvalidInput, match=message):
        list(read_items(path, 10))
