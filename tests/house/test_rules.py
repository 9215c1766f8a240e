"""The rules of the house that a program can see."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
EXCEPTIONS: dict[str, str] = {
    "web/src/api/schema.d.ts": "generated from the API's description: nobody reads it, the compiler does",
}
"""Module or function -> why it may be longer. The list only shrinks."""


def tracked(*suffixes: str) -> list[Path]:
    """Files git knows or would know, so that a forgotten `git add` is seen too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if name.endswith(suffixes) and (ROOT / name).is_file()]


SOURCES = [path for path in tracked(".py") if path.is_relative_to(ROOT / "src")]
WEB_SOURCES = [path for path in tracked(".ts", ".tsx") if path.is_relative_to(ROOT / "web" / "src")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    text = path.read_text()
    name = str(path.relative_to(ROOT))
    assert text.count("\n") <= LONGEST_MODULE or name in EXCEPTIONS
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno
            assert length <= LONGEST_FUNCTION or f"{name}:{node.name}" in EXCEPTIONS, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", WEB_SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_of_the_web_app_can_be_read_in_one_sitting(path: Path) -> None:
    assert path.read_text().count("\n") <= LONGEST_MODULE or str(path.relative_to(ROOT)) in EXCEPTIONS


def test_exceptions_name_things_that_exist() -> None:
    for name in EXCEPTIONS:
        assert (ROOT / name.partition(":")[0]).exists()


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"])
def test_nothing_is_left_for_later(word: str) -> None:
    found = [str(path) for path in tracked(".py", ".ts", ".tsx") if re.search(rf"\b{word}\b", path.read_text())]
    assert not found


def test_no_file_names_a_machine_or_a_registry() -> None:
    pattern = re.compile(r"/(?:work|farm|root)/|files\.python" + r"hosted|registry\.npm" + r"js")
    texts = (".py", ".md", ".toml", ".json", ".yaml", ".yml", ".ts", ".tsx", ".txt", ".css", "dev", ".ci/run")
    found = [str(path) for path in tracked(*texts) if pattern.search(path.read_text(errors="replace"))]
    assert not found


def test_every_layer_is_in_the_import_contract() -> None:
    packages = {path.name for path in (ROOT / "src" / "evalwright").iterdir() if (path / "__init__.py").exists()}
    contract = (ROOT / "pyproject.toml").read_text().split("layers = [", 1)[1].split("]", 1)[0]
    assert packages <= set(re.findall(r"\w+", contract))
