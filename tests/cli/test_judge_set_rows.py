"""Judge sets as other people write them: other orders of columns, other types of ids, gaps, ties, unknown labels."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from live_server import LiveServer, running_server
from sklearn.metrics import cohen_kappa_score

from evalwright.cli.main import main


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with running_server(tmp_path_factory.mktemp("rows")) as live:
        yield live


def said(capfd: pytest.CaptureFixture[str], live: LiveServer, *arguments: str, code: int = 0) -> Any:
    capfd.readouterr()
    assert main([*arguments, "--json", "--server", live.endpoint]) == code
    out = capfd.readouterr()
    return json.loads(out.out) if code == 0 else out.err


def imported(capfd: pytest.CaptureFixture[str], live: LiveServer, file: Path, rows: list[Any]) -> list[Any]:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made: list[Any] = said(capfd, live, "import", "--format", "judge-set", str(file))["items"]
    return made


def report(capfd: pytest.CaptureFixture[str], live: LiveServer, judge: str, dataset: str, *more: str) -> Any:
    command = ("evaluators", "calibrate", judge, "--against", "label", "--dataset", dataset, *more)
    return said(capfd, live, *command)["report"]


def test_ids_and_labels_of_any_type_are_compared_as_what_they_mean(
    server: LiveServer, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    people = [True, False, 1.0, 0, "1", "yes ", True, False, 1, 0]
    judges = [True, True, 1, 0.0, 1.0, "yes", "true", "false", "1", 1]
    rows = [
        {"judges": {"j": {"label": judged}}, "human": {"label": label}, "output": "x", "set": "types", "id": number}
        for number, (label, judged) in enumerate(zip(people, judges, strict=True))
    ]
    [made] = imported(capfd, server, tmp_path / "a.jsonl", rows)
    assert (made["items"], made["labels"], made["verdicts"]) == (10, 10, 10)
    overall = report(capfd, server, "j", "types")["overall"]
    human = ["true", "false", "1", "0", "1", "yes", "true", "false", "1", "0"]
    judge = ["true", "true", "1", "0", "1", "yes", "true", "false", "1", "1"]
    assert overall["rows"] == 10
    assert overall["agreement"]["estimate"] == pytest.approx(0.8)
    assert overall["kappa"]["estimate"] == pytest.approx(cohen_kappa_score(human, judge))


def test_gaps_are_counted_never_labels_and_a_row_is_never_lost(
    server: LiveServer, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [
        {"id": "a", "human": {"label": "x"}, "judges": {"k": {"label": "x"}}},
        {"id": "a", "human": {"label": "y"}, "judges": {"k": {"label": None}}},
        {"id": "c", "human": {"label": None}, "judges": {"k": {"label": "y"}}},
        {"id": "d", "human": {"label": float("nan")}, "judges": {"k": {"label": "y"}}},
        {"id": "e", "human": {"annotators": ["x", None, "y"]}, "judges": {"k": {"label": "x"}}},
        {"id": "f", "human": {"annotators": ["x", "x", None]}, "judges": {"k": "x", "extra": {"score": 0.5}}},
        {"id": "g", "human": {"label": "x", "scores": None, "note": 3}, "judges": None, "new": {"field": [1]}},
        {"id": "h", "human": {"label": "y"}, "judges": {"k": {"label": "never heard of"}}},
    ]
    [made] = imported(capfd, server, tmp_path / "gaps.jsonl", rows)
    assert (made["dataset"], made["items"], made["judges"], made["unreadable"]) == ("gaps", 8, 2, 1)
    assert made["labels"] == 8
    found = report(capfd, server, "k", "gaps")
    assert found["judge"]["errored"] == 1
    assert found["overall"]["rows"] == 3, "a tie of people and a gap are no label"
    assert set(found["overall"]["confusion"]["labels"]) == {"x", "y", "never heard of"}
    assert found["overall"]["agreement"]["estimate"] == pytest.approx(2 / 3)


def test_a_judge_that_saw_one_order_only_is_read_in_that_order(
    server: LiveServer, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [
        {
            "id": n,
            "set": "orders",
            "output_1": "x",
            "output_2": "y",
            "human": {"label": 1 + n % 2},
            "judges": {
                "both": {"label_order_21": 1, "label_order_12": 1 + n % 2},
                "one": {"label_order_21": 1 + n % 2},
            },
        }
        for n in range(10)
    ]
    imported(capfd, server, tmp_path / "o.jsonl", rows)
    sliced = report(capfd, server, "both", "orders", "--slice-by", "metadata.order")["slices"]
    assert {each["value"]: each["agreement"]["estimate"] for each in sliced} == {"12": 1.0, "21": 0.5}
    one = report(capfd, server, "one", "orders")
    assert (one["overall"]["rows"], one["overall"]["agreement"]["estimate"]) == (10, 1.0)
    assert one["judge"]["errored"] == 10


def test_a_file_of_several_sets_becomes_several_datasets(
    server: LiveServer, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [{"id": n, "set": f"s{n % 2}", "human": {"label": "x"}, "judges": {"q": "x"}} for n in range(6)]
    made = imported(capfd, server, tmp_path / "two.jsonl", rows)
    assert [(each["dataset"], each["items"]) for each in made] == [("s0", 3), ("s1", 3)]


@pytest.mark.parametrize(("people", "judged"), [("x", "x"), ("x", "y"), (None, "x"), ("x", None)])
def test_one_label_one_verdict_or_none_is_a_report_that_says_so(
    server: LiveServer, capfd: pytest.CaptureFixture[str], tmp_path: Path, people: str | None, judged: str | None
) -> None:
    name = f"const-{people}-{judged}"
    rows = [
        {"id": n, "set": name, "human": {"label": people, "k": 1}, "judges": {name: {"label": judged}}}
        for n in range(30)
    ]
    imported(capfd, server, tmp_path / "c.jsonl", rows)
    command = ("evaluators", "calibrate", name, "--against", "label", "--dataset", name)
    if people is None or judged is None:
        capfd.readouterr()
        assert main([*command, "--server", server.endpoint]) in (0, 1, 2)
        told = capfd.readouterr()
        assert "Traceback" not in told.err
        assert told.err.strip()
        return
    overall = report(capfd, server, name, name)["overall"]
    assert overall["agreement"]["estimate"] == float(people == judged)
    kappa = overall["kappa"]
    assert kappa["estimate"] is None or kappa["warnings"] or kappa["low"] is not None


@pytest.mark.parametrize(
    "row", ['{"id": "a"}', '{"id": "", "human": {"label": 1}}', '{"id": 1, "human": {"label": 1}, "judges": [1]}', "[]"]
)
def test_a_row_that_is_none_is_named(
    server: LiveServer, capfd: pytest.CaptureFixture[str], tmp_path: Path, row: str
) -> None:
    (tmp_path / "r.jsonl").write_text('{"id": 1, "human": {"label": 1}}\n' + row + "\n")
    assert "line 2" in said(capfd, server, "import", "--format", "judge-set", str(tmp_path / "r.jsonl"), code=2)


def test_a_file_without_end_is_given_up_at_its_limit(
    server: LiveServer, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalwright.cli import judge_sets

    monkeypatch.setattr(judge_sets, "MAX_ROWS", 3)
    (tmp_path / "m.jsonl").write_text('{"id": 1, "human": {"label": 1}}\n' * 4)
    assert "over 3 rows" in said(capfd, server, "import", "--format", "judge-set", str(tmp_path / "m.jsonl"), code=2)
    (tmp_path / "e.jsonl").write_text("\n")
    assert "holds no rows" in said(capfd, server, "import", "--format", "judge-set", str(tmp_path / "e.jsonl"), code=2)
