"""``evalwright evaluators probe``, offline: items from files, judges of functions, recordings and rubrics."""

from __future__ import annotations

import asyncio
import gzip
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from evalwright.cli.main import main
from evalwright.cli.probe_items import human_verdict, probe_item
from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import Evidence, ScoreStatus
from evalwright.storage.verdicts import VerdictCache
from evalwright.testing import Call, ScriptedServer

LONGER = '''
from evalwright import evaluator

@evaluator
def longer_is_better(output: str) -> float:
    """Likes length."""
    return min(1.0, len(output) / 400)
'''
JUDGE = ("evaluators", "probe", "judge.py:longer_is_better", "--no-save")
RUBRIC = """
name: helps
kind: judge
target: trace
inputs: {question: input, answer: output}
output: {type: boolean, labels: {"true": It helps., "false": It does not.}}
evidence: none
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "EVALWRIGHT_JUDGE_MODEL"):
        monkeypatch.delenv(name, raising=False)


def write_items(path: Path, count: int = 40) -> Path:
    rows = [
        {"key": f"k{n}", "input": f"Question {n}?", "output": f"Answer {n} has some words in it."} for n in range(count)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def probe(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    capfd.readouterr()
    code = main(["evaluators", "probe", *arguments, "--no-save", "--json"])
    text = capfd.readouterr().out
    return code, json.loads(text) if text else {}


def test_a_judge_that_likes_length_fails_with_exit_code_1(tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "judge.py").write_text(LONGER, encoding="utf-8")
    items = write_items(tmp_path / "items.jsonl")
    code, report = probe(capfd, "judge.py:longer_is_better", "--items", str(items), "--probes", "verbosity,authority")
    assert code == 1
    verdicts = {line["measure"]: line["verdict"] for line in report["findings"]}
    assert verdicts["gain of an answer padded to 3 times its length"] == "fail"
    assert verdicts["gain of an answer with a citation that is fake"] == "pass"
    assert report["items"] == 40
    assert all(
        line["effect"]["low"] <= line["effect"]["estimate"] <= line["effect"]["high"] for line in report["findings"]
    )


def test_a_run_through_an_outage_goes_on_where_it_was_and_a_finished_one_is_asked_anew(
    tmp_path: Path, capfd: Any, monkeypatch: Any
) -> None:
    (tmp_path / "helps.yaml").write_text(RUBRIC, encoding="utf-8")
    items = write_items(tmp_path / "items.jsonl.gz".removesuffix(".gz"), 12)
    packed = tmp_path / "items.jsonl.gz"
    packed.write_bytes(gzip.compress(items.read_bytes()))

    up = False

    def says(call: Call) -> str:
        label = "true" if up or call.number < 40 else "broken"
        return json.dumps({"explanation": "x", "evidence": [], "label": label})

    with ScriptedServer(says) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        arguments = ("helps.yaml", "--items", str(packed), "--model", "m", "--probes", "authority,repeatability")
        arguments += ("--server", "http://127.0.0.1:9", "--concurrency", "1")
        whole = 12 * (2 + 5)
        probe(capfd, *arguments)
        up, before = True, model.served
        first = probe(capfd, *arguments)
        assert 0 < model.served - before < whole, "only what failed is asked for again"
        before = model.served
        assert probe(capfd, *arguments) == first
        assert model.served - before == whole, "noise and drift are measured when they are asked about"
    assert first[0] == 0


def test_kept_verdicts_are_the_anchors_of_a_later_run(tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "judge.py").write_text(LONGER, encoding="utf-8")
    items = str(write_items(tmp_path / "items.jsonl", 200))
    kept = str(tmp_path / "anchors.json")
    probe(capfd, "judge.py:longer_is_better", "--items", items, "--probes", "drift", "--keep-anchors", kept)
    (tmp_path / "judge.py").write_text(LONGER, encoding="utf-8")
    same = probe(capfd, "judge.py:longer_is_better", "--items", items, "--probes", "drift,verbosity", "--anchors", kept)
    (tmp_path / "other.py").write_text(LONGER.replace("400", "50"), encoding="utf-8")
    moved = probe(capfd, "other.py:longer_is_better", "--items", items, "--probes", "drift", "--anchors", kept)
    assert {line["verdict"] for line in same[1]["findings"] if line["probe"] == "drift"} == {"pass"}
    assert moved[0] == 1
    assert {line["verdict"] for line in moved[1]["findings"]} == {"fail"}


def test_recorded_verdicts_on_pairs_are_probed_for_position(tmp_path: Path, capfd: Any) -> None:
    rows = [
        {
            "id": str(n),
            "input": "q",
            "output_1": "x",
            "output_2": "y",
            "human": {"label": 1},
            "judges": {"j/v": {"label_order_12": 1, "label_order_21": 2}},
        }
        for n in range(20)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    code, report = probe(capfd, "pairs:j/v", "--items", str(path), "--probes", "position")
    assert code == 1
    assert [line["effect"]["estimate"] for line in report["findings"]] == [1.0, 1.0]


def test_without_json_there_is_a_table_and_the_reasons(tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "judge.py").write_text(LONGER, encoding="utf-8")
    items = write_items(tmp_path / "items.jsonl")
    main([*JUDGE, "--items", str(items), "--probes", "position,verbosity"])
    said = capfd.readouterr()
    assert "verbosity" in said.out
    assert "position: not applicable: the judge judges one answer at a time" in said.err
    assert "40 items in 40 independent clusters" in said.err


BROKEN = """
from evalwright import evaluator

@evaluator
def down(output: str) -> float:
    raise ConnectionError("no model there")
"""


def test_a_judge_that_never_answered_fails_the_probes_instead_of_passing_them(tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "broken.py").write_text(BROKEN, encoding="utf-8")
    items = str(write_items(tmp_path / "items.jsonl", 12))
    code, report = probe(capfd, "broken.py:down", "--items", items)
    assert code == 1
    assert report["undecided"] >= 5
    assert main(["evaluators", "probe", "broken.py:down", "--no-save", "--items", items, "--probes", "authority"]) == 1
    said = capfd.readouterr().err
    assert "not decided for want of verdicts: authority: 0 of 12 verdicts came: 12 errored" in said
    assert "no model there" in said


def test_probes_that_fit_neither_judge_nor_items_are_no_pass(tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "judge.py").write_text(LONGER, encoding="utf-8")
    items = str(write_items(tmp_path / "items.jsonl", 12))
    assert main([*JUDGE, "--items", items, "--probes", "position"]) == 2
    assert "nothing was measured" in capfd.readouterr().err
    assert main([*JUDGE, "--items", items, "--probes", "drift"]) == 0


def test_what_is_left_undecided_is_an_error_only_when_asked_to_be(tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "judge.py").write_text(LONGER.replace("len(output) / 400", "0.5"), encoding="utf-8")
    arguments = [*JUDGE, "--items", str(write_items(tmp_path / "items.jsonl", 12)), "--probes", "authority"]
    assert main(arguments) == 0
    assert "independent items would show a pass" in capfd.readouterr().err
    assert main([*arguments, "--strict"]) == 1


def test_without_a_server_nothing_is_asked_for_that_could_not_be_kept(tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "judge.py").write_text(LONGER, encoding="utf-8")
    items = str(write_items(tmp_path / "items.jsonl", 12))
    arguments = ["evaluators", "probe", "judge.py:longer_is_better", "--items", items]
    assert main([*arguments, "--server", "http://127.0.0.1:9"]) == 3
    said = capfd.readouterr()
    assert "--no-save" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--items", "nowhere.jsonl"), "cannot read"),
        (("--items", "broken.jsonl"), "line 2 of 'broken.jsonl' is not JSON"),
        (("--items", "list.jsonl"), "is not a JSON object"),
        (("--items", "items.jsonl", "--probes", "possition"), "there is no probe 'possition'"),
        (("--items", "items.jsonl", "--dataset", "d"), "not both"),
        (("--items", "items.jsonl", "--scale", "1-5"), "not two numbers"),
        (("--items", "items.jsonl", "--limit", "0"), "limit must be at least 1"),
        (("--items", "items.jsonl", "--anchors", "nowhere.json"), "cannot read the anchors"),
        (("--items", "items.jsonl", "--anchors", "other.json"), "keeps verdicts of none"),
        (("--items", "empty.jsonl"), "nothing to probe"),
    ],
)
def test_bad_input_is_refused_with_exit_code_2(
    arguments: tuple[str, ...], message: str, tmp_path: Path, capfd: Any
) -> None:
    (tmp_path / "judge.py").write_text(LONGER, encoding="utf-8")
    write_items(tmp_path / "items.jsonl", 3)
    (tmp_path / "broken.jsonl").write_text('{"input": 1}\n{"input":\n', encoding="utf-8")
    (tmp_path / "list.jsonl").write_text("[1]\n", encoding="utf-8")
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    (tmp_path / "other.json").write_text('{"zz": "good"}', encoding="utf-8")
    code = main([*JUDGE, *arguments])
    assert code == 2
    assert message in capfd.readouterr().err


def test_a_row_becomes_an_item_with_what_people_and_authors_are_known() -> None:
    item = probe_item({"input": "q", "expected": "yes", "human": True, "model": "gpt-4o", "session_id": "s1"}, "7")
    assert item.subject.values["output"] == "yes"
    assert (item.human, item.cluster, item.subject.key) == ("true", "s1", "7")
    assert item.families == {"output": "openai"}
    pair = probe_item({"output_1": "x", "output_2": "y", "human": {"label": 2}, "model_a": "claude-3"}, "8")
    assert (pair.human, dict(pair.families)) == ("b", {"a": "anthropic"})


@pytest.mark.parametrize(
    ("given", "paired", "found"),
    [
        (None, True, None),
        ({"label": 0}, True, "tie"),
        ("b", True, "b"),
        (3, False, 3),
        ({"score": 0.5}, False, 0.5),
        ([1], False, None),
    ],
)
def test_what_people_said_is_read(given: Any, paired: bool, found: Any) -> None:
    assert human_verdict(given, paired=paired) == found


def test_kept_verdicts_are_equal_to_what_was_kept(tmp_path: Path) -> None:
    outcome = Outcome(
        status=ScoreStatus.SCORED,
        value=0.5,
        label="partial",
        evidence=(Evidence(quote="x", found=True),),
        metadata={"orders": {"a_first": "a"}, "calls": 2},
    )
    path = tmp_path / "deep" / "verdicts.sqlite"
    with VerdictCache(path) as cache:
        cache["k"] = outcome
        assert "other" not in cache
    with VerdictCache(path) as cache:
        found = cache["k"]
        assert (found.status, found.value, found.label, found.metadata) == (
            outcome.status,
            0.5,
            "partial",
            outcome.metadata,
        )
        assert tuple(found.evidence) == outcome.evidence
        assert list(cache) == ["k"]
        assert len(cache) == 1
        del cache["k"]
        with pytest.raises(KeyError):
            del cache["k"]


def test_an_outcome_of_another_version_is_as_good_as_absent(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    with VerdictCache(path) as cache:
        cache["k"] = Outcome(label="x")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE verdicts SET outcome = ?", (b'{"status": "unheard of"}',))
    db.close()
    with VerdictCache(path) as cache:
        assert cache.get("k") is None


def test_a_file_that_is_no_cache_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    path.write_text("not a database, and long enough to be looked at " * 50, encoding="utf-8")
    with pytest.raises(InvalidInput, match="cannot keep verdicts"):
        VerdictCache(path)


def test_equal_content_is_judged_once_whatever_the_command(tmp_path: Path, monkeypatch: Any) -> None:
    from evalwright.cli.judging import evaluators_of
    from evalwright.cli.options import Options

    (tmp_path / "helps.yaml").write_text(RUBRIC, encoding="utf-8")
    subject = probe_item({"input": "q", "output": "x"}, "1").subject
    options = Options(server="http://127.0.0.1:9")

    async def judge_once(evaluator: Any) -> Any:
        [(_, _, outcome)] = await evaluator.evaluate(subject)
        await evaluator.aclose()
        return outcome

    def says(call: Call) -> str:
        return json.dumps({"explanation": "x", "evidence": [], "label": "true"})

    with ScriptedServer(says) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        for _ in range(2):
            with evaluators_of("helps.yaml", options, model="m", cache=tmp_path / "kept.sqlite") as [evaluator]:
                assert asyncio.run(judge_once(evaluator)).label == "true"
        assert server.served == 1
