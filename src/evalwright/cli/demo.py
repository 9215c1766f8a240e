"""``evalwright demo``: an agent that really runs, through the whole loop, by the same commands a user types."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import httpx2
from cyclopts import Parameter

from evalwright.cli.output import note
from evalwright.domain.errors import InvalidInput, StoreUnavailable

PROJECT: Final = "support"
READY_WITHIN_S: Final = 60.0
CHECKS: Final = ("no_invented_refund", "right_specialist", "errors_admitted", "no_loop", "cites_what_it_read")
EXAMPLE: Final = "examples/support_triage"


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
    server = f"http://127.0.0.1:{port}"
    with _server(data, port, grpc_port, server), _model(root, base_url) as endpoint:
        env = {
            **os.environ,
            "EVALWRIGHT_ENDPOINT": server,
            "EVALWRIGHT_PROJECT": PROJECT,
            "EVALWRIGHT_JUDGE_MODEL": model,
            "OPENAI_BASE_URL": endpoint,
            "SUPPORT_TRIAGE_MODEL": model,
            "PYTHONPATH": f"{root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        }
        decision = _loop(root, env, sessions, model, scripted=not base_url)
        note(f"\nOpen {server} to see it all. The gate's exit code was {decision}.")
        if stay:
            note(
                "The server stays up: OTLP/HTTP on the same address, OTLP/gRPC on "
                f"127.0.0.1:{grpc_port}. Ctrl-C stops it."
            )
            _wait()
            return 0
    return decision


def _loop(root: Path, env: Mapping[str, str], sessions: int, model: str, *, scripted: bool) -> int:
    """Runs every step and returns the gate's exit code."""
    stamp = time.strftime("%H%M%S")
    checks = ",".join(f"{EXAMPLE}/evaluators/checks.py:{name}" for name in CHECKS)
    judges = f"{checks},{EXAMPLE}/evaluators/resolution.yaml"
    desk = f"{sys.executable} -m examples.support_triage"
    agent = f"{desk} run --sessions {sessions} --project {PROJECT} --model {model}"
    endpoint = f"--endpoint {env['EVALWRIGHT_ENDPOINT']} --base-url {env['OPENAI_BASE_URL']}"
    failing = 'is_root and score("resolution") < 0.5'
    run = f"evalwright experiments run {EXAMPLE}/task.py"
    options = f"--dataset failures --evaluators {judges} --trials 3"
    steps = (
        ("The agent answers customers and sends its traces", f"{agent} {endpoint}"),
        ("Five checks and one judge score every trace", f"evalwright evaluators run {judges} --target trace"),
        ("What they found, with intervals and the four counts", "evalwright scores summary"),
        *(_people(desk, env) if scripted else ()),
        (
            "Failing spans, grouped",
            "evalwright spans aggregate --by agent_name,name,error_type --metrics 'count,p95(latency_ms)'"
            " --filter 'status == \"ERROR\"'",
        ),
        ("The worst traces", f"evalwright traces list --filter '{failing.removeprefix('is_root and ')}' --limit 5"),
        (
            "A dataset out of the failures (picked for failing once: compare prompts on it, do not read levels)",
            "evalwright datasets create failures --exist-ok",
        ),
        ("", f"evalwright datasets add failures --filter '{failing}' --limit 40"),
        ("The prompt in production, three trials an item", f"{run}:baseline {options} --name baseline-{stamp}"),
        ("The prompt that wants to replace it", f"{run}:candidate {options} --name candidate-{stamp}"),
        ("Side by side, paired, with intervals", f"evalwright experiments compare baseline-{stamp} candidate-{stamp}"),
    )
    for title, command in steps:
        if _run(title, command, root, env) not in (0, 1):
            raise InvalidInput(f"the demo stopped at: {command}", hint="the lines above say why")
    gate = f"evalwright gate check candidate-{stamp} --baseline baseline-{stamp} --gate {EXAMPLE}/gate.yaml"
    return _run("May it ship?", gate, root, env)


def _people(desk: str, env: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """The steps that let the judge decide: labels, a calibration against them, and what the judge's error does."""
    label = f"{desk} label --project {PROJECT} --endpoint {env['EVALWRIGHT_ENDPOINT']}"
    return (
        ("Two people label some of the answers (scripted, as the model is)", label),
        (
            "How far does the judge agree with them? Under the bar of its rubric it may decide nothing",
            "evalwright evaluators calibrate resolution --against resolution_by_people",
        ),
        (
            "What people would have said, by what is now known of the judge's error",
            "evalwright scores summary resolution --corrected",
        ),
    )


def _run(title: str, command: str, root: Path, env: Mapping[str, str]) -> int:
    words = shlex.split(command)
    if title:
        note(f"\n== {title}")
    note(f"$ {command.replace(sys.executable, 'python')}")
    if words[0] == "evalwright":
        words = [sys.executable, "-m", *words]
    return subprocess.run(words, cwd=root, env=dict(env), check=False).returncode


@contextmanager
def _server(data: Path, port: int, grpc_port: int, address: str) -> Iterator[None]:
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
            if httpx2.get(f"{address}/readyz", timeout=1.0).is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise StoreUnavailable(f"the server at {address} did not become ready", hint="is the port taken? try --port")


def _wait() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        note("stopping")


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
