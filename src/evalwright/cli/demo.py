"""``evalwright demo``: an agent that really runs, through the whole loop, by the same commands a user types."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import httpx2
from cyclopts import Parameter

from evalwright.cli.demo_steps import EXAMPLE, PROJECT, Demo
from evalwright.cli.doctor import is_free
from evalwright.cli.output import note
from evalwright.domain.errors import Conflict, InvalidInput, StoreUnavailable

READY_WITHIN_S: Final = 60.0
VERDICTS: Final = {
    0: "pass: every criterion is shown to be held",
    1: "no pass: a criterion is not held, or the data cannot tell",
}


def demo(
    *,
    sessions: int = 200,
    port: int = 4318,
    grpc_port: int = 4317,
    data: Path = Path(".dev/demo"),
    model: str = "gpt-4.1-mini",
    base_url: Annotated[str, Parameter(env_var="OPENAI_BASE_URL")] = "",
    stay: bool = True,
) -> int:
    """Runs the demo agent through the whole loop against a server on this machine, and leaves the server up.

    The agent, a support desk with sub-agents, tools and a retriever, asks a scripted model that fails as production
    models do, or a real endpoint. Exit code with --no-stay: that of the gate. A real judge decides nothing before
    people have labelled what it judged, so against a real endpoint the gate is inconclusive at first.

    Args:
        sessions: customers to serve.
        port: of UI, API and OTLP/HTTP.
        grpc_port: of OTLP/gRPC.
        data: folder of the demo's stores; kept, so that a second run adds to it.
        model: model name to ask for.
        base_url: a real OpenAI-compatible endpoint (key in OPENAI_API_KEY) instead of the scripted one.
        stay: keep the server up until Ctrl-C.
    """
    root = _repository()
    # Told to stop, it stops what it started: a server left behind would hold the ports and the data.
    signal.signal(signal.SIGTERM, _told_to_stop)
    server = f"http://127.0.0.1:{port}"
    if base_url:
        note(
            f"{model!r} is asked at {base_url}, by the agent and by the judge: some thousands of calls, billed as such"
        )
    with _server(data, port, grpc_port, server), _model(root, base_url) as endpoint:
        run = Demo(
            server=server,
            model_url=endpoint,
            model=model,
            sessions=sessions,
            stamp=time.strftime("%H%M%S"),
            scripted=not base_url,
        )
        code = _loop(run, root)
        _tell_the_end(run, code)
        if stay:
            note(f"\nThe server stays up, with OTLP/gRPC on 127.0.0.1:{grpc_port}. Ctrl-C stops it.")
            _wait()
            return 0
    note(f"\nThe server has stopped; to look, start it again: evalwright serve --port {port} --data {data}")
    return code


def _loop(run: Demo, root: Path) -> int:
    """Runs every step and returns the gate's exit code.

    Raises:
        InvalidInput: a command could not do its work.
    """
    env = {
        **os.environ,
        "EVALWRIGHT_ENDPOINT": run.server,
        "EVALWRIGHT_PROJECT": PROJECT,
        "EVALWRIGHT_JUDGE_MODEL": run.model,
        "OPENAI_BASE_URL": run.model_url,
        "SUPPORT_TRIAGE_MODEL": run.model,
        "PYTHONPATH": f"{root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    }
    steps = [*run.steps(), run.gate()]
    code = 0
    for number, step in enumerate(steps, 1):
        note(f"\n[{number}/{len(steps)}] {step.title}\n{step.why}")
        for command in step.commands:
            code = _run(command, root, env)
            if code not in (0, 1):
                raise InvalidInput(f"the demo stopped at: {_shown(command)}", hint="the lines above say why")
    return code


def _tell_the_end(run: Demo, code: int) -> None:
    note(f"\nThe gate's exit code was {code} ({VERDICTS[code]}). CI acts on nothing else.\n\nNow look at")
    for what, where in run.places():
        note(f"  {what:<18}{where}")


def _run(command: str, root: Path, env: Mapping[str, str]) -> int:
    words = shlex.split(command)
    note(f"$ {_shown(command)}")
    if words[0] == "evalwright":
        words = [sys.executable, "-m", *words]
    return subprocess.run(words, cwd=root, env=dict(env), check=False).returncode


def _shown(command: str) -> str:
    return command.replace(sys.executable, "python")


@contextmanager
def _server(data: Path, port: int, grpc_port: int, address: str) -> Iterator[None]:
    for wanted in (port, grpc_port):
        # Whatever answers there already would be taken for the demo's own server.
        if not is_free("127.0.0.1", wanted):
            raise Conflict(f"port {wanted} is taken", hint="stop what listens there, or give --port and --grpc-port")
    command = ["serve", "--port", str(port), "--grpc-port", str(grpc_port), "--data", str(data.absolute())]
    env = {**os.environ, "EVALWRIGHT_LOG_LEVEL": "warning"}
    with _process([sys.executable, "-m", "evalwright", *command], env=env) as process:
        _await_ready(process, address)
        yield


@contextmanager
def _model(root: Path, base_url: str) -> Iterator[str]:
    """Yields the endpoint: the one given, or a scripted one that lives as long as the demo."""
    if base_url:
        yield base_url
        return
    command = [sys.executable, "-m", "examples.support_triage", "serve", "--port", "0"]
    with _process(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline().strip() if process.stdout else ""
        if not line:
            raise StoreUnavailable("the scripted model did not start")
        yield line


@contextmanager
def _process(command: list[str], **options: object) -> Iterator[subprocess.Popen[str]]:
    process: subprocess.Popen[str] = subprocess.Popen(command, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _await_ready(process: subprocess.Popen[str], address: str) -> None:
    give_up = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up and process.poll() is None:
        try:
            if httpx2.get(f"{address}/readyz", timeout=1.0, trust_env=False).is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise StoreUnavailable(f"the server at {address} did not become ready", hint="its own words are above")


def _wait() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        note("stopping")


def _told_to_stop(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _repository() -> Path:
    """The folder that holds the example: the repository's, or the one the package brings.

    Raises:
        InvalidInput: the example is in neither place.
    """
    here = Path(__file__).resolve()
    for folder in (here.parents[3], here.parents[1] / "_demo"):
        if (folder / EXAMPLE).is_dir():
            return folder
    raise InvalidInput("the demo's example is not installed", hint="run ./dev demo in a checkout of the repository")
