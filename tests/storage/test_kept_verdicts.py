"""The file of kept verdicts: bounded, shared, private, and worth no run."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
from pathlib import Path

import pytest

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Outcome
from evalwright.storage.verdicts import VerdictCache

LONG = "x" * 2_000


def outcome(label: str = "good", explanation: str = "") -> Outcome:
    return Outcome(label=label, explanation=explanation)


def test_the_oldest_verdicts_go_when_the_file_is_full(tmp_path: Path) -> None:
    path, now = tmp_path / "v.sqlite", 1e9
    clock = iter(range(10_000_000))
    with VerdictCache(path, max_bytes=400_000, now_s=lambda: now + next(clock)) as cache:
        for number in range(1_500):
            cache[f"k{number}"] = outcome(explanation=LONG)
        assert 50 < len(cache) < 1_000
        assert "k1499" in cache
        assert "k0" not in cache
    with VerdictCache(path, max_bytes=400_000, now_s=lambda: now + next(clock)) as cache:
        assert "k1499" in cache
    assert path.stat().st_size < 500_000


def test_a_verdict_is_used_for_its_time_and_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    with VerdictCache(path, max_age_s=100, now_s=lambda: 1_000.0) as cache:
        cache["k"] = outcome()
    with VerdictCache(path, max_age_s=100, now_s=lambda: 1_099.0) as cache:
        assert cache["k"].label == "good"
    with VerdictCache(path, max_age_s=100, now_s=lambda: 1_101.0) as cache:
        assert "k" not in cache
        assert len(cache) == 0


def _write(path: str, writer: int) -> None:
    with VerdictCache.at_hand(path) as cache:
        for number in range(50):
            cache[f"{writer}-{number}"] = outcome(f"w{writer}")
        if cache.faults:
            raise SystemExit(3)


def test_several_processes_begin_and_share_one_file(tmp_path: Path) -> None:
    path = str(tmp_path / "new" / "v.sqlite")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(path, writer)) for writer in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(60)
    assert [each.exitcode for each in writers] == [0, 0, 0, 0]
    with VerdictCache(path) as cache:
        assert len(cache) == 200
        assert cache["3-49"].label == "w3"


def test_only_its_owner_can_read_it_and_git_does_not_see_it(tmp_path: Path) -> None:
    path = tmp_path / ".evalwright" / "verdicts.sqlite"
    with VerdictCache(path) as cache:
        cache["k"] = outcome()
        modes = [stat.S_IMODE(each.stat().st_mode) for each in path.parent.glob("verdicts.sqlite*")]
        assert set(modes) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (path.parent / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("damage", ["no database", "broken page"])
def test_a_damaged_file_is_put_aside_and_costs_only_itself(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "v.sqlite"
    with VerdictCache(path) as cache:
        for number in range(300):
            cache[f"k{number}"] = outcome(explanation=LONG)
    data = bytearray(path.read_bytes())
    data[: 64 if damage == "no database" else 0] = b"\x00" * (64 if damage == "no database" else 0)
    data[8_192:200_000] = b"\xff" * (200_000 - 8_192)
    path.write_bytes(data)
    with VerdictCache.at_hand(path) as cache:
        cache["new"] = outcome("new")
        assert cache["new"].label == "new"
        assert cache.faults == 0
    assert (tmp_path / "v.sqlite.damaged").stat().st_size == len(data)


def test_a_file_that_breaks_while_it_is_open_finds_and_keeps_nothing(tmp_path: Path) -> None:
    with VerdictCache(tmp_path / "v.sqlite") as cache:
        cache["k"] = outcome()
        with sqlite3.connect(tmp_path / "v.sqlite") as other:
            other.execute("DROP TABLE verdicts")
        other.close()
        assert cache.get("k") is None
        cache["k"] = outcome()
        assert cache.faults == 2


def test_a_folder_that_cannot_be_written_to_is_said_and_a_named_file_is_never_put_aside(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text", encoding="utf-8")
    with pytest.raises(InvalidInput, match="cannot keep verdicts"):
        VerdictCache.at_hand(tmp_path / "file" / "v.sqlite")
    mine = tmp_path / "items.jsonl"
    mine.write_text("{}\n" * 2_000, encoding="utf-8")
    with pytest.raises(InvalidInput, match="cannot keep verdicts"):
        VerdictCache(mine)
    assert mine.read_text(encoding="utf-8") == "{}\n" * 2_000


def test_a_file_of_an_earlier_layout_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE verdicts (key TEXT PRIMARY KEY, outcome BLOB NOT NULL)")
        old.execute("INSERT INTO verdicts VALUES ('k', '{}')")
    old.close()
    with VerdictCache(path) as cache:
        assert len(cache) == 0
        cache["k"] = outcome()
        assert cache["k"].label == "good"
