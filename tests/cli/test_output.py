"""How commands speak."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.cli.output import duration, money, one_line


@given(st.text())
def test_a_cell_never_holds_control_characters(text: str) -> None:
    assert all(c.isprintable() for c in one_line(text))


@pytest.mark.parametrize(("ms", "text"), [(None, ""), (12.4, "12 ms"), (3400, "3.4 s"), (125_000, "2 m 05 s")])
def test_durations_read_like_durations(ms: float | None, text: str) -> None:
    assert duration(ms) == text


def test_a_cost_says_when_it_is_only_a_lower_bound() -> None:
    assert money(0.25, unpriced=2) == "$0.2500+?"
    assert money(0.000042) == "$0.000042"
    assert money(1234.5) == "$1,234.50"
    assert money(0.0) == "$0.0000"
    assert money(None) == ""


def test_help_imports_no_server(tmp_path: object) -> None:
    code = (
        "import sys; from evalwright.cli.main import main; main(['--help']);"
        "heavy = {'fastapi', 'sqlalchemy', 'chdb', 'grpc', 'numpy', 'pydantic'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "traces" in done.stdout


def test_a_wrong_command_is_a_usage_error_with_exit_code_2() -> None:
    done = subprocess.run([sys.executable, "-m", "evalwright", "tracez"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "evalwright:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_is_away_is_exit_code_3_with_a_hint() -> None:
    command = [sys.executable, "-m", "evalwright", "traces", "list", "--server", "http://127.0.0.1:9"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("width", ["60", "100"])
def test_ids_are_shown_whole_however_narrow_the_terminal_is(width: str) -> None:
    program = """
from evalwright.cli.output import emit_rows, out
rows = [{"id": "4bf92f3577b34da6a3ce929d0e0e4736", "text": "word " * 100}]
out().width = int(__import__("sys").argv[1])
emit_rows(rows, (("text", lambda r: r["text"]), ("trace", lambda r: r["id"])), as_json=False, empty="")
"""
    done = subprocess.run([sys.executable, "-c", program, width], capture_output=True, text=True, check=True)
    assert "4bf92f3577b34da6a3ce929d0e0e4736" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= int(width)
    assert "…" in done.stdout
