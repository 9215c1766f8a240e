"""Every command says what it is for, shows an example that parses, and what its exit codes mean."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import takewhile

import pytest

from evalwright.cli.main import COMMANDS, NOUNS, app


def every_command() -> list[tuple[str, ...]]:
    nouns = [(noun, name) for noun in NOUNS for name in app[noun] if not name.startswith("-")]
    return [*((name,) for name in COMMANDS), *nouns]


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_help_has_purpose_example_and_exit_codes(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    app([*words, "--help"], exit_on_error=False, print_error=False, result_action="return_value")
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0].startswith(f"Usage: evalwright {' '.join(words)}")
    assert re.match(r"[A-Z].*\.", lines[1]), lines[1]
    (example,) = [line.removeprefix("Example: ") for line in lines if line.startswith("Example: ")]
    first, *arguments = takewhile(lambda word: word != ">", shlex.split(example))
    assert (first, arguments[: len(words)]) == ("evalwright", list(words))
    app.parse_args(arguments, exit_on_error=False, print_error=False)
    assert lines[-1].startswith("Exit codes: 0 ok, 1 ")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_completion_script_completes_commands_and_options() -> None:
    ask = """
source /dev/stdin
function=$(complete -p evalwright | grep -o '_evalwright[^ ]*' | head -1)
ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); $function; echo "${COMPREPLY[@]}"; }
ask evalwright exp
ask evalwright gate check --ga
"""
    script = subprocess.run(
        [sys.executable, "-m", "evalwright", "completion", "bash"], capture_output=True, text=True, check=True
    ).stdout
    done = subprocess.run(["bash", "-c", ask], input=script, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["experiments", "--gate"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["traces", "list", "--server", "http://127.0.0.1:9"], 3, "is the server running?"),
        (["traces", "list", "--server", "ftp://x"], 2, "is not the address of a server"),
        (["trace", "list"], 2, "traces"),
        (["traces", "list", "--fitler", "x"], 2, "--filter"),
        (["experiments", "run", "agent.py", "--dataset", "d"], 2, "file.py:function"),
        (["gate", "check", "c", "--gate", "none.yaml"], 2, "none.yaml"),
        (["evaluators", "run", "exact_mach"], 2, "exact_match"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_answered_with_what_to_do(arguments: list[str], code: int, said: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("EVALWRIGHT_")}
    command = [sys.executable, "-m", "evalwright", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
