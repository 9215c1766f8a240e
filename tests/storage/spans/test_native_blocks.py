"""Blocks of columns as the engine reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalwright.storage.spans.chdb import ChdbEngine
from evalwright.storage.spans.native import NativeBlock

COLUMNS = ("text", "words", "small", "large", "maybe", "ratio")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChdbEngine]:
    folder: Path = tmp_path_factory.mktemp("native")
    engine = ChdbEngine(folder)
    engine.open()
    engine.command(
        "CREATE TABLE rows (text String, words Array(String), small UInt8, large Int64, maybe Nullable(Int64),"
        " ratio Nullable(Float64), attrs_text String EPHEMERAL '{}', attrs JSON DEFAULT CAST(attrs_text, 'JSON'))"
        " ENGINE = Memory"
    )
    yield engine
    engine.close()


def stored(engine: ChdbEngine, block: NativeBlock, columns: tuple[str, ...] = COLUMNS) -> list[list[Any]]:
    engine.command("TRUNCATE TABLE rows")
    engine.insert("rows", columns, block.finish(), fmt="Native")
    answer = engine.query(f"SELECT {', '.join(columns)} FROM rows", {}, fmt="JSONCompactEachRow")
    return [json.loads(line) for line in answer.splitlines()]


def filled(rows: list[tuple[Any, ...]]) -> NativeBlock:
    text, words, small, large, maybe, ratio = zip(*rows, strict=True)
    block = NativeBlock(len(rows))
    block.texts("text", text)
    block.text_lists("words", words)
    block.numbers("small", "UInt8", small)
    block.numbers("large", "Int64", large)
    block.optional("maybe", "Int64", maybe)
    block.optional("ratio", "Float64", ratio)
    return block


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
INT64 = st.integers(-(2**63), 2**63 - 1)
ROWS = st.tuples(
    TEXTS,
    st.lists(TEXTS, max_size=4),
    st.integers(0, 255),
    INT64,
    st.none() | INT64,
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROWS, min_size=1, max_size=30))
def test_what_is_written_is_read_back(engine: ChdbEngine, rows: list[tuple[Any, ...]]) -> None:
    read = [(*row[:5], None if row[5] is None else float(row[5])) for row in stored(engine, filled(rows))]
    assert read == rows


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 3_000_000])
def test_a_text_of_any_length(engine: ChdbEngine, size: int) -> None:
    rows = [("x" * size, [], 0, 0, None, None), ("next", [], 0, 0, None, None)]
    assert [row[0] for row in stored(engine, filled(rows))] == ["x" * size, "next"]


def test_numbers_that_do_not_fit_become_the_nearest_that_do(engine: ChdbEngine) -> None:
    rows = [("", [], 300, 2**70, -(2**70), None), ("", [], -1, -(2**70), 5, None)]
    assert [row[2:5] for row in stored(engine, filled(rows))] == [[255, 2**63 - 1, -(2**63)], [0, -(2**63), 5]]


def test_nan_and_infinity_are_unknown(engine: ChdbEngine) -> None:
    rows = [("", [], 0, 0, None, value) for value in (float("nan"), float("inf"), 0.1)]
    assert [row[5] for row in stored(engine, filled(rows))] == [None, None, 0.1]


def test_a_lone_surrogate_costs_only_itself(engine: ChdbEngine) -> None:
    rows = [("a\ud800b", [], 0, 0, None, None), ("c", [], 0, 0, None, None)]
    assert [row[0] for row in stored(engine, filled(rows))] == ["a?b", "c"]


def test_a_block_of_defaults_only_keeps_its_rows(engine: ChdbEngine) -> None:
    block = filled([("", [], 0, 0, None, None)] * 3)
    block.texts("text", ["", "", "x"])
    assert len(stored(engine, block)) == 3


def test_json_keeps_its_types_and_text_that_looks_like_a_date_stays_text(engine: ChdbEngine) -> None:
    block = NativeBlock(1)
    block.blobs(
        "attrs_text", [b'{"n":1,"x":1.5,"yes":true,"when":"2024-01-01","at":"2024-01-01 10:00:00","many":"17"}']
    )
    engine.command("TRUNCATE TABLE rows")
    engine.insert("rows", ("attrs_text",), block.finish(), fmt="Native")
    types = json.loads(engine.query("SELECT JSONAllPathsWithTypes(attrs) AS t FROM rows", {}))["t"]
    assert types == {"n": "Int64", "x": "Float64", "yes": "Bool", "when": "String", "at": "String", "many": "String"}
