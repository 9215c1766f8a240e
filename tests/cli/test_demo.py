"""The demo is made of commands that anybody could type, and asks a real endpoint as well as the scripted one."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from collector import attributes, running_collector

from evalwright.cli.demo_steps import Demo
from evalwright.cli.main import app
from evalwright.testing import Call, ScriptedServer

ROOT = Path(__file__).resolve().parents[2]


def made(*, scripted: bool) -> Demo:
    url, model = "http://127.0.0.1:1/v1", "gpt-4.1-mini"
    return Demo(
        server="http://127.0.0.1:4318", model_url=url, model=model, sessions=5, stamp="120000", scripted=scripted
    )


@pytest.mark.parametrize("scripted", [True, False])
def test_every_step_says_why_and_every_command_parses(scripted: bool) -> None:
    demo = made(scripted=scripted)
    steps = [*demo.steps(), demo.gate()]
    assert all(step.title and step.why.endswith(".") for step in steps)
    for command in (command for step in steps for command in step.commands):
        first, *arguments = shlex.split(command)
        if first == "evalwright":
            app.parse_args(arguments, exit_on_error=False, print_error=False)
        else:
            assert arguments[:2] == ["-m", "examples.support_triage"]


def test_a_port_somebody_listens_on_ends_the_demo_before_it_sends_anything() -> None:
    with running_collector() as other:
        port = other.endpoint.rpartition(":")[2]
        command = [sys.executable, "-m", "evalwright", "demo", "--no-stay", "--port", port, "--grpc-port", "0"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 2
        assert f"port {port} is taken" in done.stderr
        assert other.seen == []


def test_told_to_stop_the_demo_stops_the_server_it_started(tmp_path: Path) -> None:
    with bound() as one, bound() as two:
        ports = [str(one.getsockname()[1]), str(two.getsockname()[1])]
    where = ["--port", ports[0], "--grpc-port", ports[1], "--data", str(tmp_path), "--sessions", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "evalwright", "demo", *where], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        assert any(line.startswith("[1/") for line in running.stderr)
        running.terminate()
        running.stderr.read()
        assert running.wait(60) == 128 + signal.SIGTERM
    with socket.create_server(("127.0.0.1", int(ports[0]))):
        pass


def bound() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def test_nobody_is_made_up_where_the_model_is_real() -> None:
    titles = [step.title for step in made(scripted=False).steps()]
    assert not any("people" in title for title in titles)
    assert not any("--timeout 1" in command for step in made(scripted=False).steps() for command in step.commands)


def test_the_agent_asks_any_endpoint_with_its_key_and_model() -> None:
    seen: list[Call] = []

    def endpoint(call: Call) -> str:
        seen.append(call)
        return "Your invoice is attached."

    with ScriptedServer(endpoint) as server, running_collector() as collector:
        where = ["--base-url", server.url, "--endpoint", collector.endpoint]
        command = [sys.executable, "-W", "error", "-m", "examples.support_triage", "run", "--sessions", "2", *where]
        done = subprocess.run(
            [*command, "--model", "our-model"],
            cwd=ROOT,
            env={**os.environ, "OPENAI_API_KEY": "sk-ours", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        assert "2 sessions answered" in done.stderr
        chats = [span for span in collector.spans if span.name == "chat our-model"]
    assert {call.headers["authorization"] for call in seen} == {"Bearer sk-ours"}
    assert len(chats) == len(seen) >= 2
    assert "Your invoice is attached." in attributes(chats[0])["gen_ai.output.messages"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ask_billing", '{"request": "again"}'),
        ("get_weather", "{}"),
        ("create_ticket", '{"customer_id": "unknown", "subject": "help"}'),
        ("reset_mfa", '{"customer_id": {"id": 1}}'),
    ],
)
def test_what_a_model_invents_is_a_tool_error_and_not_the_end_of_the_session(name: str, arguments: str) -> None:
    sys.path.insert(0, str(ROOT))
    from evalwright.testing import Reply, ToolCall
    from examples.support_triage.agents import Desk
    from examples.support_triage.llm import Endpoint

    def model(call: Call) -> Reply:
        said = call.messages[-1]
        if said["role"] == "tool":
            return Reply(text=str(said["content"]))
        if "lead agent" in call.system:
            return Reply(tool_calls=(ToolCall(name="ask_technical", arguments={"request": "help"}),))
        return Reply(tool_calls=(ToolCall(name=name, arguments=arguments),))

    with ScriptedServer(model) as server:
        endpoint = Endpoint(base_url=server.url, timeout_s=10.0)
        desk = Desk(endpoint=endpoint)
        answer = desk.answer("CUS-1001", "help")
        desk.shop.close()
        endpoint.client.close()
    assert "error" in answer.answer
