"""What only the embedded engine promises: its lock, its durability, its errors."""

# ruff: noqa: E501 - a row of data reads best on one line
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalwright.domain.errors import LimitExceeded, QueryRefused, StoreUnavailable
from evalwright.ports.spans import ListQuery
from evalwright.storage.spans import SpanDatabase, embedded_span_store
from evalwright.storage.spans.chdb import ChdbEngine

sys.path.insert(0, str(Path(__file__).resolve().parent))
from span_stores import make_span, opened_store, trace_of

WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from span_stores import make_span
from evalwright.storage.spans import embedded_span_store
store = embedded_span_store(Path(sys.argv[2]))
store.open()
first = int(sys.argv[3])
for batch in range(first, first + 1_000):
    store.write_spans([make_span(batch * 100 + n, trace=batch, input="x" * 500) for n in range(1, 21)])
    print(batch, flush=True)
"""


@pytest.mark.slow
def test_kill_minus_nine_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    acknowledged: set[int] = set()
    for turn in range(3):
        command = [sys.executable, "-c", WRITER, str(Path(__file__).parent), str(tmp_path), str(1 + turn * 1_000)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            for _ in range(5 + 7 * turn):
                acknowledged.add(int(process.stdout.readline()))
            process.kill()
            acknowledged.update(int(line) for line in process.stdout if line.strip().isdigit() and line.endswith("\n"))
    with opened_store("chdb", tmp_path) as store:
        rows = store.sql("SELECT trace_id, span_count FROM traces", limit=100_000).rows
    stored = {int(str(trace_id), 16): count for trace_id, count in rows}
    assert len(acknowledged) >= 36
    assert {batch: stored.get(batch) for batch in acknowledged} == dict.fromkeys(acknowledged, 20)


def test_a_store_made_before_takes_the_settings_of_today(tmp_path: Path) -> None:
    def settings(store: SpanDatabase) -> str:
        return store._engine.query(
            "SELECT engine_full FROM system.tables WHERE name = 'span_rows'", {}, fmt="TSV"
        ).decode()

    with opened_store("chdb", tmp_path) as store:
        today = settings(store)
        store._engine.command("ALTER TABLE span_rows MODIFY SETTING min_bytes_for_wide_part = 268435456")
        store._engine.command("ALTER TABLE schema_steps DELETE WHERE step = 7 SETTINGS mutations_sync = 1")
        assert settings(store) != today
    with opened_store("chdb", tmp_path) as store:
        assert settings(store) == today


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with opened_store("chdb", tmp_path):
        second = embedded_span_store(tmp_path)
        with pytest.raises(StoreUnavailable, match=str(os.getpid())) as caught:
            second.open()
        assert "one process" in caught.value.hint


def test_a_store_reopens_with_what_it_held(tmp_path: Path) -> None:
    for number in (1, 2):
        with opened_store("chdb", tmp_path) as store:
            store.write_spans([make_span(number)])
    with opened_store("chdb", tmp_path) as store:
        assert len(store.trace_spans("p", trace_of(1))) == 2


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="file"):
        embedded_span_store(tmp_path / "file" / "store").open()


def test_a_closed_embedded_store_says_so(tmp_path: Path) -> None:
    store = embedded_span_store(tmp_path)
    store.open()
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.write_spans([make_span(1)])
    with pytest.raises(StoreUnavailable, match="closed"):
        store.list_traces(ListQuery(project="p"))


def test_sql_that_takes_too_long_or_too_much_is_stopped(tmp_path: Path) -> None:
    with opened_store("chdb", tmp_path) as store:
        store.write_spans([make_span(n) for n in range(1, 400)])
        product = ", ".join(f"spans AS s{n}" for n in range(8))
        with pytest.raises(LimitExceeded, match="limit"):
            store.sql(f"SELECT count() FROM {product} WHERE s0.latency_ms + s1.latency_ms > 1", timeout_s=1)
        with pytest.raises(QueryRefused, match="nosuch"):
            store.sql("SELECT nosuch FROM spans")


def test_record_views_read_what_the_records_give(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def rows(view: str, project: str) -> object:
        asked.append((view, project))
        return "id String, version Int64, tags Array(String), score Nullable(Float64)", iter(
            [{"id": "a'\\\n", "version": 2, "tags": ["x"], "score": None}, {"id": "b", "version": 1, "score": 0.5}]
        )

    with opened_store("chdb", tmp_path, record_rows=rows) as store:
        answer = store.sql("SELECT id, version, tags, score FROM datasets ORDER BY id", project="p")
    assert answer.rows == [["a'\\\n", 2, ["x"], None], ["b", 1, [], 0.5]]
    assert asked == [("datasets", "p")]


def test_without_records_their_views_do_not_exist(tmp_path: Path) -> None:
    with opened_store("chdb", tmp_path) as store, pytest.raises(QueryRefused, match="datasets"):
        store.sql("SELECT * FROM datasets")


def test_the_engine_needs_neither_pandas_nor_pyarrow(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['pandas'] = None; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\n"
        "from evalwright.storage.spans import embedded_span_store\n"
        f"store = embedded_span_store(Path({str(tmp_path)!r})); store.open(); print(store.status().spans); store.close()\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert (done.stdout.strip(), done.returncode) == ("0", 0), done.stderr


@pytest.mark.parametrize("failing", ["arrayJoin(range(100000000))", "if(span_id = '', '', toString(toDate(name)))"])
def test_nothing_of_a_query_that_failed_half_way_shows_in_the_next_answer(tmp_path: Path, failing: str) -> None:
    with opened_store("chdb", tmp_path) as store:
        store.write_spans([make_span(number, name="2026-01-01") for number in range(1, 2_000)])
        store.write_spans([make_span(9_999, name="no date")])
        with pytest.raises((LimitExceeded, QueryRefused)):
            store.sql(f"SELECT {failing} FROM spans", limit=100_000)
        answers = [store.sql(f"SELECT {number} FROM spans LIMIT 1").rows for number in range(8)]
    assert answers == [[[number]] for number in range(8)]


def test_an_insert_that_the_disk_refuses_is_never_taken_for_stored(tmp_path: Path) -> None:
    engine = ChdbEngine(tmp_path)
    engine.open()
    try:
        engine.command("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
        engine.insert("t", ["a"], [b'{"a": 1}'])
        engine.command(f"SET min_free_disk_bytes_to_perform_insert = {2**62}")
        with pytest.raises(StoreUnavailable, match="enough free space"):
            engine.insert("t", ["a"], [b'{"a": 2}'])
        engine.command("SET min_free_disk_bytes_to_perform_insert = 0")
        engine.insert("t", ["a"], [b'{"a": 3}'])
        assert engine.query("SELECT a FROM t ORDER BY a", {}, fmt="TSV") == b"1\n3\n"
    finally:
        engine.close()


def test_rows_lost_to_a_damaged_file_are_told_of_at_every_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened_store("chdb", tmp_path) as store:
        store.write_spans([make_span(number) for number in range(1, 20)])
    assert caplog.records == []
    parts = [file for file in tmp_path.rglob("columns.txt") if "model" in file.read_text()]
    parts[0].write_bytes(b"cut")
    for held in (0, 1):
        caplog.clear()
        with opened_store("chdb", tmp_path) as store:
            assert store.sql("SELECT count() FROM spans").rows == [[held]]
            store.write_spans([make_span(99)])
        (told,) = [record.getMessage() for record in caplog.records]
        assert "span_rows" in told
        assert "restore a backup" in told


def test_a_snapshot_opens_like_any_store_and_knows_nothing_of_what_came_later(tmp_path: Path) -> None:
    store = embedded_span_store(tmp_path / "spans")
    store.open()
    for number in range(1, 4):
        store.write_spans([make_span(number, trace=number, input="x" * 500)])
    store.snapshot(tmp_path / "copy")
    store.write_spans([make_span(9, trace=9)])
    store.snapshot(tmp_path / "later")
    assert store.status().spans == 4
    store.close()
    assert not (tmp_path / "spans/chdb/shadow/evalwright_snapshot").exists()
    for folder, spans in (("copy", 3), ("later", 4), ("spans", 4)):
        again = embedded_span_store(tmp_path / folder)
        again.open()
        assert again.status().spans == spans
        assert len(again.list_traces(ListQuery(project="p")).items) == spans
        again.write_spans([make_span(77, trace=77)])
        assert again.status().spans == spans + 1
        again.close()


def test_a_snapshot_where_something_is_already_leaves_nothing_frozen(tmp_path: Path) -> None:
    (tmp_path / "copy" / "chdb").mkdir(parents=True)
    store = embedded_span_store(tmp_path / "spans")
    store.open()
    store.write_spans([make_span(1)])
    with pytest.raises(StoreUnavailable, match="snapshot"):
        store.snapshot(tmp_path / "copy")
    assert not (tmp_path / "spans/chdb/shadow/evalwright_snapshot").exists()
    store.write_spans([make_span(2)])
    assert store.status().spans == 2
    store.close()


def test_what_an_interrupted_snapshot_left_goes_at_the_next_start(tmp_path: Path) -> None:
    left = tmp_path / "chdb" / "shadow" / "evalwright_snapshot" / "store"
    left.mkdir(parents=True)
    store = embedded_span_store(tmp_path)
    store.open()
    store.close()
    assert not left.exists()
