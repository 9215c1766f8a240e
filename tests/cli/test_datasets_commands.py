"""``evalwright datasets add`` and ``import`` say what became of everything they were given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from live_server import LiveServer, running_server

from evalwright.cli.main import main
from evalwright.domain.span import Span


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with running_server(tmp_path) as live:
        questions = ["where is it?", "where is it?", "who are you?"]
        live.spans.write_spans(
            [
                Span(project="shop", trace_id=f"{n:032x}", span_id=f"{n:016x}", name="ask", start_ns=n, input=question)
                for n, question in enumerate(questions, 1)
            ]
        )
        yield live


def told(capfd: pytest.CaptureFixture[str], server: LiveServer, *arguments: str) -> str:
    capfd.readouterr()
    assert main(["datasets", *arguments, "--server", server.endpoint, "--project", "shop"]) == 0
    return " ".join(capfd.readouterr().err.split())


def test_spans_that_share_an_input_are_one_item_and_it_is_said(
    server: LiveServer, capfd: pytest.CaptureFixture[str]
) -> None:
    told(capfd, server, "create", "golden")
    first = told(capfd, server, "add", "golden", "--filter", 'name == "ask"')
    assert "golden v1: 2 items; spans that matched: 3 (2 new, 1 with the input or key of another)" in first
    again = told(capfd, server, "add", "golden", "--filter", 'name == "ask"')
    assert "golden v1: 2 items; spans that matched: 3 (2 there already, 1 with the input or key of another)" in again


def test_a_limit_that_leaves_spans_out_is_said(server: LiveServer, capfd: pytest.CaptureFixture[str]) -> None:
    told(capfd, server, "create", "golden")
    said = told(capfd, server, "add", "golden", "--filter", 'name == "ask"', "--limit", "1")
    assert "spans that matched: 1 (1 new) more spans match than --limit 1" in said


def test_an_import_says_which_rows_are_new(
    server: LiveServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told(capfd, server, "create", "golden")
    file = tmp_path / "rows.jsonl"
    file.write_text('{"input": "a"}\n{"input": "b"}\n{"input": "a"}\n')
    said = told(capfd, server, "import", "golden", str(file))
    assert "golden v1: 2 items; rows: 3 (2 new, 1 with the input or key of another)" in said
    file.write_text('{"input": "a", "expected": 1}\n{"input": "b"}\n')
    said = told(capfd, server, "import", "golden", str(file))
    assert "golden v2: 2 items; rows: 2 (1 changed, 1 there already)" in said
