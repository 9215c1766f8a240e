"""``python -m examples.support_triage``: run sessions of the support desk, or serve its scripted model."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
from opentelemetry import trace

import evalwright as ew
from evalwright.testing import ScriptedServer
from examples.support_triage import telemetry
from examples.support_triage.agents import Desk
from examples.support_triage.llm import Endpoint
from examples.support_triage.people import label_traces
from examples.support_triage.questions import Question, questions
from examples.support_triage.script import script

FOLLOW_UPS = 5
"""Every fifth customer writes a second time in the same session."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Parses the command line and does it."""
    parser = argparse.ArgumentParser(prog="python -m examples.support_triage", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="answer customers and send the traces")
    run.add_argument("--sessions", type=int, default=200)
    run.add_argument("--endpoint", default="http://127.0.0.1:4318", help="OTLP/HTTP")
    run.add_argument("--project", default="support")
    run.add_argument("--prompt", default="baseline", choices=["baseline", "candidate"])
    run.add_argument("--base-url", default="", help="OpenAI-compatible endpoint; a scripted one is started without it")
    run.add_argument("--api-key", default=os.environ.get("OPENAI_API_KEY", "none"), help="else OPENAI_API_KEY")
    run.add_argument("--model", default="gpt-4.1-mini")
    run.add_argument("--timeout", type=float, default=0.0, help="seconds for one model call; 60, or 1 when scripted")
    run.add_argument("--concurrency", type=int, default=8)
    run.add_argument("--seed", type=int, default=0)
    serve = commands.add_parser("serve", help="serve the scripted model and judge until interrupted")
    serve.add_argument("--port", type=int, default=8399)
    serve.add_argument("--seed", type=int, default=0)
    label = commands.add_parser("label", help="have two scripted people label some of the traces")
    label.add_argument("--endpoint", default="http://127.0.0.1:4318")
    label.add_argument("--project", default="support")
    label.add_argument("--share", type=float, default=0.65, help="of the traces")
    given = parser.parse_args(arguments)
    if given.command == "serve":
        serve_script(given.port, given.seed)
    elif given.command == "label":
        with ew.Client(endpoint=given.endpoint, project=given.project) as client:
            sys.stderr.write(f"{label_traces(client, given.share)} labels written\n")
    else:
        run_sessions(given)


def serve_script(port: int, seed: int) -> None:
    """Serves until Ctrl-C; the base URL is the only line on stdout."""
    with ScriptedServer(script, port=port, seed=seed, keep_calls=0, models=("gpt-4.1-mini",)) as server:
        print(server.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


@contextmanager
def model(base_url: str, seed: int) -> Iterator[str]:
    """Yields the endpoint to ask: the one given, else a scripted one of our own."""
    if base_url:
        yield base_url
        return
    with ScriptedServer(script, seed=seed, keep_calls=0) as server:
        yield server.url


def run_sessions(given: argparse.Namespace) -> None:
    """Runs the sessions and returns once all their spans are sent."""
    provider = telemetry.provider(given.endpoint, project=given.project)
    trace.set_tracer_provider(provider)
    asked = questions(given.sessions, given.seed)
    with model(given.base_url, given.seed) as url, httpx2.Client() as client:
        patience = given.timeout or (60.0 if given.base_url else 1.0)
        endpoint = Endpoint(base_url=url, model=given.model, api_key=given.api_key, timeout_s=patience, client=client)
        with ThreadPoolExecutor(given.concurrency) as pool:
            jobs = [pool.submit(session, endpoint, given.prompt, number, q) for number, q in enumerate(asked)]
            answers = [job.result() for job in jobs]
    provider.shutdown()
    sys.stderr.write(f"{len(answers)} sessions answered, {sum(answers)} messages\n")


def session(endpoint: Endpoint, prompt: str, number: int, question: Question) -> int:
    """Runs one session; returns how many messages were answered."""
    asked = [question, *questions(1, seed=number + 1)] if number % FOLLOW_UPS == 0 else [question]
    desk = Desk(endpoint=endpoint, prompt=prompt, session_id=str(uuid.uuid4()), luck=f"session {number}")
    for each in asked:
        desk.actions.clear()
        desk.answer(question.customer_id, each.message)
    desk.shop.close()
    return len(asked)


if __name__ == "__main__":
    main()
