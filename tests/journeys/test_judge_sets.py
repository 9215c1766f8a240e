"""Published judge sets come in through the command line, and reports equal what was published of them."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer, running_server
from scipy.stats import kendalltau, spearmanr
from shared import shared_data

from evalwright.cli.main import main

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that holds four sets."""
    folder = shared_data() / "judge"
    names = ("pandalm.public", "llmbar-natural", "llmbar-gptout", "frank_scores")
    files = [str(folder / f"{name}.jsonl.gz") for name in names]
    with running_server(tmp_path_factory.mktemp("sets")) as live:
        assert main(["import", "--format", "judge-set", *files, "--server", live.endpoint]) == 0
        yield live


def said(capfd: pytest.CaptureFixture[str], live: LiveServer, *arguments: str, code: int = 0) -> Any:
    """The JSON a command answers."""
    capfd.readouterr()
    assert main([*arguments, "--json", "--server", live.endpoint]) == code
    return json.loads(capfd.readouterr().out)


def references() -> Any:
    return json.loads((shared_data() / "REFERENCES.public.json").read_text())


def published(name: str) -> list[Any]:
    with gzip.open(shared_data() / "judge" / f"{name}.jsonl.gz", "rb") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("judge", ["gpt-3.5-turbo", "pandalm-7b"])
def test_pandalm_judges_have_their_published_agreement(
    server: LiveServer, capfd: pytest.CaptureFixture[str], judge: str
) -> None:
    wanted = references()["pandalm"]
    card = said(capfd, server, "evaluators", "calibrate", judge, "--against", "label", "--dataset", "pandalm")
    report = card["report"]
    overall = report["overall"]
    assert overall["rows"] == wanted[judge]["n"]
    assert report["judge"]["errored"] == wanted[judge]["unparseable"]
    assert overall["agreement"]["estimate"] == pytest.approx(wanted[judge]["accuracy"], abs=1e-6)
    assert overall["kappa"]["estimate"] == pytest.approx(wanted[judge]["cohen_kappa"], abs=1e-6)
    labels = overall["confusion"]["labels"]
    counts = {
        f"{human}->{judged}": count
        for human, row in zip(labels, overall["confusion"]["counts"], strict=True)
        for judged, count in zip(labels, row, strict=True)
    }
    assert counts == wanted[judge]["confusion"]
    assert report["ceiling"]["fleiss"]["estimate"] == pytest.approx(wanted["fleiss_kappa"], abs=1e-6)
    assert report["ceiling"]["raters"] == 3
    assert report["ceiling"]["person"]["low"] > report["ceiling"]["judge"]["high"]
    assert report["disagreements"] == sum(count for pair, count in counts.items() if len(set(pair.split("->"))) == 2)


@pytest.mark.parametrize("name", ["llmbar-natural", "llmbar-gptout"])
@pytest.mark.parametrize("judge", ["GPT-4/Vanilla", "ChatGPT/Vanilla_NoRules", "PaLM2/Vanilla"])
def test_llmbar_judges_have_their_accuracy_in_both_orders(
    server: LiveServer, capfd: pytest.CaptureFixture[str], name: str, judge: str
) -> None:
    rows = published(name)
    evaluator = judge.replace("/", ":")
    command = ("evaluators", "calibrate", evaluator, "--against", "label", "--dataset", name)
    report = said(capfd, server, *command, "--slice-by", "metadata.order")["report"]
    found = {each["value"]: each["agreement"] for each in report["slices"]}
    for order in ("12", "21"):
        verdicts = [(row["human"]["label"], row["judges"][judge][f"label_order_{order}"]) for row in rows]
        readable = [(human, verdict) for human, verdict in verdicts if verdict is not None]
        assert found[order]["n"] == len(readable)
        right = sum(human == verdict for human, verdict in readable)
        assert found[order]["estimate"] == pytest.approx(right / len(readable))
    unreadable = sum(row["judges"][judge][f"label_order_{order}"] is None for row in rows for order in ("12", "21"))
    assert report["judge"]["errored"] == unreadable
    assert report["overall"]["groups"] <= len(rows) < report["overall"]["rows"]


def test_judges_of_one_set_are_compared_on_its_rows(server: LiveServer, capfd: pytest.CaptureFixture[str]) -> None:
    names = "GPT-4:Vanilla,LLaMA2:Vanilla,Falcon:Vanilla"
    found = said(capfd, server, "evaluators", "compare", names, "--against", "label", "--dataset", "llmbar-natural")
    assert found["common_rows"] == 200
    assert found["judges"][0]["evaluator"] == "GPT-4:Vanilla"
    assert [each["on_front"] for each in found["judges"]] == [True, False, False]


def test_metrics_that_give_numbers_are_correlated_with_people(
    server: LiveServer, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ("evaluators", "calibrate", "BertScore P Art", "--against", "factuality", "--dataset", "frank")
    report = said(capfd, server, *command)["report"]
    assert report["scale"] == "interval"
    assert report["overall"]["rows"] == 2246
    rows = published("frank_scores")
    people, metric = ([side(row) for row in rows] for side in (_factuality, _bert_score))
    assert report["overall"]["spearman"]["estimate"] == pytest.approx(spearmanr(people, metric).statistic)
    assert report["overall"]["kendall"]["estimate"] == pytest.approx(kendalltau(people, metric).statistic)


def _factuality(row: Any) -> float:
    return float(row["human"]["scores"]["factuality"])


def _bert_score(row: Any) -> float:
    return float(row["judges"]["BertScore P Art"]["score"])


def test_a_judge_under_its_bar_fails_the_command(server: LiveServer, capfd: pytest.CaptureFixture[str]) -> None:
    command = ("evaluators", "calibrate", "pandalm-7b", "--against", "label", "--dataset", "pandalm")
    card = said(capfd, server, *command, "--min-agreement", "0.9", code=1)
    assert card["report"]["bar"]["verdict"] == "fail"
    cards = said(capfd, server, "evaluators", "cards", "pandalm-7b")["items"]
    assert (cards[0]["id"], cards[0]["verdict"]) == (card["id"], "fail")
    page = said(capfd, server, "evaluators", "disagreements", "pandalm-7b", card["id"], "--human", "0", "--judge", "2")
    assert len(page["items"]) == 22
    assert main([*command, "--server", server.endpoint]) == 0
    shown = capfd.readouterr()
    assert "one person against the others: 0.95" in shown.out
    assert "disagreements: evalwright evaluators disagreements pandalm-7b" in shown.err


def test_importing_a_set_again_changes_nothing(server: LiveServer, capfd: pytest.CaptureFixture[str]) -> None:
    before = Counter(each.name for each in server.spans._scores.values())
    file = str(shared_data() / "judge" / "llmbar-gptout.jsonl.gz")
    made = said(capfd, server, "import", "--format", "judge-set", file)["items"][0]
    assert (made["dataset"], made["items"], made["judges"], made["labels"]) == ("llmbar-gptout", 47, 65, 94)
    assert Counter(each.name for each in server.spans._scores.values()) == before


def test_a_file_that_is_no_judge_set_is_refused(
    server: LiveServer, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "a", "human": "yes"}\n')
    assert main(["import", "--format", "judge-set", str(path), "--server", server.endpoint]) == 2
    assert "no row of a judge set" in capfd.readouterr().err
