"""Names that look like paths stay names, from the command line to the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from live_server import LiveServer, running_server

from evalwright.cli.connect import segment
from evalwright.cli.main import main
from evalwright.domain.errors import InvalidInput


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    with running_server(tmp_path) as running:
        monkeypatch.setenv("EVALWRIGHT_ENDPOINT", running.endpoint)
        yield running


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_way_is_not_a_name(name: str) -> None:
    with pytest.raises(InvalidInput):
        segment(name)


def test_revoking_a_key_cannot_delete_a_dataset(server: LiveServer) -> None:
    assert main(["datasets", "create", "precious"]) == 0
    assert main(["keys", "revoke", "../datasets/precious"]) == 2
    assert [each.name for each in server.records.list_datasets("default", limit=10).items] == ["precious"]


@pytest.mark.parametrize(
    "command",
    [
        ["sessions", "show", "é/.."],
        ["sessions", "show", ".."],
        ["experiments", "show", "../datasets"],
        ["traces", "show", "../sessions"],
        ["traces", "list", "--limit", "0"],
        ["gate", "check", "one", "--baseline", "two", "--gate", "no/such/gate.yaml"],
        ["traces", "list", "--cursor", "x" * 5000],
    ],
)
def test_a_hostile_argument_is_said_in_a_line_with_exit_code_2(
    server: LiveServer, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert server.endpoint
    assert main(command) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("evalwright: ")
    assert shown.out == ""
