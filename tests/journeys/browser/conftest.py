"""A real server with the built web app, and a real Chromium that looks at it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

import evalwright
from evalwright.testing import ScriptedServer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE))

from desk_judges import answer  # noqa: E402 - the folder is on the path only now
from desk_seed import Seed, seed  # noqa: E402 - the folder is on the path only now

PATIENCE_MS = 30_000  # machines that build and test at once are slow; nothing waits this long when all is well

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


@pytest.fixture(scope="session")
def built_ui() -> None:
    """Leaves a web app built from the sources as they are; costs nothing when it is there already."""
    subprocess.run([sys.executable, str(ROOT / "hatch_build.py")], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def model_endpoint() -> Iterator[ScriptedServer]:
    """The model that rubrics are tried on."""
    with ScriptedServer(answer) as server:
        yield server


@pytest.fixture(scope="session")
def base_url(built_ui: None, model_endpoint: ScriptedServer) -> Iterator[str]:
    """Runs ``evalwright`` in a process of its own on an empty folder and a free port."""
    with tempfile.TemporaryDirectory(prefix="evalwright-browser-") as folder:
        env = {
            **os.environ,
            "PYTHONPATH": str(Path(evalwright.__file__).parents[1]),
            "EVALWRIGHT_DATA": folder,
            "EVALWRIGHT_PORT": "0",
            "EVALWRIGHT_GRPC_PORT": "-1",
            "EVALWRIGHT_OPENAI_BASE_URL": model_endpoint.url,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "evalwright.server"], env=env, stderr=subprocess.PIPE, text=True, cwd=folder
        )
        try:
            yield _address(process)
        finally:
            process.terminate()
            process.communicate(timeout=60)


def _address(process: subprocess.Popen[str]) -> str:
    """Returns where the server says it listens."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        found = re.search(r"UI and API\s+(http://\S+)", line)
        if found:
            return found.group(1)
    raise AssertionError(f"the server did not start: {''.join(said)}")


@pytest.fixture(scope="session")
def desk(base_url: str) -> Seed:
    """A support desk's traces, scores, dataset and two experiments, sent through the public doors."""
    return seed(base_url)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; nothing is downloaded."""
    path = os.environ.get("EVALWRIGHT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("no chromium on this machine; install it or set EVALWRIGHT_CHROMIUM")
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about; a test that provokes a complaint takes it out."""
    return []


@pytest.fixture
def page(chromium: Browser, base_url: str, complaints: list[str]) -> Iterator[Page]:
    """A fresh page; afterwards nothing may have gone wrong in the console."""
    context = chromium.new_context(base_url=base_url, viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []
