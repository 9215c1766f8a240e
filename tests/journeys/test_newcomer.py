"""What a newcomer reads in the README and the CI guide is what happens: every block, in order, on a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from running_server import running_server

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass
class Newcomer:
    """Somebody with an empty folder, a shell and a server."""

    folder: Path
    environment: dict[str, str]

    def types(self, script: str) -> tuple[int, str]:
        """Runs lines in a shell; returns the exit code of the last that failed, and everything that was said."""
        command = ["bash", "-e", "-c", script]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        return done.returncode, done.stdout


def environment(**given: str) -> dict[str, str]:
    """That of this process without any setting of Evalwright's, and with its commands."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("EVALWRIGHT_", "OPENAI_"))}
    return {**plain, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "EVALWRIGHT_PROJECT": "support", **given}


def blocks(page: str, heading: str) -> list[tuple[str, str]]:
    """Language and text of every fenced block under a heading of the second level."""
    section = re.split(r"^## ", (ROOT / page).read_text(), flags=re.M)
    (text,) = [part for part in section if part.startswith(heading)]
    return re.findall(r"^```(\w*)\n(.*?)^```", text, flags=re.M | re.S)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def words(line: str) -> str:
    return " ".join(line.split())


def written(folder: Path, text: str) -> str:
    """Writes a block that begins with the name of a file into that file; returns the name."""
    named = re.match(r"(?:#!.*\n)?# (\S+\.(?:py|yaml|yml|sh))\n", text)
    if not named:
        return ""
    file = folder / named[1]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return named[1]


@pytest.mark.slow
def test_the_way_from_install_to_gate_is_as_the_readme_says(tmp_path: Path) -> None:
    said, commands = "", 0
    with running_server(tmp_path / "data") as server:
        newcomer = Newcomer(tmp_path, environment(EVALWRIGHT_ENDPOINT=server.url))
        for language, text in blocks("README.md", "Your own agent"):
            if written(tmp_path, text) or "pip install" in text:
                continue
            if language == "sh":
                code, said = newcomer.types(text)
                commands += 1
                assert code == 0, said
            else:
                heard = [words(line) for line in said.splitlines()]
                assert [line for line in text.splitlines() if words(line) not in heard] == [], said
        assert commands == 4
        code, said = newcomer.types("evalwright gate check main --baseline fix --gate gate.yaml")
    assert code == 1, said


@pytest.mark.slow
def test_the_gate_without_a_server_is_as_the_ci_guide_says(tmp_path: Path) -> None:
    for _, text in blocks("README.md", "Your own agent") + blocks("docs/guides/ci.md", "Without a server"):
        written(tmp_path, text)
    workflow = yaml.safe_load((tmp_path / ".github/workflows/agent-quality.yml").read_text())
    last = workflow["jobs"]["gate"]["steps"][-1]["run"]
    items = [{"input": f"Where is order {'A' if number % 4 else 'a'}-{number}?"} for number in range(1, 41)]
    (tmp_path / "golden.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    (tmp_path / "base").mkdir()
    shutil.copy(tmp_path / "agent.py", tmp_path / "base" / "agent.py")
    port = str(free_port())
    where = {"EVALWRIGHT_PORT": port, "EVALWRIGHT_GRPC_PORT": "0", "EVALWRIGHT_ENDPOINT": f"http://127.0.0.1:{port}"}
    job = Newcomer(tmp_path, environment(**where))
    code, said = job.types(last)
    assert code == 1, said
    assert said.splitlines()[-2].startswith("gate: fail"), said
    (tmp_path / "agent.py").write_text((tmp_path / "agent.py").read_text().replace('("?")', '("?").upper()'))
    shutil.rmtree(tmp_path / ".evalwright")
    code, said = job.types(last)
    assert code == 0, said


def test_every_workflow_in_the_documentation_is_one() -> None:
    found = []
    for page in ("README.md", "docs/guides/ci.md"):
        for text in re.findall(r"```yaml\n(# \.github.*?)```", (ROOT / page).read_text(), re.S):
            workflow = yaml.safe_load(text)
            # YAML 1.1 reads the key `on` as a truth value.
            assert workflow[True] == "pull_request"
            found += [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert all({"run", "uses"} & set(step) for step in found)
    assert sum("evalwright" in step.get("run", "") for step in found) == 4
