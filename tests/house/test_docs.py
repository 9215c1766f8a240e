"""What the documentation says can be typed, and what it links to is there."""

from __future__ import annotations

import re
import shlex
from itertools import takewhile
from pathlib import Path

import pytest

from evalwright.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]


def commands() -> list[tuple[str, str]]:
    """Every evalwright command line in a shell block of the documentation."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", page.read_text(), re.S):
            for line in block.replace("\\\n", " ").splitlines():
                parts = re.split(r"\s&&\s", line.removeprefix("$ ").strip())
                found.extend((page.name, part) for part in parts if part.startswith("evalwright "))
    return found


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_documented_command_parses(page: str, command: str) -> None:
    # What the shell does with a command, in the background or with its output, is not the command's.
    arguments = list(takewhile(lambda word: word not in ("&", "|", ">"), shlex.split(command, comments=True)))[1:]
    if "--help" in arguments or "--version" in arguments:
        return
    app.parse_args(arguments, exit_on_error=False, print_error=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_relative_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_map_of_the_api_names_every_path() -> None:
    from evalwright.server.app import describe

    page = (ROOT / "docs" / "reference" / "http-api.md").read_text()
    paths = [path.removeprefix("/api/v1") for path in describe().openapi()["paths"]]
    assert [path for path in paths if f"`{path}" not in page] == []
